import { expect, test } from 'vitest';
import { openDatabase } from '../../../../src/storage/sqlite/database.ts';
import { shiftFromFuture, shiftTimes } from '../../../../src/storage/sqlite/clock-change.ts';
import { anEngine } from '../an-engine.ts';
import { accepted, startMs } from '../../../conformance/requests.ts';

const progress = { candidate: 0, attempts: 0, calls: 1 };

/** One job that is parked for a minute and one that waits for its first turn. */
async function twoJobs() {
  const database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  const parked = await accepted(engine, { updateId: 1 });
  const claim = await engine.at(startMs + 1_000).queue.claim('bytez');
  if (claim === undefined) throw new Error('Cannot claim the job');
  await engine.queue.park(claim.lease, {
    line: 'bytez',
    readyAtMs: startMs + 60_000,
    reason: 'keys-cooling',
    progress,
  });
  const waiting = await accepted(engine.at(startMs + 2_000), { updateId: 2 });
  const times = async () => {
    const [one, two] = [await engine.reader.find(parked.id), await engine.reader.find(waiting.id)];
    const ready = await engine.queue.nextReadyMs('bytez', 0);
    return [one?.acceptedAtMs, one?.claimedAtMs, ready, two?.acceptedAtMs].map((ms) => (ms ?? NaN) - startMs);
  };
  return { database, engine, times, [Symbol.dispose]: () => database[Symbol.dispose]() };
}

test.each([3_600_000, -3_600_000])('shiftTimes(%i) moves every time of the jobs that are not over', async (byMs) => {
  using jobs = await twoJobs();
  shiftTimes(jobs.database, byMs);
  expect(await jobs.times()).toEqual([byMs, byMs + 1_000, byMs + 60_000, byMs + 2_000]);
});

test('shiftTimes() lets what has ended be', async () => {
  using jobs = await twoJobs();
  const claim = await jobs.engine.at(startMs + 3_000).queue.claim('bytez');
  if (claim === undefined) throw new Error('Cannot claim the job');
  await jobs.engine.at(startMs + 4_000).queue.settle(claim.lease, { kind: 'failed', code: 'busy' });
  shiftTimes(jobs.database, 3_600_000);
  expect((await jobs.engine.reader.find(claim.job.id))?.acceptedAtMs).toBe(startMs + 2_000);
});

test('shiftFromFuture() brings back what was kept before the clock was set back, and nothing else', async () => {
  using jobs = await twoJobs();
  shiftFromFuture(jobs.database, startMs + 5_000);
  expect(await jobs.times()).toEqual([0, 1_000, 60_000, 2_000]);
  shiftFromFuture(jobs.database, startMs - 3_600_000);
  expect(await jobs.times()).toEqual([-3_602_000, -3_601_000, -3_542_000, -3_600_000]);
});
