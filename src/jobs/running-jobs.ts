import type { JobId } from '../domain/ids.ts';
import type { JobPhase } from '../domain/views.ts';
import type { JobMemory } from './job-progress.ts';
import type { JobFailureCode } from './retry-policy.ts';

type LivePhase = Extract<JobPhase, { kind: 'making' | 'retrying' | 'delivering' }>;

type LiveJob = {
  readonly abort: AbortController;
  phase: LivePhase;
};

/** The in-memory state of jobs in this process: which ones run, their phase, and the memory of their calls. */
export class RunningJobs {
  readonly #running = new Map<JobId, LiveJob>();
  /** The phase of jobs that wait for their next attempt. */
  readonly #betweenAttempts = new Map<JobId, LivePhase>();
  readonly #memories = new Map<JobId, JobMemory>();
  readonly #onProgress: (id: JobId) => void;

  constructor(onProgress: (id: JobId) => void) {
    this.#onProgress = onProgress;
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

/** True when the job's person cancelled it. */
export function isCancelled({ reason }: AbortSignal): boolean {
  return reason instanceof JobStopped && reason.why === 'cancelled';
}
