import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from '../../../src/jobs/circuit-breaker/breaker-counters.ts';

const times = <Value>(count: number, act: () => Value): Value[] => Array.from({ length: count }, act);

test('RetryBudget never costs a request while one call in twenty succeeds', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 19 }), { maxLength: 200 }), (faultsBetweenSuccesses) => {
      const budget = new RetryBudget();
      for (const faults of faultsBetweenSuccesses) {
        times(faults, () => budget.noteFault());
        expect(budget.take()).toBe(true);
        budget.noteSuccess();
      }
    }),
  );
});

test('RetryBudget allows one retry for ten first attempts when twenty calls in a row were in vain', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (firsts) => {
      const budget = new RetryBudget();
      times(20, () => budget.noteFault());
      let [asked, retried] = [0, 0];
      for (const isFirst of firsts) {
        if (isFirst) {
          asked += 1;
          budget.noteFirst();
        } else if (budget.take()) {
          retried += 1;
          budget.noteFault();
        }
        expect(retried).toBeLessThanOrEqual(asked / 10);
      }
    }),
  );
});

test('RetryBudget saves ten retries at most, and is free again after the next success', () => {
  const budget = new RetryBudget();
  times(1_000, () => budget.noteFirst());
  times(20, () => budget.noteFault());
  expect(times(12, () => budget.take()).filter((taken) => taken)).toHaveLength(10);
  budget.noteSuccess();
  expect(times(12, () => budget.take()).every((taken) => taken)).toBe(true);
});
