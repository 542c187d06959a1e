import fc from 'fast-check';
import type { KeyEvent } from '../../src/keys/rules/key-state.ts';
import type { StrategyName } from '../../src/keys/pool/select-key.ts';
import { failures, hour, minute } from '../support/a-pool.ts';

export const places = [1, 2, 3, 4, 5] as const;
export const maxSeats = 4;
const models = [undefined, 'a', 'b'] as const;

export type Ending = keyof typeof failures | 'succeed' | 'leave';

export type Step =
  | {
      readonly do: 'lease';
      readonly model: (typeof models)[number];
      readonly avoid: boolean;
      readonly evenSlow: boolean;
    }
  | { readonly do: 'return'; readonly which: number; readonly ending: Ending; readonly model: 'a' | 'b' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'jump'; readonly byMs: number }
  | { readonly do: 'shift' }
  | { readonly do: 'note'; readonly place: number; readonly event: KeyEvent }
  | { readonly do: 'clear'; readonly agoMs: number }
  | { readonly do: 'keys'; readonly present: readonly number[] }
  | { readonly do: 'restart' };

export type Setting = {
  readonly strategy: StrategyName;
  readonly seats: readonly number[];
  readonly shared: boolean;
  readonly seed: number;
};

const endings: readonly Ending[] = [
  'succeed',
  'succeed',
  'succeed',
  'leave',
  ...(Object.keys(failures) as (keyof typeof failures)[]),
];
const happenings: readonly KeyEvent[] = [
  { kind: 'probe-begins' },
  { kind: 'probe-passed' },
  { kind: 'probe-failed' },
  { kind: 'probe-unsure' },
  { kind: 'wake' },
  { kind: 'disable' },
  { kind: 'enable' },
];

export const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('lease' as const),
      model: fc.constantFrom(...models),
      avoid: fc.boolean(),
      evenSlow: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('return' as const),
      which: fc.nat(20),
      ending: fc.constantFrom(...endings),
      model: fc.constantFrom('a' as const, 'b' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(3_000), fc.nat(minute), fc.nat(2 * hour)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump' as const), byMs: fc.integer({ min: -hour, max: hour }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'shift' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('note' as const),
      place: fc.constantFrom(...places),
      event: fc.constantFrom(...happenings),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), agoMs: fc.nat(minute) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('keys' as const), present: fc.subarray([...places]) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

/** Mostly calls that are served or refused for want of a seat, and little time between them. */
export const aCrowdedStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('lease' as const),
      model: fc.constant(undefined),
      avoid: fc.boolean(),
      evenSlow: fc.constant(true),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('return' as const),
      which: fc.nat(places.length - 1),
      ending: fc.constantFrom<Ending>('succeed', 'crowded'),
      model: fc.constant('a' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30_000) }) },
  { weight: 1, arbitrary: aStep },
);

export const aSetting: fc.Arbitrary<Setting> = fc.record({
  strategy: fc.constantFrom('health-based', 'round-robin', 'least-used', 'weighted', 'primary-first'),
  seats: fc.array(fc.integer({ min: 1, max: maxSeats }), { minLength: places.length, maxLength: places.length }),
  shared: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
});
