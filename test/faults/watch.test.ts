import { expect, test } from 'vitest';
import { mostAtOnce } from '../../faults/several/at-once.ts';
import { longestSilenceMs } from '../../faults/several/watch.ts';

test('mostAtOnce() counts calls of one group that overlap, and none that begins as another ends', () => {
  const call = (account: string, atMs: number, endedAtMs?: number) => ({
    account,
    atMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
  });
  const account = (one: { readonly account: string }) => one.account;
  expect(mostAtOnce([], account)).toBe(0);
  expect(mostAtOnce([call('a', 1, 5), call('a', 5, 9), call('b', 2, 8)], account)).toBe(1);
  expect(mostAtOnce([call('a', 1, 6), call('a', 5, 9), call('a', 7)], account)).toBe(2);
});

test('longestSilenceMs() is the longest time in which so many people waited and none was served, without outages and for each death', () => {
  const requests = [
    { userId: 1, saidAtMs: 0, takenAtMs: 10 },
    { userId: 2, saidAtMs: 20, takenAtMs: 500 },
    { userId: 1, saidAtMs: 100, takenAtMs: 510 },
    { userId: 2, saidAtMs: 505, takenAtMs: 9_000 },
  ];
  const calm = { outages: [], pollersLost: [] };
  expect(longestSilenceMs(requests, 1, calm)).toBe(8_490);
  expect(longestSilenceMs(requests, 2, calm)).toBe(400);
  expect(longestSilenceMs(requests, 2, { ...calm, outages: [{ fromMs: 50, untilMs: 200 }] })).toBe(300);
  expect(longestSilenceMs(requests, 3, calm)).toBe(0);
  expect(longestSilenceMs(requests, 1, { ...calm, pollersLost: [600] })).toBe(8_490);
  expect(longestSilenceMs(requests, 1, { ...calm, pollersLost: [400, 600, 5_000] })).toBe(4_245);
});
