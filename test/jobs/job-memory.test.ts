import { expect, test } from 'vitest';
import type { AttemptEnding, AttemptTrail } from '../../src/domain/attempt-trail.ts';
import { keyId } from '../../src/domain/ids.ts';
import { emptyMemory, restoreMemory } from '../../src/jobs/job-memory.ts';

const first = { provider: 'bytez', model: 'm1' } as const;
const second = { provider: 'bytez', model: 'm2' } as const;

function aCall(call: number, key: string, ending: AttemptEnding, candidate: AttemptTrail['candidate'] = first) {
  const choice = { why: 'soonest', of: 3, skipped: {} } as const;
  const startedAtMs = call * 1_000;
  const keyName = `bytez #${call}`;
  return { call, candidate, attempt: 1, of: 3, keyId: keyId(key), keyName, choice, waitedMs: 0, startedAtMs, ending };
}

const failed = (reason: 'overloaded' | 'timed-out' | 'rate-limited'): AttemptEnding => ({
  kind: 'failed',
  reason,
  sureness: 'sure',
  detail: '',
  ms: 50,
});

test('restoreMemory() knows the last failure, the keys that failed the candidate, and that a call has timed out', () => {
  const trail = [
    aCall(1, 'a', failed('timed-out'), second),
    aCall(2, 'b', failed('rate-limited')),
    aCall(3, 'c', failed('overloaded')),
  ];
  expect(restoreMemory(trail, first)).toEqual({
    ...emptyMemory(),
    lastCode: 'provider-down',
    failedWith: new Set(['b', 'c']),
    hasTimedOut: true,
    lastCallEndedMs: 3_050,
  });
});

test('restoreMemory() takes a call without an ending for one that has told nothing', () => {
  expect(restoreMemory([aCall(1, 'a', { kind: 'sent' })], first)).toEqual({ ...emptyMemory(), lastCallEndedMs: 1_000 });
});
