import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { JobLease, JobQueue, JobReader, KnownAnswer } from '../domain/job-engine.ts';
import { type Job, type Progress, turnOf } from '../domain/job.ts';
import type { Operation, ProviderQueue } from '../domain/provider.ts';
import { CallerGone } from '../domain/gateway/client-call.ts';
import type { JobFailureCode } from './retry-policy.ts';
import type { JobId } from '../domain/ids.ts';
import { type JobPhase, availabilityOf, cooldownUntilMs, type JobView, type PoolView } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';
import type { Lane } from '../domain/kinds.ts';
import { acceptsCalls } from '../domain/key-state.ts';
import type { JobMemory } from './job-progress.ts';

type LivePhase = Extract<JobPhase, { kind: 'making' | 'retrying' | 'delivering' }>;

type LiveJob = {
  readonly abort: AbortController;
  phase: LivePhase;
  /** False while the text was shown a moment ago. */
  isTextDue?: boolean;
};

const textEveryMs = 1_000;
/** The in-memory state of jobs in this process: which ones run, their phase, and the memory of their calls. */
export class RunningJobs {
  readonly #running = new Map<JobId, LiveJob>();
  /** The phase of jobs that wait for their next attempt. */
  readonly #betweenAttempts = new Map<JobId, LivePhase>();
  readonly #memories = new Map<JobId, JobMemory>();
  readonly #onProgress: (id: JobId) => void;
  readonly #clock: Pick<Clock, 'schedule'>;

  constructor(onProgress: (id: JobId) => void, clock: Pick<Clock, 'schedule'>) {
    this.#onProgress = onProgress;
    this.#clock = clock;
  }

  get size(): number {
    return this.#running.size;
  }

  begin(id: JobId, of: number): AbortSignal {
    const abort = new AbortController();
    this.#betweenAttempts.delete(id);
    this.#running.set(id, { abort, phase: { kind: 'making', attempt: 1, of } });
    return abort.signal;
  }

  end(id: JobId): void {
    this.#running.delete(id);
  }

  /** Ends the turn of a job that retries by itself; its `retrying` phase stays visible until then. */
  pause(id: JobId): void {
    const phase = this.#running.get(id)?.phase;
    if (phase?.kind === 'retrying') this.#betweenAttempts.set(id, phase);
    this.end(id);
  }

  setPhase(id: JobId, phase: LivePhase): void {
    const live = this.#running.get(id);
    if (live === undefined) return;
    live.phase = phase;
    this.#onProgress(id);
  }

  /** Shows what has been written of an answer; not more often than once a second. */
  setText(id: JobId, text: string): void {
    const live = this.#running.get(id);
    if (live?.phase.kind !== 'making') return;
    live.phase = { ...live.phase, text };
    if (live.isTextDue !== false) this.#showText(id, live);
  }

  #showText(id: JobId, live: LiveJob): void {
    const { phase: shown } = live;
    live.isTextDue = false;
    this.#onProgress(id);
    this.#clock.schedule(textEveryMs, () => {
      live.isTextDue = true;
      if (live.phase !== shown && live.phase.kind === 'making' && this.#running.get(id) === live) {
        this.#showText(id, live);
      }
    });
  }

  /** Notes where a job that is being made stands with its provider. */
  setQueue(id: JobId, queue: ProviderQueue): void {
    const phase = this.#running.get(id)?.phase;
    if (phase?.kind === 'making') this.setPhase(id, { ...phase, queue });
  }

  phase(id: JobId): LivePhase | undefined {
    return this.#running.get(id)?.phase ?? this.#betweenAttempts.get(id);
  }

  /** The job's memory from earlier turns in this process. */
  memory(id: JobId): JobMemory | undefined {
    return this.#memories.get(id);
  }

  remember(id: JobId, memory: JobMemory): void {
    this.#memories.set(id, memory);
  }

  noteCode(id: JobId, code: JobFailureCode): void {
    const memory = this.#memories.get(id);
    if (memory !== undefined) memory.lastCode = code;
  }

  /** Drops the memory of a job that has ended. */
  forget(id: JobId): void {
    this.#memories.delete(id);
    this.#betweenAttempts.delete(id);
  }

  stop(id: JobId, why: 'cancelled' | 'closing'): void {
    this.#running.get(id)?.abort.abort(new JobStopped(why));
  }

  stopAll(): void {
    for (const id of this.#running.keys()) this.stop(id, 'closing');
  }
}

/** Why a running job stops; `fenced`: a newer lease owns the job. */
export class JobStopped extends Error {
  readonly why: 'cancelled' | 'closing' | 'fenced';

