import { expect, test } from 'vitest';
import { createCallJournal } from '../../src/jobs/call-journal.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import { aTrail } from '../conformance/call-promises.ts';
import { accepted, claimed } from '../conformance/requests.ts';

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
