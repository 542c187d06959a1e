import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BytezFault, FaultKind } from '../../../sandbox/bytez/bytez-fault.ts';
import { FaultPlan } from '../../../sandbox/bytez/fault-plan.ts';

const alwaysLow = () => 0;

function story(faults: readonly BytezFault[], calls: number, msBetween = 0): (FaultKind | undefined)[] {
  const plan = new FaultPlan(faults, 0, alwaysLow);
  return Array.from({ length: calls }, (_, index) => plan.next('run', 'a/b', index * msBetween).effect?.kind);
}

test('FaultPlan lets a fault without "when" hit every run', () => {
  expect(story([{ do: { kind: 'cut' } }], 3)).toEqual(['cut', 'cut', 'cut']);
});

test('FaultPlan counts each nth call', () => {
  const faults = [{ do: { kind: 'cut' as const }, when: { every: 3 } }];
  expect(story(faults, 6)).toEqual([undefined, undefined, 'cut', undefined, undefined, 'cut']);
});

test('FaultPlan stops a fault after "times" calls and continues with the next fault', () => {
  const faults: BytezFault[] = [
    { do: { kind: 'cut' }, when: { times: 2 } },
    { do: { kind: 'hang' }, when: { times: 1 } },
  ];
  expect(story(faults, 4)).toEqual(['cut', 'cut', 'hang', undefined]);
});

test('FaultPlan starts a fault after "afterS"', () => {
  expect(story([{ do: { kind: 'cut' }, when: { afterS: 2 } }], 4, 1000)).toEqual([undefined, undefined, 'cut', 'cut']);
});

test('FaultPlan adds up the delays and keeps the first other fault', () => {
  const plan = new FaultPlan(
    [
      { do: { kind: 'slow', ms: 5 } },
      { do: { kind: 'cut' } },
      { do: { kind: 'slow', ms: 7 } },
      { do: { kind: 'hang' } },
    ],
    0,
    alwaysLow,
  );
  expect(plan.next('run', undefined, 0)).toEqual({ slowMs: 12, effect: { kind: 'cut' } });
});

test('FaultPlan limits a fault to its model and route', () => {
  const plan = new FaultPlan([{ do: { kind: 'cut' }, model: 'a/b' }], 0, alwaysLow);
  const kinds = [plan.next('run', 'a/c', 0), plan.next('list', 'a/b', 0), plan.next('run', 'a/b', 0)];
  expect(kinds.map((each) => each.effect?.kind)).toEqual([undefined, undefined, 'cut']);
});

test('FaultPlan lets a share of the calls fail', () => {
  const draws = [0.2, 0.7, 0.29, 0.3];
  const plan = new FaultPlan([{ do: { kind: 'cut' }, when: { share: 0.3 } }], 0, () => draws.shift() ?? 1);
  const kinds = [1, 2, 3, 4].map(() => plan.next('run', 'a/b', 0).effect?.kind);
  expect(kinds).toEqual(['cut', undefined, 'cut', undefined]);
});

test('FaultPlan never hits more often than "times" nor than "every"', () => {
  const numbers = fc.record({ every: fc.integer({ min: 1, max: 9 }), times: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 60 }), (when, calls) => {
      const fired = story([{ do: { kind: 'cut' }, when }], calls).filter((kind) => kind === 'cut').length;
      expect(fired).toBe(Math.min(when.times, Math.floor(calls / when.every)));
    }),
  );
});
