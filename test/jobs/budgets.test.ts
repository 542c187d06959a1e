import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BudgetLimits, DayCost } from '../../src/domain/costs.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { keyId } from '../../src/domain/ids.ts';
import { Budgets, openBudgets } from '../../src/jobs/budgets.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { somePools } from '../keys/shared/pools.ts';

const dayMs = 86_400_000;

function aBudget(limits: Partial<BudgetLimits>, before: readonly DayCost[] = []) {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const budgets = new Budgets({
    limits: { total: undefined, perPerson: undefined, ofProvider: {}, ...limits },
    reader: { costs: async () => before },
    clock,
    emit: (event) => void events.push(event),
  });
  return { clock, events, budgets };
}

test('a provider is not asked any more when its budget is spent; the others are, until the day ends', async () => {
  const { clock, events, budgets } = aBudget({ ofProvider: { fal: 1 } });
  budgets.spent({ provider: 'fal', userId: 1, usd: 0.7 });
  expect(events).toEqual([]);
  budgets.spent({ provider: 'fal', userId: 2, usd: 0.1 });
  expect(events).toEqual([{ event: 'budget.near', of: 'fal', usd: expect.closeTo(0.8) as unknown, limit: 1 }]);
  expect(budgets.isSpent('fal', 1)).toBe(false);
  budgets.spent({ provider: 'fal', userId: 2, usd: 0.3 });
  budgets.spent({ provider: 'fal', userId: 2, usd: 0.3 });
  expect(events.slice(1)).toEqual([
    { event: 'budget.spent', of: 'fal', usd: expect.closeTo(1.1) as unknown, limit: 1 },
  ]);
  expect([budgets.isSpent('fal', 1), budgets.isSpent('openai', 1)]).toEqual([true, false]);
  await clock.advance(budgets.nextDayMs() - clock.now());
  expect(budgets.isSpent('fal', 1)).toBe(false);
  expect(events.at(-1)).toEqual({ event: 'budget.renewed', of: 'fal' });
});

test('the budget of all providers and the share of a person count what was spent before this process began', async () => {
  const row = {
    day: '2026-01-01',
    model: 'm',
    kind: 'image',
    keyId: keyId('k'),
    keyName: 'fal #1',
    calls: 1,
    unpriced: 0,
  } as const;
  const { budgets, events } = aBudget({ total: 10, perPerson: 2 }, [
    { ...row, provider: 'fal', userId: 1, usd: 2 },
    { ...row, provider: 'openai', userId: 2, usd: 1.5 },
  ]);
  await budgets.load();
  expect([budgets.isSpent('fal', 1), budgets.isSpent('fal', 2)]).toEqual([true, false]);
  budgets.spent({ provider: 'openai', userId: 3, usd: 6.5 });
  expect([budgets.isSpent('openai', 2), events.at(-1)?.event]).toEqual([true, 'budget.spent']);
});

test('a budget of nothing lets nothing be asked, and without limits there is no budget', async () => {
  const opened = (limits: Partial<BudgetLimits>) =>
    openBudgets({
      limits: { total: undefined, perPerson: undefined, ofProvider: { fal: undefined }, ...limits },
      reader: { costs: async () => [] },
      clock: fakeClock(),
      emit: () => undefined,
    });
  const [nothing, one, none] = [await opened({ total: 0 }), await opened({ ofProvider: { fal: 1 } }), await opened({})];
  expect([nothing?.isSpent('fal', 1), one?.isSpent('fal', 1), none]).toEqual([true, false, undefined]);
});

test('whatever is spent, each budget is told at most once near and once spent a day, and never passed by a second call', () => {
  const costs = fc.array(
    fc.record({ usd: fc.double({ min: 0, max: 5, noNaN: true }), afterMs: fc.integer({ min: 0, max: dayMs }) }),
    {
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(costs, (spending) => {
      const clock = { nowMs: 0, now: () => clock.nowMs };
      const told = new Map<string, number>();
      const budgets = new Budgets({
        limits: { total: 8, perPerson: undefined, ofProvider: {} },
        reader: { costs: async () => [] },
        clock,
        emit: ({ event }) => {
          const name = `${Math.floor(clock.nowMs / dayMs)} ${event}`;
          told.set(name, (told.get(name) ?? 0) + 1);
        },
      });
      for (const { usd, afterMs } of spending) {
        clock.nowMs += afterMs;
        if (!budgets.isSpent('fal', 1)) budgets.spent({ provider: 'fal', userId: 1, usd });
      }
      expect([...told.values()].every((times) => times === 1)).toBe(true);
    }),
  );
});

test('what all processes spend counts in each, also what one could not tell', async () => {
  const { open, clock, settled } = somePools();
  const rows: DayCost[] = [];
  const row = {
    day: '2026-01-01',
    model: 'm',
    kind: 'image',
    keyId: keyId('k'),
    keyName: 'fal #1',
    calls: 1,
    unpriced: 0,
  } as const;
  const budgetOf = async () => {
    const { sharing, wire } = await open();
    const budgets = await openBudgets({
      limits: { total: undefined, perPerson: 1, ofProvider: { fal: 4 } },
      reader: { costs: async () => rows },
      clock,
      emit: () => undefined,
      sharing,
    });
    if (budgets === undefined) throw new Error('Expected a budget');
    return { budgets, wire };
  };
  const [one, other] = [await budgetOf(), await budgetOf()];
  using _both = new DisposableStack();
  _both.use(one.budgets);
  _both.use(other.budgets);
  one.budgets.spent({ provider: 'fal', userId: 1, usd: 1 });
  await settled();
  expect([one.budgets.isSpentBy(1), other.budgets.isSpentBy(1), other.budgets.isSpentBy(2)]).toEqual([
    true,
    true,
    false,
  ]);
  rows.push({ ...row, provider: 'fal', userId: 1, usd: 1 });
  other.wire.cut();
  for (const userId of [2, 3]) {
    other.budgets.spent({ provider: 'fal', userId, usd: 1.5 });
    rows.push({ ...row, provider: 'fal', userId, usd: 1.5 });
  }
  await settled();
  expect([one.budgets.isSpent('fal', 9), other.budgets.isSpent('fal', 9)]).toEqual([false, true]);
  await clock.advance(61_000);
  expect(one.budgets.isSpent('fal', 9)).toBe(true);
});
