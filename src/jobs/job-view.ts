import type { Job } from '../domain/job.ts';
import type { JobReader } from '../domain/job-engine.ts';
import type { Lane } from '../domain/kinds.ts';
import { acceptsCalls } from '../domain/key-state.ts';
import { availabilityOf, cooldownUntilMs, type JobPhase, type JobView, type PoolView } from '../domain/views.ts';

/** What a job's view depends on beside the job itself. */
export type ViewContext = {
  /** Jobs of the line that start earlier. */
  readonly ahead: number;
  /** Its phase in this process. */
  readonly live: JobPhase | undefined;
  readonly pool: PoolView;
  /** True when the person's own running requests hold it up. */
  readonly isBehindOwn: boolean;
  readonly nowMs: number;
};

/** Builds a job's view from its stored state, its phase in this process and the pool. */
export function viewOf(job: Job, context: ViewContext): JobView {
  const { id, kind, lane, prompt, origin } = job;
  const phase = phaseOf(job, context);
  const held = job.held === undefined ? {} : { held: job.held };
  const preset = job.options?.preset;
  const style = preset === undefined ? {} : { preset };
  return {
    id,
    userId: origin.userId,
    kind,
    lane,
    prompt,
    ...style,
    phase,
    ...held,
    ageMs: context.nowMs - job.acceptedAtMs,
  };
}

function phaseOf(job: Job, context: ViewContext): JobPhase {
  const { state, progress } = job;
  const { ahead, live, pool, nowMs } = context;
  switch (state.kind) {
    case 'ended':
    case 'told':
      return { kind: 'ended', outcome: state.outcome };
    case 'running':
      return live ?? { kind: 'making', attempt: progress.attempts + 1, of: progress.attempts + 1 };
    case 'waiting': {
      // A failed attempt was told; what is told next must not take it back.
      if (live?.kind === 'retrying' && state.reason !== 'keys-cooling') return live;
      if (state.reason === 'keys-cooling' && state.readyAtMs > nowMs) {
        return { kind: 'paused', ahead, inMs: state.readyAtMs - nowMs };
      }
      const untilMs = cooldownUntilMs(availabilityOf(pool.keys));
      return untilMs === undefined
        ? queuedPhase(job, context)
        : { kind: 'paused', ahead, inMs: Math.max(0, untilMs - nowMs) };
    }
  }
}

function queuedPhase({ progress }: Job, { ahead, pool, isBehindOwn }: ViewContext): JobPhase {
  const callMs = measuredCallMs(pool);
  const isFree = ahead === 0 && freeSeats(pool) > 0;
  const inMs = callMs === undefined || isFree ? undefined : expectedWaitMs(ahead + 1, pool);
  const estimate = inMs === undefined || isBehindOwn ? {} : { inMs };
  if (ahead > 0) return { kind: 'queued', ahead, ...estimate };
  if (isBehindOwn) return { kind: 'queued', ahead, next: 'own-request' };
  if (progress.calls > 0) return { kind: 'queued', ahead, next: 'again', ...estimate };
  return { kind: 'queued', ahead, next: isFree ? 'starts' : 'slot', ...estimate };
}

/** The assumed duration of a call before one was measured. */
const defaultCallMs = 30_000;

/** Estimates how long so many jobs keep the keys of a line busy, in milliseconds. */
export function expectedWaitMs(jobs: number, pool: PoolView): number {
  const seats = workingKeys(pool).reduce((sum, key) => sum + key.seats, 0);
  return (jobs * (measuredCallMs(pool) ?? defaultCallMs)) / Math.max(1, seats);
}

function workingKeys({ keys }: PoolView): PoolView['keys'] {
  return keys.filter(({ state }) => acceptsCalls(state) || state.kind === 'cooling');
}

/** The mean of what calls took with each key; undefined before the first. */
function measuredCallMs(pool: PoolView): number | undefined {
  const measured = workingKeys(pool).flatMap(({ meanLatencyMs }) => meanLatencyMs ?? []);
  return measured.length === 0 ? undefined : measured.reduce((sum, ms) => sum + ms, 0) / measured.length;
}

function freeSeats({ keys }: PoolView): number {
  return keys.reduce(
    (sum, { state, seats, inFlight }) => sum + (acceptsCalls(state) ? Math.max(0, seats - inFlight) : 0),
    0,
  );
}

/** True when the person of a waiting job has as many requests running as their lane allows. */
export async function isBehindOwn(
  { origin: { userId }, lane }: Job,
  reader: Pick<JobReader, 'runningOf'>,
  running: Readonly<Record<Lane, number>>,
): Promise<boolean> {
  return (await reader.runningOf(userId)) >= running[lane];
}
