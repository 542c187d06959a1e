import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeyState } from '../../src/domain/key-state.ts';
import { nextKeyState, stateAt, type KeyHappening } from '../../src/keys/key-life.ts';

const nowMs = 1_000_000;
const facts = { nowMs, limitedInARow: 1, random: () => 1 };
const minute = 60_000;
const hour = 60 * minute;

const ready: KeyState = { kind: 'ready' };
const cooling: KeyState = { kind: 'cooling', untilMs: nowMs + 9_000, reason: 'rate-limited' };
const refused: KeyState = { kind: 'benched', reason: 'rejected', probeAtMs: nowMs + minute, times: 1 };
const probing: KeyState = { kind: 'probing', reason: 'rejected', times: 1 };
const poor: KeyState = { kind: 'probing', reason: 'out-of-credit', times: 3 };
const disabled: KeyState = { kind: 'disabled' };

const table: readonly (readonly [string, KeyState, KeyHappening, KeyState])[] = [
  ['a success leaves a ready key ready', ready, { kind: 'fine' }, ready],
  [
    'a rate limit without a time cools for 2 s',
    ready,
    { kind: 'cool', reason: 'rate-limited' },
    { kind: 'cooling', untilMs: nowMs + 2_000, reason: 'rate-limited' },
  ],
  [
    'a rate limit cools for as long as it says',
    ready,
    { kind: 'cool', reason: 'rate-limited', forMs: 30_000 },
    { kind: 'cooling', untilMs: nowMs + 30_000, reason: 'rate-limited' },
  ],
  [
    'the later wake-up is kept when two overlap',
    cooling,
    { kind: 'cool', reason: 'rate-limited', forMs: 1_000 },
    cooling,
  ],
  [
    'a later wake-up replaces a sooner one',
    cooling,
    { kind: 'cool', reason: 'concurrency', forMs: 20_000 },
    { kind: 'cooling', untilMs: nowMs + 20_000, reason: 'concurrency' },
  ],
  [
    'a timeout cools for 5 s',
    ready,
    { kind: 'cool', reason: 'timed-out' },
    { kind: 'cooling', untilMs: nowMs + 5_000, reason: 'timed-out' },
  ],
  ['a refused key is benched for a minute first', ready, { kind: 'bench', reason: 'rejected' }, refused],
  [
    'a key out of credit is benched for an hour first',
    cooling,
    { kind: 'bench', reason: 'out-of-credit' },
    { kind: 'benched', reason: 'out-of-credit', probeAtMs: nowMs + hour, times: 1 },
  ],
  ['a late success does not wake a benched key', refused, { kind: 'fine' }, refused],
  ['a late rate limit does not wake a benched key', refused, { kind: 'cool', reason: 'rate-limited' }, refused],
  ['a due key is probed', refused, { kind: 'probe-begins' }, probing],
  ['a passed probe wakes', probing, { kind: 'probe-passed' }, ready],
  [
    'a failed probe benches for longer',
    probing,
    { kind: 'probe-failed' },
    { kind: 'benched', reason: 'rejected', probeAtMs: nowMs + 5 * minute, times: 2 },
  ],
  ['an unsure probe benches for as long as before', probing, { kind: 'probe-unsure' }, refused],
  ['a careful call that succeeds wakes', poor, { kind: 'fine' }, ready],
  [
    'a careful call without credit doubles the rest',
    poor,
    { kind: 'bench', reason: 'out-of-credit' },
    { kind: 'benched', reason: 'out-of-credit', probeAtMs: nowMs + 8 * hour, times: 4 },
  ],
  [
    'a careful call that tells nothing rests as before',
    poor,
    { kind: 'nothing' },
    { kind: 'benched', reason: 'out-of-credit', probeAtMs: nowMs + 4 * hour, times: 3 },
  ],
  ['a human wakes a benched key', refused, { kind: 'wake' }, ready],
  ['an admin disables any key', cooling, { kind: 'disable' }, disabled],
  ['a disabled key hears no verdict', disabled, { kind: 'bench', reason: 'rejected' }, disabled],
  ['a disabled key is not woken with the others', disabled, { kind: 'wake' }, disabled],
  ['an admin enables a disabled key', disabled, { kind: 'enable' }, ready],
];

test.each(table)('nextKeyState(): %s', (_name, state, happening, expected) => {
  expect(nextKeyState(state, happening, facts)).toEqual(expected);
});

test('nextKeyState() doubles the guessed rest with each refusal in a row, up to a minute', () => {
  const rests = [1, 2, 3, 4, 5, 6, 7, 40].map((limitedInARow) => {
    const state = nextKeyState(ready, { kind: 'cool', reason: 'rate-limited' }, { ...facts, limitedInARow });
    return state.kind === 'cooling' ? state.untilMs - nowMs : undefined;
  });
  expect(rests).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('nextKeyState() never moves a wake-up sooner by a verdict', () => {
  const verdict = fc.oneof(
    fc.record({
      kind: fc.constant('cool' as const),
      reason: fc.constant('rate-limited' as const),
      forMs: fc.nat(100_000),
    }),
    fc.record({ kind: fc.constant('cool' as const), reason: fc.constant('timed-out' as const) }),
    fc.constant({ kind: 'fine' as const }),
    fc.constant({ kind: 'nothing' as const }),
  );
  fc.assert(
    fc.property(fc.array(verdict, { maxLength: 20 }), (verdicts) => {
      let state: KeyState = cooling;
      for (const next of verdicts) {
        const before = state.kind === 'cooling' ? state.untilMs : 0;
        state = nextKeyState(state, next, { ...facts, random: () => 0.5 });
        expect(state.kind).toBe('cooling');
        if (state.kind === 'cooling') expect(state.untilMs).toBeGreaterThanOrEqual(before);
      }
    }),
  );
});

test('stateAt() ends a rest at its time, not before', () => {
  expect([stateAt(cooling, nowMs + 8_999).kind, stateAt(cooling, nowMs + 9_000).kind]).toEqual(['cooling', 'ready']);
});
