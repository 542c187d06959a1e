import { expect, test } from 'vitest';
import { alertSeverity } from '../../src/domain/alert.ts';
import type { AttemptEnding } from '../../src/domain/attempt-trail.ts';
import { failureCodes, failureTraits } from '../../src/domain/failure.ts';
import type { KeyState } from '../../src/domain/key-state.ts';
import { localeFolder } from '../../src/messages/catalog.ts';
import {
  callEndingWords,
  choiceReasonWords,
  keyReasonWords,
  keyStateName,
  keyStateWords,
  outcomeWords,
  parkReasonWords,
  skipReasonWords,
} from '../../src/observability/operator-words.ts';

const states = {
  ready: { kind: 'ready' },
  suspect: { kind: 'suspect', reason: 'malformed', sinceMs: 0 },
  cooling: { kind: 'cooling', reason: 'rate-limited', sinceMs: 0, untilMs: 60_000, stated: false },
  'half-open': { kind: 'half-open', after: 'timed-out', times: 1 },
  benched: { kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 1, confirmed: false },
  probing: { kind: 'probing', reason: 'out-of-credit', times: 1, confirmed: true },
  disabled: { kind: 'disabled' },
} as const satisfies Record<KeyState['kind'], KeyState>;

const endings = {
  'not-sent': { kind: 'not-sent' },
  sent: { kind: 'sent' },
  submitted: { kind: 'submitted', ms: 900 },
  answered: { kind: 'answered', ms: 4_500 },
  failed: { kind: 'failed', reason: 'overloaded', sureness: 'guess', detail: 'HTTP 500', ms: 90 },
  'broken-off': { kind: 'broken-off', ms: 2_000 },
} as const satisfies Record<AttemptEnding['kind'], AttemptEnding>;

test('keyStateWords() gives absolute moments to the log and relative ones to a terminal', () => {
  const words = Object.values(states).map((state) => [keyStateWords(state), keyStateWords(state, 45_000)]);
  expect(words).toEqual([
    ['ready', 'ready'],
    ['suspect (malformed)', 'suspect (malformed)'],
    [
      'cooling (rate-limited) until 00:01:00 UTC at the latest',
      'cooling (rate-limited) until 00:01:00 UTC (in 15 s) at the latest',
    ],
    ['half-open (timed-out)', 'half-open (timed-out)'],
    [
      'benched (rejected), not confirmed, probed again at 00:01:00 UTC',
      'benched (rejected), not confirmed, probed again in 15 s',
    ],
    ['probing (out-of-credit)', 'probing (out-of-credit)'],
    ['disabled', 'disabled'],
  ]);
});

test('a key’s state is called by its kind, so that the log, the tables and --json can be searched alike', () => {
  for (const [kind, state] of Object.entries(states)) expect(keyStateName(state).split(' ')[0]).toBe(kind);
});

test('outcomeWords() and callEndingWords() word each ending differently', () => {
  const outcomes = [
    outcomeWords({ kind: 'result', payload: { kind: 'text', text: 'abc' }, model: 'org/model' }),
    outcomeWords({ kind: 'failed', code: 'busy', againAtMs: 60_000 }),
    outcomeWords({ kind: 'cancelled' }),
  ];
  expect(outcomes).toEqual([
    'text of 1 kB, org/model',
    'failed: busy, worth asking again from 1970-01-01T00:01:00.000Z',
    'cancelled',
  ]);
  const words = Object.values(endings).map((ending) => callEndingWords(ending));
  expect(new Set(words).size).toBe(words.length);
});

test.each(localeFolder.names())(
  'what operators read and what people read cover the same members, locale %s',
  (locale) => {
    const ids = Object.keys(JSON.parse(localeFolder.read(locale)) as Record<string, string>);
    const members = (group: string, more: readonly string[] = []) =>
      ids
        .filter((id) => id.startsWith(`${group}.`))
        .map((id) => id.slice(group.length + 1))
        .filter((member) => !more.includes(member))
        .toSorted();
    expect({
      choices: members('choice'),
      skips: members('skip'),
      states: members('key-state', ['cooling-guess', 'benched-unsure', 'ended']),
      endings: members('ending', ['failed-guess']),
      reasons: members('reason'),
      alerts: members('alert'),
      codes: members('failure', ['credit-back']),
    }).toEqual({
      choices: Object.keys(choiceReasonWords).toSorted(),
      skips: Object.keys(skipReasonWords).toSorted(),
      states: Object.keys(states).toSorted(),
      endings: Object.keys(endings).toSorted(),
      reasons: [...new Set([...Object.keys(failureTraits), ...Object.keys(keyReasonWords)])].toSorted(),
      alerts: Object.keys(alertSeverity).toSorted(),
      codes: failureCodes.toSorted(),
    });
  },
);

test('every park reason has words of its own', () => {
  const words = Object.values(parkReasonWords);
  expect(new Set(words).size).toBe(words.length);
});
