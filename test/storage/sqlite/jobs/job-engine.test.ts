import { perKind } from '../../../../src/domain/kinds.ts';
import { expect, test } from 'vitest';
import { jobId } from '../../../../src/domain/ids.ts';
import { openDatabase } from '../../../../src/storage/sqlite/database.ts';
import { createEffectLedger } from '../../../../src/storage/stores/effect-ledger.ts';
import { anEngine } from '../an-engine.ts';
import { aTrail } from '../../../conformance/call-promises.ts';
import type { EngineUnderTest } from '../../../conformance/engine-under-test.ts';
import { jobEngineConformance } from '../../../conformance/job-engine-conformance.ts';
import {
  accepted,
  anyNumber,
  aRequest,
  claimed,
  drained,
  oneEach,
  roomy,
  startMs,
} from '../../../conformance/requests.ts';
import { fillWithCrowd } from '../../../pressure/fill-queue.ts';
import { scratch } from '../scratch.ts';
import { lanes } from '../../../../src/domain/kinds.ts';

jobEngineConformance('createJobEngine()', async (running = anyNumber): Promise<EngineUnderTest> => {
  const place = scratch();
  let database = openDatabase({ path: place.file });
  const options = { running, time: { nowMs: startMs } };
  return {
    engine: anEngine(database, options),
    reopen: async () => {
      database[Symbol.dispose]();
      database = openDatabase({ path: place.file });
      return anEngine(database, options);
    },
    [Symbol.asyncDispose]: async () => {
      database[Symbol.dispose]();
      place[Symbol.dispose]();
    },
  };
});

const progress = { candidate: 0, attempts: 0, calls: 0 };

test('createJobEngine() reads every statement through an index with 50,000 jobs waiting', async () => {
  using place = scratch();
  fillWithCrowd(place.file, { jobs: 50_000, people: 20_000, nowMs: startMs });
  using database = openDatabase({ path: place.file });
  const engine = anEngine(database, { running: oneEach });
  for (const lane of lanes) await engine.queue.accept(aRequest({ updateId: 60_000 + lane.length, lane }), roomy);
  const first = await claimed(engine);
  await engine.queue.park(first.lease, { line: 'bytez', readyAtMs: startMs + 5, reason: 'backing-off', progress });
  await claimed(engine.at(startMs + 5));
  const second = await claimed(engine);
  await engine.queue.requeueFront(second.lease);
  await engine.queue.claimExpired(
    'bytez',
    perKind(() => 0),
  );
  await engine.queue.nextReadyMs('bytez', startMs);
  const third = await claimed(engine);
  await engine.queue.checkpoint(third.lease, progress);
  await engine.queue.recordCall(third.lease, aTrail(1));
  await engine.queue.recordCall(third.lease, aTrail(1, { kind: 'answered', ms: 9 }));
  await engine.queue.recordAnswer(third.lease, aTrail(1, { kind: 'answered', ms: 9 }), progress, { model: 'fox' });
  await engine.queue.requeueDelayed(third.lease, startMs + 1);
  await engine.queue.claimAnswered();
  await engine.reader.trailOf(third.job.id);
  await engine.queue.cancel(third.job.id, third.job.origin.userId);
  const fourth = await claimed(engine);
  await engine.queue.settle(fourth.lease, { kind: 'cancelled' });
  await engine.delivery.claim(third.job.id);
  await engine.delivery.done({ ...third.lease, fence: third.lease.fence + 1 });
  await engine.queue.cancel(jobId('tg-50000'), 10_000);
  await engine.reader.where(jobId('tg-40000'));
  await engine.reader.jobsOf(1);
  await engine.delivery.pending();
  await engine.reader.stats();
  await engine.queue.recover(6);

  const scans = database.statements
    .filter((sql) => !sql.startsWith('PRAGMA'))
    .flatMap((sql) => database.allNow(`EXPLAIN QUERY PLAN ${sql}`, ...Array.from(sql.matchAll(/\?/g), () => null)))
    .map((row) => String(row['detail']))
    .filter((step) => /^SCAN (jobs|turns|calls)/.test(step))
    // A partial index that holds nothing but what is asked for may be read from end to end.
    .filter((step) => !/USING (COVERING )?INDEX jobs_(running|untold|answered)$/.test(step));
  expect(scans).toEqual([]);
  expect(database.statements.length).toBeGreaterThan(30);
});

test('createJobEngine() counts what waits in a line without reading who waits there', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  for (let updateId = 1; updateId <= 3; updateId += 1) await accepted(engine, { updateId, userId: updateId });
  const before = database.statements.length;
  expect(await engine.reader.waitingIn('bytez')).toMatchObject({ waiting: { free: 3 } });
  const asked = database.statements.slice(before);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((sql) => /FROM (turns|jobs)\b/.test(sql))).toEqual([]);
});

