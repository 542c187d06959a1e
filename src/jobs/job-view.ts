import { availabilityOf, restsUntilMs } from '../domain/availability.ts';
import type { Job } from '../domain/job.ts';
import type { JobPhase, JobView, PoolView } from '../domain/views.ts';
import { acceptsCalls } from '../domain/key-state.ts';

/** Where a job stands, from what the engine, this process and the pool know of it. */
export function viewOf(job: Job, ahead: number, live: JobPhase | undefined, pool: PoolView, nowMs: number): JobView {
  const { id, kind, lane, prompt } = job;
  return { id, kind, lane, prompt, phase: phaseOf(job, ahead, live, pool, nowMs), ageMs: nowMs - job.acceptedAtMs };
}

function phaseOf(job: Job, ahead: number, live: JobPhase | undefined, pool: PoolView, nowMs: number): JobPhase {
  const { state } = job;
  switch (state.kind) {
    case 'ended':
    case 'told':
      return { kind: 'ended', outcome: state.outcome };
    case 'running':
      return live ?? { kind: 'making', attempt: job.progress.attempts + 1, of: job.progress.attempts + 1 };
    case 'waiting': {
      const goesOn = state.reason === 'backing-off' || state.reason === 'provider-silent';
      if (goesOn && state.readyAtMs > nowMs && live !== undefined) return live;
      if (state.reason === 'keys-cooling' && state.readyAtMs > nowMs) {
        return { kind: 'paused', ahead, inMs: state.readyAtMs - nowMs };
      }
      const untilMs = restsUntilMs(availabilityOf(pool.keys));
      return untilMs === undefined
        ? { kind: 'queued', ahead }
        : { kind: 'paused', ahead, inMs: Math.max(0, untilMs - nowMs) };
    }
  }
}

/** Before the first call was measured, a picture is taken to last this long. */
const guessedCallMs = 30_000;

/** About how long the jobs that are handed out first keep the keys of a line busy. */
export function expectedWaitMs(ahead: number, { keys }: PoolView): number {
  const working = keys.filter(({ state }) => acceptsCalls(state) || state.kind === 'cooling');
  const seats = working.reduce((sum, key) => sum + key.seats, 0);
  const measured = working.flatMap(({ meanLatencyMs }) => meanLatencyMs ?? []);
  const callMs = measured.length === 0 ? guessedCallMs : measured.reduce((sum, ms) => sum + ms, 0) / measured.length;
  return (ahead * callMs) / Math.max(1, seats);
}
