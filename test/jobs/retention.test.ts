import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import { type JobId, jobId } from '../../src/domain/ids.ts';
import type { PersonalData } from '../../src/domain/users.ts';
import { RetentionJob } from '../../src/jobs/retention.ts';
import { fakeClock } from '../support/fake-clock.ts';

type OldJob = { readonly id: JobId; readonly userId: number; toldAtMs?: number; isMarked?: boolean };

const dayMs = 86_400_000;

function aApp(jobs: OldJob[], files: readonly string[]) {
  const clock = fakeClock();
  const kept = new Set(files.map((name) => jobId(name)));
  const events: AppEvent[] = [];
  const dropped: number[] = [];
  const cancelled: JobId[] = [];
  let refusal: Error | undefined;
  let sweeps = 0;
  const data: PersonalData = {
    mark: async (userId) => {
      const mine = jobs.filter((job) => job.userId === userId);
      for (const job of mine) job.isMarked = true;
      return mine.length;
    },
    pendingErasure: async () => jobs.filter((job) => job.isMarked === true && job.toldAtMs === undefined).length,
    expired: async (beforeMs, atMost) => {
      if (refusal !== undefined) throw refusal;
      return jobs
        .filter((job) => job.toldAtMs !== undefined && (job.isMarked === true || job.toldAtMs <= beforeMs))
        .slice(0, atMost)
        .map(({ id }) => id);
    },
    drop: async (ids) => {
      for (const id of ids) {
        expect(kept.has(id)).toBe(false);
        jobs.splice(
          jobs.findIndex((job) => job.id === id),
          1,
        );
      }
      dropped.push(ids.length);
    },
    exists: async (id) => jobs.some((job) => job.id === id),
    needsFile: async (id) => jobs.some((job) => job.id === id),
    trim: async () => undefined,
  };
  const app = new RetentionJob({
    data,
    resultStore: {
      list: async () => [...kept],
      remove: async (id) => kept.delete(id),
      removeUnfinished: async () => void (sweeps += 1),
    },
    service: {
      findAll: async (userId) =>
        jobs
          .filter((job) => job.userId === userId && job.toldAtMs === undefined)
          .map(({ id }) => ({
            id,
            userId,
            kind: 'image',
            lane: 'free',
            prompt: '',
            phase: { kind: 'queued', ahead: 0 },
            ageMs: 0,
          })),
      cancel: async (id) => {
        cancelled.push(id);
        return { kind: 'not-found' };
      },
    },
    retentionMs: 30 * dayMs,
    clock,
    emit: (event) => void events.push(event),
  });
  return {
    app,
    clock,
    jobs,
    kept,
    events,
    dropped,
    cancelled,
    sweeps: () => sweeps,
    refuse: (error?: Error) => (refusal = error),
  };
}

const oldJobs = (count: number, toldAtMs: number): OldJob[] =>
  Array.from({ length: count }, (_, index) => ({ id: jobId(`tg-${index}`), userId: 7, toldAtMs }));

test('RetentionJob deletes what is old, file before row and a little at a time', async () => {
  const clock = fakeClock();
  const stage = aApp(oldJobs(120, clock.now()), ['tg-3', 'tg-119', 'tg-unknown']);
  await using _ = stage.app;
  await stage.clock.advance(30 * dayMs - 1);
  expect(stage.jobs).toHaveLength(120);
  await stage.clock.advance(3_600_000);
  expect(stage.dropped).toEqual([25, 25, 25, 25, 20]);
  expect([...stage.kept]).toEqual([]);
  expect(stage.events).toContainEqual({ event: 'retention.deleted', requests: 120, results: 2 });
});

test('RetentionJob removes a file that belongs to no job soon after the start', async () => {
  const stage = aApp([{ id: jobId('tg-1'), userId: 7 }], ['tg-1', 'tg-2']);
  await using _ = stage.app;
  await stage.clock.advance(60_000);
  expect([...stage.kept]).toEqual(['tg-1']);
  expect(stage.sweeps()).toBe(1);
  expect(stage.events).toEqual([{ event: 'retention.deleted', requests: 0, results: 1 }]);
});

test('RetentionJob.forget() deletes at once what is told, and what is being told as soon as it was', async () => {
  const open = { id: jobId('tg-9'), userId: 7 };
  const stage = aApp(
    [...oldJobs(2, 0), open, { id: jobId('tg-50'), userId: 8, toldAtMs: Infinity }],
    ['tg-1', 'tg-50'],
  );
  await using _ = stage.app;
  expect(await stage.app.forget(7)).toEqual({ requests: 3, results: 1, stopped: 0 });
  expect(stage.cancelled).toEqual([open.id]);
  expect(stage.jobs.map(({ id }) => id)).toEqual(['tg-9', 'tg-50']);
  await stage.clock.advance(25_000);
  expect(stage.jobs).toHaveLength(2);
  Object.assign(open, { toldAtMs: stage.clock.now() });
  await stage.clock.advance(10_000);
  expect(stage.jobs.map(({ id }) => id)).toEqual(['tg-50']);
  expect([...stage.kept]).toEqual(['tg-50']);
});

test('RetentionJob says when it cannot delete, and goes on an hour later', async () => {
  const stage = aApp(oldJobs(1, 0), []);
  await using _ = stage.app;
  const error = new Error('the disk is full');
  stage.refuse(error);
  await stage.clock.advance(60_000);
  expect(stage.events).toEqual([{ event: 'app.error', what: 'delete what is old', error }]);
  stage.refuse();
  await stage.clock.advance(3_600_000);
  expect(stage.jobs).toEqual([]);
});

test('RetentionJob leaves the rest for the next start when it is closed in the middle of a round', async () => {
  const stage = aApp(oldJobs(120, 0), []);
  const round = stage.app.round();
  await stage.clock.advance(0);
  await stage.app[Symbol.asyncDispose]();
  await round;
  expect(stage.jobs).toHaveLength(95);
  expect(stage.events).toEqual([]);
  expect(stage.clock.pending).toBe(0);
});