test('createJobEngine() skips one person at the running cap in one step, however many jobs they have', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database, { running: oneEach });
  for (let updateId = 1; updateId <= 300; updateId += 1) await accepted(engine, { updateId, userId: 1 });
  await claimed(engine);
  const turns = () => database.allNow('SELECT user_id, seq FROM turns ORDER BY user_id');
  expect(turns()).toEqual([{ user_id: 1, seq: 2 }]);
  expect(await engine.queue.claim('bytez')).toBeUndefined();
  await accepted(engine, { updateId: 1_000, userId: 2 });
  expect((await claimed(engine)).job.updateId).toBe(1_000);
  expect(turns()).toEqual([{ user_id: 1, seq: 2 }]);
});

test('createJobEngine() gives the id of a long told job to a new update that Telegram numbers alike', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  const ledger = createEffectLedger(database);
  const { id } = await accepted(engine, { updateId: 1 });
  await ledger.begin({ jobId: id }, 'receipt', 'once');
  await engine.queue.cancel(id, 1_001);
  const emitting = await engine.delivery.claim(id);
  await engine.delivery.done(emitting?.lease ?? { jobId: id, fence: 0 });
  const weekMs = 7 * 86_400_000;
  const ask = (nowMs: number) => engine.at(nowMs).queue.accept(aRequest({ updateId: 1, userId: 7 }), roomy);
  expect(await ask(startMs + weekMs - 1)).toMatchObject({ kind: 'known', job: { origin: { userId: 1_001 } } });
  expect(await ask(startMs + weekMs)).toMatchObject({ kind: 'accepted', job: { origin: { userId: 7 } } });
  expect(await ledger.begin({ jobId: id }, 'receipt', 'once')).toEqual({ kind: 'go' });
});

test('createJobEngine() takes fractions of a millisecond and answers whole ones', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  await accepted(engine.at(startMs + 0.4), { updateId: 1 });
  const { lease, job } = await claimed(engine.at(startMs + 1.6));
  await engine.queue.park(lease, { line: 'bytez', readyAtMs: startMs + 2.2, reason: 'backing-off', progress });
  expect([job.acceptedAtMs, job.claimedAtMs]).toEqual([startMs, startMs + 1]);
  expect(await engine.queue.nextReadyMs('bytez', startMs)).toBe(startMs + 3);
});

test('createJobEngine() names table and column of a row that it cannot read, and no value', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  const { id } = await accepted(engine, { updateId: 1 });
  database.runNow(`UPDATE jobs SET kind = 'opera', prompt = 'a secret wish' WHERE id = ?`, id);
  const heard: unknown[] = [];
  {
    using _listening = engine.queue.onSetAside((setAside, error) => heard.push(setAside, error));
    expect(await engine.queue.claim('bytez')).toBeUndefined();
  }
  expect(heard).toEqual([
    id,
    expect.objectContaining({
      message: 'Cannot read a row of "jobs": unexpected kind; was it written by another version?',
    }),
  ]);
  const other = await accepted(engine, { updateId: 2 });
  database.runNow(`UPDATE jobs SET kind = 'opera' WHERE id = ?`, other.id);
  expect(await engine.queue.claim('bytez')).toBeUndefined();
  expect(heard).toHaveLength(2);
});

test('createJobEngine() sets a result aside on which six processes died while they showed it, with its credit', async () => {
  using database = openDatabase({ path: ':memory:' });
  let engine = anEngine(database);
  const ledger = createEffectLedger(database);
  const limits = { waiting: 9, perDay: 1 };
  await engine.queue.accept(aRequest({ updateId: 1, userId: 1 }), limits);
  const { lease, job } = await claimed(engine);
  const file = { path: 'results/1.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;
  await engine.queue.settle(lease, { kind: 'result', payload: { kind: 'file', file }, model: 'fox' });
  expect(await engine.queue.recover(6)).toEqual({ handedBack: 0, setAside: [], unreadable: [] });
  for (let crash = 1; crash <= 6; crash += 1) {
    const held = await engine.delivery.claim(job.id);
    if (held !== undefined) await ledger.begin(held.lease, 'result', 'idempotent');
    engine = anEngine(database);
    const recovered = await engine.queue.recover(6);
    expect(recovered).toEqual({ handedBack: 0, setAside: crash === 6 ? [job.id] : [], unreadable: [] });
    expect(held !== undefined && (await engine.delivery.holds(held.lease))).toBe(crash < 6);
  }
  expect((await engine.reader.find(job.id))?.state).toEqual({
    kind: 'ended',
    outcome: { kind: 'failed', code: 'set-aside' },
  });
  expect((await engine.queue.accept(aRequest({ updateId: 2, userId: 1 }), limits)).kind).toBe('accepted');
});

test('createJobEngine() hands out a parked job at its time, and not with one whose time comes sooner', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = anEngine(database);
  for (const updateId of [1, 2]) await accepted(engine, { updateId });
  for (const readyAtMs of [startMs + 10, startMs + 1_000]) {
    const { lease } = await claimed(engine);
    await engine.queue.park(lease, { line: 'bytez', readyAtMs, reason: 'backing-off', progress });
  }
  expect(await drained(engine.at(startMs + 10))).toEqual([1]);
  expect(await drained(engine.at(startMs + 999))).toEqual([]);
  expect(await drained(engine.at(startMs + 1_000))).toEqual([2]);
});
