import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Lane } from '../../../../src/domain/kinds.ts';
import { nextLane, streakAfter } from '../../../../src/domain/kinds.ts';
import { jobsAhead, nextRound } from '../../../../src/storage/stores/jobs/fair-queue.ts';

test.each([
  [0, 0, 1, 1],
  [5, 2, 1, 6],
  [5, 9, 1, 10],
  [5, 9, 4, 13],
])('nextRound(now %i, last %i, cost %i) is %i', (nowRound, last, cost, round) => {
  expect(nextRound(nowRound, last, cost)).toBe(round);
});

test.each([
  [false, false, 0, undefined],
  [true, false, 4, 'premium'],
  [false, true, 0, 'free'],
  [true, true, 3, 'premium'],
  [true, true, 4, 'free'],
])('nextLane(premium %j, free %j, %i in a row) is %j', (premium, free, inARow, lane) => {
  expect(nextLane({ premium, free }, inARow)).toBe(lane);
});

test('jobsAhead() tells for every waiting job how many really go before it', () => {
  const depth = fc.nat(30);
  fc.assert(
    fc.property(depth, depth, fc.nat(4), (premium, free, inARow) => {
      const handedOut: string[] = [];
      const next = { premium: 0, free: 0 };
      let streak = inARow;
      for (;;) {
        const lane = nextLane({ premium: next.premium < premium, free: next.free < free }, streak);
        if (lane === undefined) break;
        handedOut.push(`${lane} ${next[lane]++}`);
        streak = streakAfter(lane, streak);
      }
      const told = (lane: Lane, jobs: number, others: number) =>
        Array.from({ length: jobs }, (_, index) => jobsAhead(lane, index, others, inARow));
      const happened = (lane: Lane, jobs: number) =>
        Array.from({ length: jobs }, (_, index) => handedOut.indexOf(`${lane} ${index}`));
      expect(told('premium', premium, free)).toEqual(happened('premium', premium));
      expect(told('free', free, premium)).toEqual(happened('free', free));
    }),
  );
});
