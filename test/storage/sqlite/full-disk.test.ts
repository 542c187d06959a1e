import { sqliteOf } from '../../support/sqlite-of.ts';
import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { accepted, anyNumber, aRequest, roomy } from '../../conformance/requests.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { scratch } from './scratch.ts';

test('a full disk takes no new job, keeps those it has, is told of once, and takes again once there is room (Q5)', async () => {
  using place = scratch();
  const clock = fakeClock();
  const told: AppEvent[] = [];
  await using storage = await openStorage({
    path: place.file,
    running: anyNumber,
    clock,
    emit: (event) => told.push(event),
    onUnreadableKey: (error) => expect(error).toBeUndefined(),
  });
  const { engine } = storage;
  const database = sqliteOf(storage.database);
  const kept = await accepted(engine, { updateId: 1 });
  const pages = Number(database.getNow('PRAGMA page_count')?.['page_count']);
  database.script(`PRAGMA max_page_count = ${pages}`);
  const long = (updateId: number) => ({ ...aRequest({ updateId }), prompt: 'a red fox '.repeat(2_000) });
  for (let updateId = 2; updateId <= 100; updateId += 1) {
    await expect(engine.queue.accept(long(updateId), roomy)).rejects.toMatchObject({ code: 'full' });
  }
  expect([storage.takesWrites(), (await engine.reader.stats()).lines[0]?.waiting.free]).toEqual([false, 1]);
  database.script('PRAGMA max_page_count = 1000000');
  await clock.advance(10_000);
  expect(storage.takesWrites()).toBe(true);
  expect((await engine.queue.accept(long(2), roomy)).kind).toBe('accepted');
  expect((await engine.queue.claim('bytez'))?.job.id).toBe(kept.id);
  expect(told.map(({ event }) => event)).toEqual(['storage.unavailable', 'storage.recovered']);
});
