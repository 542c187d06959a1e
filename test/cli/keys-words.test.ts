import { expect, test } from 'vitest';
import { stateCell } from '../../src/cli/keys/key-tables.ts';
import { troubleOf } from '../../src/cli/keys/report.ts';
import type { KnownKey } from '../../src/cli/keys/known-keys.ts';
import { isoTime, momentWords, spanWords } from '../../src/cli/table.ts';
import { keyId } from '../../src/domain/ids.ts';
import type { KeyState } from '../../src/domain/key-state.ts';
import { atMs, noHealth } from './stage.ts';

function aKey(state: KeyState): KnownKey {
  return {
    id: keyId('id-3'),
    name: 'bytez #3',
    provider: 'bytez',
    place: 3,
    fingerprint: undefined,
    hint: '…',
    origin: { variable: 'BYTEZ_API_KEYS', position: 3, inFile: false },
    state,
    inFlight: 0,
    seats: 1,
    account: undefined,
    health: noHealth,
  };
}

const cooling = { kind: 'cooling', sinceMs: atMs - 1_000, untilMs: atMs + 5_000, stated: false } as const;
const benched = { kind: 'benched', probeAtMs: atMs + 60_000, times: 1, confirmed: true } as const;
const rejected = { reason: 'rejected' } as const;

const table: readonly (readonly [state: KeyState, cell: string, what: RegExp | undefined, fix: RegExp | undefined])[] =
  [
    [{ kind: 'ready' }, 'ready', undefined, undefined],
    [
      { kind: 'suspect', reason: 'malformed', sinceMs: atMs - 2_000 },
      'suspect (malformed)',
      /failed once \(malformed\), 2 s ago$/,
      /its next call decides/,
    ],
    [
      { ...cooling, reason: 'rate-limited' },
      'cooling (rate-limited) until 12:00:05 UTC (in 5 s)',
      /asked too often/,
      /^wait until 12:00:05 UTC \(in 5 s\) at the latest; if this is often so, add keys/,
    ],
    [
      { ...cooling, reason: 'rate-limited', stated: true },
      'cooling (rate-limited) until 12:00:05 UTC (in 5 s)',
      /often/,
      /\(in 5 s\);/,
    ],
    [
      { ...cooling, reason: 'concurrency' },
      'cooling (concurrency) until 12:00:05 UTC (in 5 s)',
      /carries no further call/,
      /one of its own/,
    ],
    [
      { ...cooling, reason: 'timed-out' },
      'cooling (timed-out) until 12:00:05 UTC (in 5 s)',
      /not answered in time/,
      /at the latest$/,
    ],
    [
      { ...cooling, reason: 'fails-alone' },
      'cooling (fails-alone) until 12:00:05 UTC (in 5 s)',
      /where the other keys succeed/,
      /replace it: BYTEZ_API_KEYS, position 3$/,
    ],
    [
      { kind: 'half-open', after: 'out-of-credit', times: 1 },
      'on trial (out-of-credit)',
      /was out of credit/,
      /decides/,
    ],
    [
      { ...benched, ...rejected },
      'benched (rejected), asked again in 60 s',
      /^is refused by the provider; asked again at 12:01:00 UTC \(in 60 s\)$/,
      /^replace it: BYTEZ_API_KEYS, position 3/,
    ],
    [
      { ...benched, ...rejected, confirmed: false, times: 2 },
      'benched (rejected), asked again in 60 s',
      /^was refused, 2 times in a row; not confirmed yet/,
      /^nothing yet; "darkroom keys test" asks at once/,
    ],
    [
      { ...benched, reason: 'out-of-credit', probeAtMs: atMs - 1 },
      'benched (out-of-credit), asked again now',
      /^is out of credit; tried again now$/,
      /^add credit to its account, then "darkroom keys wake bytez#3"/,
    ],
    [
      { kind: 'probing', ...rejected, times: 1, confirmed: true },
      'probing (rejected)',
      /being asked/,
      /in a few seconds/,
    ],
    [{ kind: 'disabled' }, 'disabled', /switched off/, /keys enable bytez#3/],
  ];

test.each(table)('%o has its words', (state, cell, what, fix) => {
  expect(stateCell(state, atMs)).toMatchObject({ text: cell });
  const trouble = troubleOf(aKey(state), atMs);
  if (what === undefined || fix === undefined) return expect(trouble).toBeUndefined();
  expect(trouble?.what).toMatch(what);
  expect(trouble?.fix).toMatch(fix);
});

test.each([
  [-5, '0 ms'],
  [85.4, '85 ms'],
  [3_200, '3.2 s'],
  [45_000, '45 s'],
  [720_000, '12 min'],
  [5 * 3_600_000, '5 h'],
  [3 * 86_400_000, '3 days'],
])('%d ms are said as %s', (ms, words) => {
  expect(spanWords(ms)).toBe(words);
});

test('a moment of another day is said with its day, and one beyond the calendar is still said', () => {
  expect(momentWords(atMs + 13 * 3_600_000, atMs)).toBe('2026-01-02 01:00:00 UTC (in 13 h)');
  expect(momentWords(atMs - 30_000, atMs)).toBe('11:59:30 UTC (30 s ago)');
  expect(isoTime(Number.MAX_VALUE)).toBe('+275760-09-13T00:00:00.000Z');
});
