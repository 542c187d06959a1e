import { expect, test } from 'vitest';
import { stateCell } from '../../src/cli/keys/key-tables.ts';
import { keyProblem } from '../../src/cli/keys/report.ts';
import type { KnownKey } from '../../src/cli/keys/known-keys.ts';
import { keyId } from '../../src/domain/ids.ts';
import type { KeyState } from '../../src/domain/key-state.ts';
import { atMs, noHealth } from './command-line.ts';

function aKey(state: KeyState): KnownKey {
  return {
    id: keyId('id-3'),
    name: 'bytez #3',
    provider: 'bytez',
    place: 3,
    keyless: false,
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
      'cooling (rate-limited) until 12:00:05 UTC (in 5 s) at the latest',
      /called too often/,
      /^wait until 12:00:05 UTC \(in 5 s\) at the latest; if this happens often, add keys/,
    ],
    [
      { ...cooling, reason: 'rate-limited', stated: true },
      'cooling (rate-limited) until 12:00:05 UTC (in 5 s)',
      /often/,
      /\(in 5 s\);/,
    ],
    [
      { ...cooling, reason: 'concurrency' },
      'cooling (concurrency) until 12:00:05 UTC (in 5 s) at the latest',
      /allows no further call/,
      /one of its own/,
    ],
    [
      { ...cooling, reason: 'timed-out' },
      'cooling (timed-out) until 12:00:05 UTC (in 5 s) at the latest',
      /not answered in time/,
      /at the latest$/,
    ],
    [
      { ...cooling, reason: 'fails-alone' },
      'cooling (fails-alone) until 12:00:05 UTC (in 5 s) at the latest',
      /where the other keys succeed/,
      /replace it: BYTEZ_API_KEYS, position 3$/,
    ],
    [
      { kind: 'half-open', after: 'out-of-credit', times: 1 },
      'half-open (out-of-credit)',
      /was out of credit/,
      /decides/,
    ],
    [
      { ...benched, ...rejected },
      'benched (rejected), probed again in 60 s',
      /^is refused by the provider; probed again at 12:01:00 UTC \(in 60 s\)$/,
      /^replace it: BYTEZ_API_KEYS, position 3/,
    ],
    [
      { ...benched, ...rejected, confirmed: false, times: 2 },
      'benched (rejected), not confirmed, probed again in 60 s',
      /^was refused, 2 times in a row; not confirmed yet/,
      /^nothing yet; "darkroom keys test" probes it at once/,
    ],
    [
      { ...benched, reason: 'out-of-credit', probeAtMs: atMs - 1 },
      'benched (out-of-credit), tried again now',
      /^is out of credit; tried again now$/,
      /^add credit to its account, then "darkroom keys wake bytez#3"/,
    ],
    [
      { kind: 'probing', ...rejected, times: 1, confirmed: true },
      'probing (rejected)',
      /being probed/,
      /in a few seconds/,
    ],
    [{ kind: 'disabled' }, 'disabled', /is disabled/, /keys enable bytez#3/],
  ];

test.each(table)('%o is worded the same in tables and reports', (state, cell, what, fix) => {
  expect(stateCell(state, atMs)).toMatchObject({ text: cell });
  const problem = keyProblem(aKey(state), atMs);
  if (what === undefined || fix === undefined) return expect(problem).toBeUndefined();
  expect(problem?.what).toMatch(what);
  expect(problem?.fix).toMatch(fix);
});
