import { expect, test } from 'vitest';
import type { BalanceReply, Provider } from '../../../src/domain/provider.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { Balances } from '../../../src/keys/maintenance/balances.ts';
import { aKey } from '../../support/builders.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { fakePool } from '../pool-port-fake.ts';

const outOfCredit = { kind: 'benched', reason: 'out-of-credit', times: 1, confirmed: true } as const;
const hourMs = 3_600_000;

function aStage(reply: () => BalanceReply, options: { readonly tells?: boolean } = {}) {
  const clock = fakeClock();
  const asked: string[] = [];
  const pool = fakePool([aKey(1), aKey(2)], clock);
  const events: AppEvent[] = [];
  const balance = async () => {
    asked.push(`at ${clock.monotonicMs()}`);
    return reply();
  };
  const provider = {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    generate: async () => {
      throw new Error('A balance is asked for free');
    },
    ...(options.tells === false ? {} : { balance }),
  } as Provider;
  const emit = (event: AppEvent) => void events.push(event);
  const balances = new Balances({ pool, providers: new Map([['bytez', provider]]), clock, emit, checkEveryMs: 1 });
  return { clock, pool, asked, events, balances };
}

test('a key without credit is asked about every five minutes and wakes when its account has some', async () => {
  let amount = 0;
  const stage = aStage(() => ({ ok: true, amount, unit: 'USD' }));
  await using _balances = stage.balances;
  stage.pool.become(1, { ...outOfCredit, probeAtMs: stage.clock.now() + 10 * 60_000 });
  await stage.clock.advance(12 * 60_000);
  // While the provider says that there is none, no paid call tries the key: its time is put off each time.
  const state = stage.pool.state(1);
  expect(state).toMatchObject({ kind: 'benched', reason: 'out-of-credit' });
  expect(state.kind === 'benched' && state.probeAtMs > stage.clock.now()).toBe(true);
  amount = 5;
  await stage.clock.advance(5 * 60_000);
  expect(stage.pool.state(1)).toEqual({ kind: 'half-open', after: 'out-of-credit', times: 1 });
  expect(stage.asked).toHaveLength(3);
});

test('other keys are asked about every hour, and what is left is noted', async () => {
  const stage = aStage(() => ({ ok: true, amount: 12, unit: 'credits' }));
  await using _balances = stage.balances;
  await stage.clock.advance(hourMs);
  expect(stage.asked).toHaveLength(2);
  expect(stage.pool.noted.filter((words) => words.includes('has 12'))).toHaveLength(2);
});

test('a provider that does not tell, or fails to, changes nothing', async () => {
  const silent = aStage(() => ({ ok: true, amount: 1, unit: 'USD' }), { tells: false });
  const failing = aStage(() => ({
    ok: false,
    failure: { blame: 'provider', reason: 'overloaded', detail: 'HTTP 503' },
  }));
  await using _silent = silent.balances;
  await using _failing = failing.balances;
  for (const { pool, clock, events } of [silent, failing]) {
    pool.become(1, { ...outOfCredit, probeAtMs: clock.now() + hourMs });
    const before = pool.state(1);
    await clock.advance(10 * 60_000);
    expect(pool.state(1)).toEqual(before);
    expect(events).toEqual([]);
  }
});
