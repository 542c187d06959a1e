import { expect, test } from 'vitest';
import type { AttemptEnding, AttemptTrail } from '../../src/domain/attempt-trail.ts';
import { keyId } from '../../src/domain/ids.ts';
import { emptyMemory, restoreMemory } from '../../src/jobs/job-progress.ts';
import { createCallJournal } from '../../src/jobs/running-jobs.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { aTrail } from '../conformance/call-promises.ts';
import { accepted, claimed } from '../conformance/requests.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';

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

test.each([{ kind: 'sent' }, { kind: 'broken-off', ms: 0 }] as const)(
  'restoreMemory() takes a last call that ended as %j for a lost one, and for nothing else',
  (ending) => {
    const lost = aCall(1, 'a', ending);
    expect(restoreMemory([lost], first)).toEqual({ ...emptyMemory(), lastCallEndedMs: 1_000, lost });
    expect(restoreMemory([lost, aCall(2, 'a', { kind: 'not-sent' })], first)).toMatchObject({ lost: undefined });
  },
);

const answered = { kind: 'answered', ms: 9 } as const;

test('createCallNotes() has everything durable before the next call is sent', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  const { id } = await accepted(engine, { updateId: 1 });
  const { lease } = await claimed(engine);
  const journal = createCallJournal(engine.queue, lease);
  expect(await journal.sent(aTrail(1))).toBe(true);
  journal.ended(aTrail(1, answered));
  journal.checkpoint({ candidate: 0, attempts: 1, calls: 1 });
  expect(await journal.sent(aTrail(2))).toBe(true);
  expect(await engine.reader.trailOf(id)).toEqual([aTrail(1, answered), aTrail(2)]);
  expect((await engine.reader.find(id))?.progress).toEqual({ candidate: 0, attempts: 1, calls: 2 });
});

test('createCallNotes() says when a newer lease owns the job now', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  const { id } = await accepted(engine, { updateId: 1, userId: 7 });
  const { lease } = await claimed(engine);
  await engine.queue.cancel(id, 7);
  expect(await createCallJournal(engine.queue, lease).sent(aTrail(1))).toBe(false);
});

test('createCallNotes() lets the next call meet the trouble of a note that was not kept', async () => {
  using database = openDatabase({ path: ':memory:' });
  const sqlite = anEngine(database);
  await accepted(sqlite, { updateId: 1 });
  const { lease } = await claimed(sqlite);
  const full = () => Promise.reject(new Error('the disk is full'));
  const journal = createCallJournal({ ...sqlite.queue, checkpoint: full }, lease);
  journal.checkpoint({ candidate: 0, attempts: 1, calls: 1 });
  await expect(journal.sent(aTrail(1))).rejects.toThrow('the disk is full');
  expect(await journal.sent(aTrail(1))).toBe(true);
});
