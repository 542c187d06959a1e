import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import { startMs } from '../conformance/requests.ts';
import { addCrowd } from './fill-queue.ts';

test('of 100,000 parked jobs that are due at once each is handed out in its order, and none is held in memory (Q13)', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  const dueMs = startMs + 60_000;
  addCrowd(database, { jobs: 100_000, people: 20_000, nowMs: startMs, parkedUntilMs: dueMs });
  expect(await engine.at(dueMs - 1).queue.claim('bytez')).toBeUndefined();
  const heldMb = process.memoryUsage().heapUsed / 1e6;
  const order: number[] = [];
  for (let turn = 0; turn < 3_000; turn += 1) {
    const claim = await engine.at(dueMs).queue.claim('bytez');
    if (claim === undefined) throw new Error('Cannot claim a job that is due');
    order.push(claim.job.updateId);
    await engine.at(dueMs).queue.settle(claim.lease, { kind: 'failed', code: 'busy' });
  }
  expect(order).toEqual(Array.from({ length: 3_000 }, (_, index) => index));
  expect(process.memoryUsage().heapUsed / 1e6 - heldMb).toBeLessThan(100);
  expect((await engine.reader.stats()).lines[0]?.waiting.free).toBe(97_000);
});
