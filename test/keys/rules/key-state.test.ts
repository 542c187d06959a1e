import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dueAtMs, type KeyState } from '../../../src/domain/key-state.ts';
import { nextKeyState, type KeyEvent } from '../../../src/keys/rules/key-state.ts';

const nowMs = 1_000_000;
const facts = { nowMs, inARow: 1, random: () => 1 };
const minute = 60_000;
const hour = 60 * minute;

const ready: KeyState = { kind: 'ready' };
const suspect: KeyState = { kind: 'suspect', reason: 'overloaded', sinceMs: nowMs - 1 };
const cooling: KeyState = {
  kind: 'cooling',
  sinceMs: nowMs - 1_000,
  untilMs: nowMs + 9_000,
  reason: 'rate-limited',
  stated: true,
};
const guessed: KeyState = { ...cooling, reason: 'timed-out', stated: false };
const trial: KeyState = { kind: 'half-open', after: 'rate-limited', times: 1 };
const refused: KeyState = {
  kind: 'benched',
  reason: 'rejected',
  probeAtMs: nowMs + minute,
  times: 1,
  confirmed: false,
};
const probing: KeyState = { kind: 'probing', reason: 'rejected', times: 1, confirmed: false };
const disabled: KeyState = { kind: 'disabled' };

const states = { ready, suspect, cooling, guessed, trial, refused, probing, disabled } as const;

/** What becomes of each of the states above, in their order; a dot when nothing does. */
const matrix: readonly (readonly [KeyEvent, string])[] = [
  [{ kind: 'fine' }, '. ready . . ready . . .'],
  [{ kind: 'nothing' }, '. . . . . . . .'],
  [{ kind: 'suspect', reason: 'overloaded' }, 'suspect . . . . . . .'],
  [{ kind: 'cool', reason: 'timed-out' }, 'cooling cooling . . cooling . . .'],
  [{ kind: 'cool', reason: 'rate-limited', forMs: 60_000 }, 'cooling cooling cooling cooling cooling . . .'],
  [{ kind: 'bench', reason: 'rejected' }, 'benched benched benched benched benched . . .'],
  [{ kind: 'bench', reason: 'out-of-credit' }, 'benched benched benched benched benched . . .'],
  [{ kind: 'due' }, '. . half-open half-open . . . .'],
  [{ kind: 'cleared' }, '. ready . ready . . . .'],
  [{ kind: 'probe-begins' }, '. . . . . probing . .'],
  [{ kind: 'probe-passed' }, '. . . . . half-open half-open .'],
  [{ kind: 'probe-failed' }, 'benched benched benched benched benched benched benched .'],
  [{ kind: 'probe-unsure' }, '. . . . . . benched .'],
  [{ kind: 'wake' }, '. ready ready ready ready ready ready .'],
  [{ kind: 'enable' }, '. ready ready ready ready ready ready ready'],
  [{ kind: 'disable' }, 'disabled disabled disabled disabled disabled disabled disabled .'],
];

test.each(matrix.map(([event, expected]) => [JSON.stringify(event), event, expected] as const))(
  'nextKeyState() leads from every state where it should, at %s',
  (_name, event, expected) => {
    const outcomes = Object.values(states).map((state) => {
      const next = nextKeyState(state, event, facts);
      return next === state ? '.' : next.kind;
    });
    expect(outcomes.join(' ')).toBe(expected);
  },
);

