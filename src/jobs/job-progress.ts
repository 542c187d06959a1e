import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { Candidate, Job, ParkReason, Progress } from '../domain/job.ts';
import type { KeyId, ProviderName } from '../domain/ids.ts';
import type { JobReader } from '../domain/job-engine.ts';
import { codeFor, type JobFailureCode, mostCalls } from './retry-policy.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { ReplySource } from '../domain/provider.ts';

/** What is known of an unfinished job beyond its progress, from one turn to the next. */
export type JobMemory = {
  /** What it failed with last. */
  lastCode: JobFailureCode | undefined;
  /** When it is worth asking again, as far as its keys say. */
  againAtMs: number | undefined;
  /** Keys that failed it on its current candidate. */
  readonly failedWith: Set<KeyId>;
  hasTimedOut: boolean;
  lastCallEndedMs: number | undefined;
};

export function freshMemory(): JobMemory {
  return {
    lastCode: undefined,
    againAtMs: undefined,
    failedWith: new Set(),
    hasTimedOut: false,
    lastCallEndedMs: undefined,
  };
}

/** The memory of a job that another process has worked on, from the calls that it made. */
export function recalled(trail: readonly AttemptTrail[], candidate: Candidate | undefined): JobMemory {
  const memory = freshMemory();
  for (const { ending, candidate: asked, keyId, startedAtMs } of trail) {
    memory.lastCallEndedMs = startedAtMs + ('ms' in ending ? ending.ms : 0);
    if (ending.kind !== 'failed') continue;
    memory.lastCode = codeFor(ending.reason);
    memory.hasTimedOut ||= ending.reason === 'timed-out';
    if (asked.provider === candidate?.provider && asked.model === candidate.model) memory.failedWith.add(keyId);
  }
  return memory;
}

/** What this or another process has learned of the job. */
export async function memoryOf(
  { id, progress }: Job,
  reader: Pick<JobReader, 'trailOf'>,
  chain: readonly Candidate[],
): Promise<JobMemory> {
  return progress.calls === 0 ? freshMemory() : recalled(await reader.trailOf(id), chain[progress.candidate]);
}

/** How a job's turn in its slot ended. */
export type TurnEnding =
  | {
      readonly kind: 'answered';
      readonly source: ReplySource;
      readonly candidate: Candidate;
      readonly progress: Progress;
      /** Of the call that was answered; to be kept with what becomes of the answer. */
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

/** Where a job is on its way along its chain: which candidate, and what was spent. Pure bookkeeping, nothing waits. */
export class ChainProgress {
  readonly #chain: readonly Candidate[];
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
    // The chain was another one when the job was accepted.
    if (chain.length === 0) memory.lastCode = 'model-unavailable';
  }

  get candidate(): Candidate | undefined {
    return this.#chain[this.#index];
  }

  get isAtLast(): boolean {
    return this.#index >= this.#chain.length - 1;
  }

  /** Spent on the current candidate. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Has nothing been tried with the current candidate yet? */
  get isFirstCall(): boolean {
    return this.#attempts === 0 && this.#memory.failedWith.size === 0;
  }

  get hasCalledEnough(): boolean {
    return this.#calls - this.#probes >= mostCalls;
  }

  progress(): Progress {
    const spent = { candidate: this.#index, attempts: this.#attempts, calls: this.#calls };
    return this.#probes === 0 ? spent : { ...spent, probes: this.#probes };
  }

  /** Counts the call that goes out now; answers its number. */
  call(): number {
    this.#calls += 1;
    return this.#calls;
  }

  /** What a failure costs: an attempt when it is the provider's fault, unless that was known to be silent. */
  consumeAttempt(failure: AttemptFailure, keyId: KeyId, providerDown: boolean): void {
    this.#memory.failedWith.add(keyId);
    this.#memory.lastCode = codeFor(failure.reason);
    this.#memory.againAtMs = undefined;
    this.#memory.hasTimedOut ||= failure.reason === 'timed-out';
    if (failure.blame !== 'provider') return;
    if (providerDown) this.#probes += 1;
    else this.#attempts += 1;
  }

  nextCandidate(): void {
    this.#goTo(this.#index + 1);
  }

  /** Leaves a candidate whose keys cannot serve; `againAtMs` is when the first of them may. */
  skipCandidate(code: JobFailureCode, againAtMs: number | undefined): void {
    const soonest = Math.min(againAtMs ?? Infinity, this.#memory.againAtMs ?? Infinity);
    this.#memory.lastCode = code;
    this.#memory.againAtMs = Number.isFinite(soonest) ? soonest : undefined;
    this.nextCandidate();
  }

  /** Goes on to the first later candidate that will do; stays and answers false when there is none. */
  skipTo(willDo: (candidate: Candidate) => boolean): boolean {
    const index = this.#chain.findIndex((candidate, at) => at > this.#index && willDo(candidate));
    if (index >= 0) this.#goTo(index);
    return index >= 0;
  }

  /** Goes round the provider's models, so that the next question to a silent one is not always about the same. */
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