  constructor(why: JobStopped['why']) {
    super(`The job was stopped: ${why}`);
    this.name = 'JobStopped';
    this.why = why;
  }
}

/** True when the job's person cancelled it, or the program that asked has hung up. */
export function isCancelled({ reason }: Pick<AbortSignal, 'reason'>): boolean {
  return reason instanceof CallerGone || (reason instanceof JobStopped && reason.why === 'cancelled');
}

/** The write-ahead journal of one running job's calls. */
export type CallJournal = {
  /** Resolves when the call and every earlier entry is durable; false when a newer lease fences this one. */
  sent(trail: AttemptTrail): Promise<boolean>;
  /** As `sent`, for the answer to a call. */
  answered(trail: AttemptTrail, progress: Progress, answer: KnownAnswer): Promise<boolean>;
  /** As `sent`, for an operation that a provider has accepted. */
  submitted(trail: AttemptTrail, progress: Progress, operation: Operation): Promise<boolean>;
  /** Records how a call ended; only the next `sent` waits for it. */
  ended(trail: AttemptTrail): void;
  /** Records the job's progress; only the next `sent` waits for it. */
  checkpoint(progress: Progress): void;
};

/** Writes the journal to the job engine. Entries of one turn of the event loop share one commit. */
export function createCallJournal(queue: JobQueue, lease: JobLease): CallJournal {
  let unsettled: Promise<unknown> | undefined;
  const add = (note: Promise<unknown>) => {
    unsettled = unsettled === undefined ? note : Promise.all([unsettled, note]);
    // The next awaited entry rejects with the same error.
    unsettled.catch(() => undefined);
  };
  const withEarlier = async (kept: Promise<boolean>) => {
    const earlier = unsettled;
    unsettled = undefined;
    const [isKept] = await Promise.all([kept, earlier]);
    return isKept;
  };
  return {
    sent: (trail) => withEarlier(queue.recordCall(lease, trail)),
    answered: (trail, progress, answer) => withEarlier(queue.recordAnswer(lease, trail, progress, answer)),
    submitted: (trail, progress, operation) => withEarlier(queue.recordOperation(lease, trail, progress, operation)),
    ended: (trail) => add(queue.recordCall(lease, trail)),
    checkpoint: (progress) => add(queue.checkpoint(lease, progress)),
  };
}

/** What a job's view depends on beside the job itself. */
export type ViewContext = {
  /** Jobs of the line that start earlier. */
  readonly ahead: number;
  /** Its phase in this process. */
  readonly live: JobPhase | undefined;
  /** Asked only for a job that waits. */
  readonly pool: () => PoolView;
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
    ...(job.packResults === undefined ? {} : { isFromPack: true }),
    ageMs: context.nowMs - job.acceptedAtMs,
    ...(job.claimedAtMs === undefined ? {} : { beganAtMs: job.claimedAtMs }),
  };
}

function phaseOf(job: Job, context: ViewContext): JobPhase {
  const { state, progress } = job;
  const { ahead, live, nowMs } = context;
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
      const pool = context.pool();
      const untilMs = cooldownUntilMs(availabilityOf(pool.keys));
      return untilMs === undefined
        ? queuedPhase(job, context, pool)
        : { kind: 'paused', ahead, inMs: Math.max(0, untilMs - nowMs) };
    }
  }
}

function queuedPhase(
  { progress, claimedAtMs, origin: { chatType } }: Job,
  { ahead, isBehindOwn }: ViewContext,
  pool: PoolView,
): JobPhase {
  const callMs = measuredCallMs(pool);
  const isFree = ahead === 0 && freeSeats(pool) > 0;
  const inMs = callMs === undefined || isFree ? undefined : expectedWaitMs(ahead + 1, pool);
  const estimate = inMs === undefined || isBehindOwn ? {} : { inMs };
  if (ahead > 0) return { kind: 'queued', ahead, ...estimate };
  if (isBehindOwn) return { kind: 'queued', ahead, next: chatType === 'group' ? 'group-request' : 'own-request' };
  if (progress.calls > 0 || claimedAtMs !== undefined) return { kind: 'queued', ahead, next: 'again', ...estimate };
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

/** True when the person of a waiting job, or the group it was asked in, has as many requests running as their lane allows. */
export async function isBehindOwn(
  { origin, lane }: Job,
  reader: Pick<JobReader, 'runningOf'>,
  running: Readonly<Record<Lane, number>>,
): Promise<boolean> {
  return (await reader.runningOf(turnOf(origin))) >= running[lane];
}