const table: readonly (readonly [string, KeyState, KeyEvent, KeyState])[] = [
  [
    'a rate limit without a time cools for 2 s, by guess',
    ready,
    { kind: 'cool', reason: 'rate-limited' },
    { kind: 'cooling', sinceMs: nowMs, untilMs: nowMs + 2_000, reason: 'rate-limited', stated: false },
  ],
  [
    'a rate limit cools for as long as it says',
    ready,
    { kind: 'cool', reason: 'rate-limited', forMs: 30_000 },
    { kind: 'cooling', sinceMs: nowMs, untilMs: nowMs + 30_000, reason: 'rate-limited', stated: true },
  ],
  [
    'no rest that somebody names is longer than a day',
    ready,
    { kind: 'cool', reason: 'rate-limited', forMs: 1e12 },
    { kind: 'cooling', sinceMs: nowMs, untilMs: nowMs + 24 * hour, reason: 'rate-limited', stated: true },
  ],
  [
    'a guess on top of a time that was named is not tried early',
    cooling,
    { kind: 'cool', reason: 'fails-alone' },
    { kind: 'cooling', sinceMs: nowMs - 1_000, untilMs: nowMs + 10_000, reason: 'fails-alone', stated: true },
  ],
  [
    'a shorter time that was named makes a guess one that is not tried early',
    guessed,
    { kind: 'cool', reason: 'rate-limited', forMs: 3_000 },
    { ...guessed, stated: true },
  ],
  [
    'a timeout cools for 5 s',
    suspect,
    { kind: 'cool', reason: 'timed-out' },
    { kind: 'cooling', sinceMs: nowMs, untilMs: nowMs + 5_000, reason: 'timed-out', stated: false },
  ],
  [
    'a key that fails alone cools for 10 s',
    trial,
    { kind: 'cool', reason: 'fails-alone' },
    { kind: 'cooling', sinceMs: nowMs, untilMs: nowMs + 10_000, reason: 'fails-alone', stated: false },
  ],
  ['a refused key is benched for a minute first, and not yet known to be dead', ready, bench('rejected'), refused],
  [
    'a key that rests for longer than its bench is not probed before',
    { ...cooling, untilMs: nowMs + hour },
    bench('rejected'),
    { ...refused, probeAtMs: nowMs + hour },
  ],
  [
    'a key out of credit is benched for an hour first',
    cooling,
    bench('out-of-credit'),
    { kind: 'benched', reason: 'out-of-credit', probeAtMs: nowMs + hour, times: 1, confirmed: false },
  ],
  [
    'the free probe that confirms a refusal makes it no longer',
    probing,
    { kind: 'probe-failed' },
    { ...refused, confirmed: true },
  ],
  [
    'a later probe that fails benches for longer',
    { ...probing, confirmed: true },
    { kind: 'probe-failed' },
    { ...refused, probeAtMs: nowMs + 5 * minute, times: 2, confirmed: true },
  ],
  [
    'a second refused call confirms a bench while its probe runs',
    probing,
    { kind: 'bench', reason: 'rejected', isSecond: true },
    { ...refused, probeAtMs: nowMs + 5 * minute, times: 2, confirmed: true },
  ],
  ['an unsure probe benches for as long as before', probing, { kind: 'probe-unsure' }, refused],
  [
    'a passed probe lets one live call through and forgets nothing',
    { ...probing, times: 3 },
    { kind: 'probe-passed' },
    { kind: 'half-open', after: 'rejected', times: 3 },
  ],
  [
    'a live call that is refused after the probe passed benches for longer, for sure',
    { kind: 'half-open', after: 'rejected', times: 1 },
    bench('rejected'),
    { kind: 'benched', reason: 'rejected', probeAtMs: nowMs + 5 * minute, times: 2, confirmed: true },
  ],
  [
    'a key out of credit that is due makes one careful call',
    { kind: 'benched', reason: 'out-of-credit', probeAtMs: nowMs, times: 3, confirmed: true },
    { kind: 'due' },
    { kind: 'half-open', after: 'out-of-credit', times: 3 },
  ],
  [
    'a careful call without credit doubles the rest',
    { kind: 'half-open', after: 'out-of-credit', times: 3 },
    bench('out-of-credit'),
    { kind: 'benched', reason: 'out-of-credit', probeAtMs: nowMs + 8 * hour, times: 4, confirmed: true },
  ],
  [
    'another refusal than the one before is the first of its kind',
    { kind: 'half-open', after: 'out-of-credit', times: 3 },
    bench('rejected'),
    refused,
  ],
];

test.each(table)('nextKeyState(): %s', (_name, state, event, expected) => {
  expect(nextKeyState(state, event, facts)).toEqual(expected);
});

function bench(reason: 'rejected' | 'out-of-credit'): KeyEvent {
  return { kind: 'bench', reason };
}

test.each([
  ['rate-limited', [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]],
  ['concurrency', [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]],
  ['timed-out', [5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000]],
  ['fails-alone', [10_000, 20_000, 40_000, 80_000, 120_000, 120_000, 120_000]],
] as const)('nextKeyState() doubles the guessed rest of a key that is %s again and again', (reason, expected) => {
  const rests = expected.map((_ms, index) => {
    const state = nextKeyState(ready, { kind: 'cool', reason }, { ...facts, inARow: index + 1 });
    return state.kind === 'cooling' ? state.untilMs - nowMs : undefined;
  });
  expect(rests).toEqual(expected);
});

