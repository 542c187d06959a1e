import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import { accepted, claimed } from '../conformance/requests.ts';
import { startChild } from './child.ts';
import { scratch } from '../storage/sqlite/scratch.ts';

test('a process that froze while it made a job shows and ends nothing when it wakes after somebody else did (Q2)', async () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  const engine = anEngine(database);
  const { id } = await accepted(engine, { updateId: 1 });
  await using frozen = startChild('acting.ts', place.file, 'make');
  await frozen.printed(1);
  frozen.signal('SIGSTOP');
  frozen.say('act');
  expect(await engine.queue.recover(6)).toEqual({ handedBack: 1, setAside: [], unreadable: [] });
  const { lease } = await claimed(engine);
  frozen.signal('SIGCONT');
  await frozen.printed(2);
  expect(await engine.queue.settle(lease, { kind: 'cancelled' })).toBe(true);
  expect((await engine.reader.find(id))?.state).toEqual({ kind: 'ended', outcome: { kind: 'cancelled' } });
  expect(await frozen.kill()).toEqual(['claimed', 'shows nothing, ends nothing']);
});

test('a process that froze while it told a person shows nothing when it wakes after somebody else has told them (Q2)', async () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  const engine = anEngine(database);
  const { id } = await accepted(engine, { updateId: 1 });
  await engine.queue.settle((await claimed(engine)).lease, { kind: 'failed', code: 'refused' });
  await using frozen = startChild('acting.ts', place.file, 'tell');
  await frozen.printed(1);
  frozen.signal('SIGSTOP');
  frozen.say('act');
  const emitting = await engine.delivery.claim(id);
  expect(emitting !== undefined && (await engine.delivery.done(emitting.lease))).toBe(true);
  frozen.signal('SIGCONT');
  await frozen.printed(2);
  expect(await frozen.kill()).toEqual(['claimed', 'shows nothing, ends nothing']);
});

test('a process that nobody overtook while it was frozen goes on when it wakes (Q2)', async () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  const engine = anEngine(database);
  await accepted(engine, { updateId: 1 });
  await using frozen = startChild('acting.ts', place.file, 'make');
  await frozen.printed(1);
  frozen.signal('SIGSTOP');
  frozen.say('act');
  frozen.signal('SIGCONT');
  await frozen.printed(2);
  expect(await frozen.kill()).toEqual(['claimed', 'shows it, ends it']);
});

test('a frozen process keeps its data folder until it is gone', async () => {
  using place = scratch();
  await using frozen = startChild('owning.ts', place.dir);
  await frozen.printed(1);
  frozen.signal('SIGSTOP');
  expect(() => takeOwnership(place.dir)).toThrow(expect.objectContaining({ code: 'owned' }));
  await frozen.kill();
  takeOwnership(place.dir)[Symbol.dispose]();
});
