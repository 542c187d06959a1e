import { expect, test } from 'vitest';
import { keyId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import { type JobPhase, type KeyView, type PoolView, poolViewOf } from '../../src/domain/views.ts';
import { viewOf, type ViewContext } from '../../src/jobs/running-jobs.ts';
import { aKey } from '../messages/builders.ts';
import { aJob } from '../support/builders.ts';

const nowMs = 1_000_000;
const fresh = { candidate: 0, attempts: 0, calls: 0 };

function phaseOf(change: Partial<Job>, context: Partial<ViewContext> = {}): JobPhase {
  const job = aJob({ state: { kind: 'waiting', readyAtMs: nowMs }, acceptedAtMs: nowMs, ...change });
  const pool = pooled({ seats: 1, inFlight: 1 });
  return viewOf(job, { ahead: 0, live: undefined, pool, isBehindOwn: false, nowMs, ...context }).phase;
}

function pooled(change: Partial<KeyView>): () => PoolView {
  const { meanLatencyMs: _, ...key } = aKey(1, { id: keyId('id1'), state: { kind: 'ready' } });
  return () => poolViewOf([{ ...key, ...change }]);
}

const retrying = { kind: 'retrying', after: 'timed-out', attempt: 2, of: 3 } as const;
const called = { ...fresh, attempts: 1, calls: 1 };

test.each<[string, Partial<Job>, Partial<ViewContext>, JobPhase]>([
  ['a seat is free', {}, { pool: pooled({ seats: 2, inFlight: 1 }) }, { kind: 'queued', ahead: 0, next: 'starts' }],
  ['every seat is taken', {}, {}, { kind: 'queued', ahead: 0, next: 'slot' }],
  ['the own earlier request runs', {}, { isBehindOwn: true }, { kind: 'queued', ahead: 0, next: 'own-request' }],
  ['a call was made before a restart', { progress: called }, {}, { kind: 'queued', ahead: 0, next: 'again' }],
  ['a failed attempt was told', { progress: called }, { live: retrying }, retrying],
])('the first in line is told what it waits for: %s', (_, job, context, phase) => {
  expect(phaseOf(job, context)).toEqual(phase);
});

test('a told failure is not taken back when the wait is over and every key is busy', () => {
  const state = { kind: 'waiting', readyAtMs: nowMs - 5_000, reason: 'backing-off' } as const;
  expect(phaseOf({ progress: called, state }, { live: retrying })).toEqual(retrying);
});

test('a wait is estimated from what calls took, and not before the first call', () => {
  const busy = (meanLatencyMs?: number) =>
    pooled({ seats: 2, inFlight: 2, ...(meanLatencyMs === undefined ? {} : { meanLatencyMs }) });
  expect(phaseOf({}, { ahead: 3, pool: busy(20_000) })).toEqual({ kind: 'queued', ahead: 3, inMs: 40_000 });
  expect(phaseOf({}, { ahead: 3, pool: busy() })).toEqual({ kind: 'queued', ahead: 3 });
});
