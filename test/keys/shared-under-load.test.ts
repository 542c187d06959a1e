import { expect, test } from 'vitest';
import type { Lease } from '../../src/domain/key-leases.ts';
import { virtualClock } from '../../src/kit/virtual-clock.ts';
import { aPool, fail, failures, ok } from '../support/a-pool.ts';
import { aKey } from '../support/builders.ts';

const callMs = 40_000;
const refusalMs = 5;
const requests = 300;

/** What so many requests, all of them waiting, cost with keys of accounts of one seat each, of which nobody said which. */
async function played(accountOf: readonly number[], seed: number) {
  const clock = virtualClock(undefined, async () => undefined);
  let chance = seed;
  const random = () => (chance = (chance * 16_807) % 2_147_483_647) / 2_147_483_647;
  const { pool } = aPool({ keys: accountOf.map((_account, index) => aKey(index + 1)), clock, random });
  const taken = new Set<number>();
  let [calls, underWay, served] = [0, 0, 0];
  const call = (lease: Lease) => {
    const account = accountOf[Number(lease.keyName.split('#')[1]) - 1] ?? 0;
    const isRefused = taken.has(account);
    calls += 1;
    underWay += 1;
    if (!isRefused) taken.add(account);
    clock.schedule(isRefused ? refusalMs : callMs, () => {
      underWay -= 1;
      if (!isRefused) taken.delete(account);
      if (!isRefused) served += 1;
      lease.release(isRefused ? fail(failures.crowded) : ok(callMs));
    });
  };
  const work = () => {
    for (let left = requests - served - underWay; left > 0; left -= 1) {
      const answer = pool.lease('bytez');
      if (answer.kind !== 'seat') return;
      call(answer.lease);
    }
  };
  const isDone = () => served === requests;
  pool.onSeat(() => clock.schedule(0, work));
  work();
  const idealMs = (requests / new Set(accountOf).size) * callMs;
  let spentMs = 0;
  for (; !isDone() && spentMs < 2 * idealMs; spentMs += 1_000) await clock.advance(1_000);
  pool[Symbol.dispose]();
  return { callsPerRequest: calls / requests, slowness: spentMs / idealMs };
}

const seeds = [1, 2, 3, 4, 5] as const;

test.each([
  { keys: 5, accounts: 2, accountOf: [1, 1, 2, 2, 2], most: 1.15 },
  { keys: 6, accounts: 3, accountOf: [1, 1, 2, 2, 3, 3], most: 1.18 },
  { keys: 4, accounts: 2, accountOf: [1, 1, 2, 2], most: 1.15 },
  { keys: 3, accounts: 1, accountOf: [1, 1, 1], most: 1.05 },
])(
  '$keys keys of $accounts accounts are not refused again and again through long calls',
  async ({ accountOf, most }) => {
    for (const seed of seeds) {
      const { callsPerRequest, slowness } = await played(accountOf, seed);
      expect(callsPerRequest).toBeLessThan(most);
      expect(slowness).toBeLessThan(1.01);
    }
  },
);