test.each([
  [50, [2, 4, 8, 16, 32, 60, 60]],
  [20_000, [20, 40, 80, 160, 320, 320, 320]],
  [40_000, [40, 80, 160, 320, 640, 640, 640]],
  [180_000, [180, 360, 720, 900, 900, 900, 900]],
])(
  'nextKeyState() lets a key whose seat is taken rest for calls of %i ms and ever more of them',
  (callMs, expected) => {
    const rests = expected.map((_seconds, index) => {
      const state = nextKeyState(ready, { kind: 'seat-taken', callMs }, { ...facts, inARow: index + 1 });
      return state.kind === 'cooling' && !state.stated ? (state.untilMs - nowMs) / 1_000 : undefined;
    });
    expect(rests).toEqual(expected);
  },
);

test('nextKeyState() never shortens a stated time because a seat is taken', () => {
  const stated = nextKeyState(ready, { kind: 'cool', reason: 'rate-limited', forMs: hour }, facts);
  const event = { kind: 'seat-taken', callMs: 40_000 } as const;
  expect(nextKeyState(stated, event, { ...facts, nowMs: nowMs + minute })).toBe(stated);
});

test('nextKeyState() benches a key that is refused by every probe for 1, 5, 15 and 60 minutes', () => {
  let state: KeyState = { ...refused, confirmed: true };
  const rests = [1, 2, 3, 4].map(() => {
    const restMs = state.kind === 'benched' ? state.probeAtMs - nowMs : 0;
    state = nextKeyState(nextKeyState(state, { kind: 'probe-begins' }, facts), { kind: 'probe-failed' }, facts);
    return restMs / minute;
  });
  expect(rests).toEqual([1, 5, 15, 60]);
});

test('nextKeyState() never moves a wake-up sooner by a verdict', () => {
  const verdict = fc.oneof(
    fc.record({
      kind: fc.constant('cool' as const),
      reason: fc.constant('rate-limited' as const),
      forMs: fc.nat(100_000),
    }),
    fc.record({ kind: fc.constant('cool' as const), reason: fc.constant('timed-out' as const) }),
    fc.record({ kind: fc.constant('bench' as const), reason: fc.constantFrom('rejected', 'out-of-credit') }),
    fc.record({ kind: fc.constant('suspect' as const), reason: fc.constant('overloaded' as const) }),
    fc.constant({ kind: 'fine' as const }),
    fc.constant({ kind: 'nothing' as const }),
  );
  const wakesAtMs = (state: KeyState) =>
    state.kind === 'cooling' ? state.untilMs : state.kind === 'benched' ? state.probeAtMs : 0;
  fc.assert(
    fc.property(fc.array(verdict, { maxLength: 20 }), (verdicts) => {
      let state: KeyState = cooling;
      for (const next of verdicts) {
        const beforeMs = wakesAtMs(state);
        state = nextKeyState(state, next, { ...facts, random: () => 0.5 });
        expect(wakesAtMs(state)).toBeGreaterThanOrEqual(beforeMs);
      }
    }),
  );
});

test('dueAtMs() allows half of a guessed rest when no other key is left, and never less of a named one', () => {
  const due = [cooling, guessed, refused, { ...refused, reason: 'out-of-credit' as const }, ready].map((state) =>
    [false, true].map((isLast) => dueAtMs(state, isLast) - nowMs),
  );
  expect(due).toEqual([
    [9_000, 9_000],
    [9_000, 4_000],
    [Infinity, Infinity],
    [minute, minute],
    [Infinity, Infinity],
  ]);
});

test.each(['probe-begins', 'probe-passed', 'probe-failed', 'probe-unsure'] as const)(
  'nextKeyState() hears nothing about credit in "%s"',
  (kind) => {
    const poor = { kind: 'benched', reason: 'out-of-credit', probeAtMs: nowMs, times: 1, confirmed: false } as const;
    expect(nextKeyState(poor, { kind }, facts)).toBe(poor);
  },
);
