import type { JobId } from '../domain/ids.ts';
import type { JobPhase } from '../domain/views.ts';
import type { JobFailureCode } from './retry-rules.ts';

/** Why a running job's signal was aborted. */
export class JobStopped extends Error {
  readonly why: 'cancelled' | 'closing';

  constructor(why: 'cancelled' | 'closing') {
    super(`The job was stopped: ${why}`);
    this.name = 'JobStopped';
    this.why = why;
  }
}

type LivePhase = Extract<JobPhase, { kind: 'making' | 'retrying' | 'delivering' }>;

type LiveJob = {
  readonly abort: AbortController;
  phase: LivePhase;
};

/** What this process knows of jobs beyond the engine: which run here, how far they are, what they failed with last. */
export class LiveJobs {
  readonly #running = new Map<JobId, LiveJob>();
  /** What is told of jobs that wait for their next attempt. */
  readonly #betweenAttempts = new Map<JobId, LivePhase>();
  readonly #lastCodes = new Map<JobId, JobFailureCode>();
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

  /** The job no longer runs but goes on by itself: what was told of it stays true until then. */
  pause(id: JobId): void {
    const live = this.#running.get(id);
    if (live !== undefined) this.#betweenAttempts.set(id, live.phase);
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

  noteCode(id: JobId, code: JobFailureCode): void {
    this.#lastCodes.set(id, code);
  }

  lastCode(id: JobId): JobFailureCode | undefined {
    return this.#lastCodes.get(id);
  }

  /** The job has ended for good. */
  forget(id: JobId): void {
    this.#lastCodes.delete(id);
    this.#betweenAttempts.delete(id);
  }

  stop(id: JobId, why: 'cancelled' | 'closing'): void {
    this.#running.get(id)?.abort.abort(new JobStopped(why));
  }

  stopAll(): void {
    for (const id of this.#running.keys()) this.stop(id, 'closing');
  }
}
