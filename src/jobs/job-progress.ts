import type { AttemptTrail } from '../domain/attempt-trail.ts';
import { benches, type JobMemory, refusalCode } from './job-memory.ts';
import type { Candidate, Job, ParkReason, Progress } from '../domain/job.ts';
import type { KeyId, ProviderName, JobId } from '../domain/ids.ts';
import { codeFor, type JobFailureCode, maxCalls } from './retry-policy.ts';
import { type AttemptFailure, isDoubtful } from '../domain/failure.ts';
import type { ProviderQueue, ReplySource } from '../domain/provider.ts';
import type { JobPhase } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';

/** How one turn of a job ended. */
export type TurnEnding =
  | {
      readonly kind: 'answered';
      readonly source: ReplySource;
      readonly candidate: Candidate;
      readonly progress: Progress;
      /** The call that was answered; stored together with the answer. */
      readonly trail: AttemptTrail;
    }
  | { readonly kind: 'failed'; readonly code: JobFailureCode; readonly calls: number; readonly againAtMs?: number }
  | {
      readonly kind: 'parked';
      readonly line: ProviderName;
      readonly readyAtMs: number;
      readonly reason: ParkReason;
      readonly progress: Progress;
    };

/** A job's position in its chain: the current candidate, its attempts and its calls. Synchronous, without I/O. */
export class ChainProgress {
  #chain: readonly Candidate[];
  readonly #memory: JobMemory;
  #index: number;
  #attempts: number;
  #calls: number;
  #probes: number;

  constructor({ progress }: Job, chain: readonly Candidate[], memory: JobMemory) {
    this.#chain = chain;
    this.#memory = memory;
    this.#index = progress.candidate;
    this.#attempts = progress.attempts;
    this.#calls = progress.calls;
    this.#probes = progress.probes ?? 0;
    // The chain has changed since the job was accepted.
    if (chain.length === 0) memory.lastCode = 'model-unavailable';
  }

  get candidate(): Candidate | undefined {
    return this.#chain[this.#index];
  }

  get isAtLast(): boolean {
    return this.#index >= this.#chain.length - 1;
  }

  /** Attempts on the current candidate. */
  get attempts(): number {
    return this.#attempts;
  }

  /** True when the current candidate has not been called yet. */
  get isFirstCall(): boolean {
    return this.#attempts === 0 && this.#memory.failedWith.size === 0;
  }

  get hasCalledEnough(): boolean {
    return this.#calls - this.#probes >= maxCalls;
  }

  progress(): Progress {
    const spent = { candidate: this.#index, attempts: this.#attempts, calls: this.#calls };
    return this.#probes === 0 ? spent : { ...spent, probes: this.#probes };
  }

  /** Counts the call that is sent now; returns its number. */
  call(): number {
    return (this.#calls += 1);
  }

  /** Records a failure. A provider fault costs an attempt, unless the provider was known to be down. */
  consumeAttempt(failure: AttemptFailure, keyId: KeyId, providerDown: boolean, sentAtMonotonicMs: number): void {
    this.#memory.failedWith.add(keyId);
    const { candidate } = this;
    if (!isDoubtful(failure)) {
      if (benches(failure.reason)) this.#memory.benched.add(keyId);
    } else if (candidate !== undefined && !providerDown) {
      const refusal = { keyId, candidate, reason: failure.reason, sentAtMonotonicMs };
      this.#memory.refusals = [...this.#memory.refusals, refusal];
      this.#memory.benched.add(keyId);
    }
    this.#memory.lastCode = isDoubtful(failure) ? refusalCode([failure]) : codeFor(failure.reason);
    this.#memory.againAtMs = undefined;
    this.#memory.hasTimedOut ||= failure.reason === 'timed-out';
    if (failure.blame !== 'provider' || (isDoubtful(failure) && !providerDown)) return;
    if (providerDown) this.#probes += 1;
    else this.#attempts += 1;
  }

  /** Goes on with the next candidate, or with another model in the place of this one. */
  nextCandidate(instead?: Candidate): void {
    this.#goTo(this.#index + (instead === undefined ? 1 : 0));
    if (instead !== undefined) this.#chain = this.#chain.with(this.#index, instead);
  }

  /** The first later candidate that matches. */
  next(matches: (candidate: Candidate) => boolean): Candidate | undefined {
    return this.#chain.find((candidate, at) => at > this.#index && matches(candidate));
  }

  /** Moves to a later candidate because of a wait; `comeBack` returns to the first of those that were left so. */
  leaveFor(later: Candidate, readyAtMs: number, reason: ParkReason): void {
    const { wait } = this.#memory;
    const isFirst = wait === undefined || readyAtMs < wait.readyAtMs;
    if (isFirst) this.#memory.wait = { index: this.#index, attempts: this.#attempts, readyAtMs, reason };
    this.skipTo((candidate) => candidate === later);
  }

  /** Parks the job for the candidate that it left, unless it would be ready too late. */
  comeBack(latestMs: number): TurnEnding | undefined {
    const { wait } = this.#memory;
    this.#memory.wait = undefined;
    if (wait === undefined || wait.readyAtMs > latestMs) return undefined;
    this.#goTo(wait.index);
    this.#attempts = wait.attempts;
    const line = this.candidate?.provider;
    return line === undefined ? undefined : this.parked(line, wait.readyAtMs, wait.reason);
  }

  /** Starts the chain again. */
  restart(): void {
    this.#goTo(0);
  }

  /** Moves past a candidate whose keys cannot serve; `againAtMs` is when the first of them may. */
  skipCandidate(code: JobFailureCode, againAtMs: number | undefined): void {
    const soonest = Math.min(againAtMs ?? Infinity, this.#memory.againAtMs ?? Infinity);
    this.#memory.lastCode = code;
    this.#memory.againAtMs = Number.isFinite(soonest) ? soonest : undefined;
    this.nextCandidate();
  }

  /** Moves to the first later candidate that matches; stays and returns false when there is none. */
  skipTo(matches: (candidate: Candidate) => boolean): boolean {
    const index = this.#chain.findIndex((candidate, at) => at > this.#index && matches(candidate));
    if (index >= 0) this.#goTo(index);
    return index >= 0;
  }

  /** Moves to the provider's next model in turn, so that probes of a provider that is down vary the model. */
  rotate(provider: ProviderName): void {
    const own = [...this.#chain.keys()].filter((at) => this.#chain[at]?.provider === provider);
    const next = own.find((at) => at > this.#index) ?? own[0];
    if (next !== undefined && next !== this.#index) this.#goTo(next);
  }

  failed(code: JobFailureCode = this.#memory.lastCode ?? 'busy'): TurnEnding {
    const { againAtMs } = this.#memory;
    return { kind: 'failed', code, calls: this.#calls, ...(againAtMs === undefined ? {} : { againAtMs }) };
  }

  parked(line: ProviderName, readyAtMs: number, reason: ParkReason): TurnEnding {
    return { kind: 'parked', line, readyAtMs, reason, progress: this.progress() };
  }

  #goTo(index: number): void {
    this.#index = index;
    this.#attempts = 0;
    this.#memory.failedWith.clear();
  }
}

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

/** True when the job's person cancelled it. */
export function isCancelled({ reason }: AbortSignal): boolean {
  return reason instanceof JobStopped && reason.why === 'cancelled';
}
