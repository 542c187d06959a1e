import { expect, test } from 'vitest';
import { app } from '../../../bench/peers/darkroom-contender.ts';
import { gatewayContender } from '../../../bench/peers/gateway-contender.ts';
import { playRow } from '../../../bench/peers/play-row.ts';
import type { Contender } from '../../../simulator/contender.ts';
import type { Scenario } from '../../../simulator/scenario.ts';
import { instantClock } from './instant-clock.ts';

const settings = { keys: 5, clients: 4, requests: 20, serviceMs: 50, seed: 1, rowMs: 8_000 };
const oneRejected: Scenario = {
  name: 'one-401',
  says: 'the first key is rejected',
  faults: [{ deed: 'rejected', of: 'keys', keys: [1] }],
};

test.each([app, gatewayContender])(
  'playRow() lets "$name" answer every request although a key is rejected',
  async (contender) => {
    const measured = await playRow(oneRejected, contender, settings, instantClock());
    expect(measured).toMatchObject({ requests: 20, answered: 20, wrongPenalties: 0 });
  },
);

test('playRow() makes every request once, each client one after the other', async () => {
  const asked: number[] = [];
  let underWay = 0;
  let most = 0;
  const counting: Contender = {
    name: 'counting',
    kind: 'rival',
    open: async () => ({
      ask: async (request) => {
        asked.push(request);
        most = Math.max(most, (underWay += 1));
        await Promise.resolve();
        underWay -= 1;
        return request % 2 === 0;
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
  const measured = await playRow(oneRejected, counting, settings, instantClock());
  expect(asked.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(most).toBe(4);
  expect(measured.answeredShare).toBe(0.5);
});

test('playRow() makes no further request once the row has lasted long enough', async () => {
  const clock = instantClock();
  let nowMs = 0;
  const slow: Contender = {
    name: 'slow',
    kind: 'rival',
    open: async () => ({
      ask: async () => {
        nowMs += 3_000;
        return true;
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
  const measured = await playRow(oneRejected, slow, { ...settings, clients: 1 }, { ...clock, now: () => nowMs });
  expect(measured.requests).toBe(3);
});
