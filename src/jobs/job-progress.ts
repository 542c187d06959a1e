import type { AttemptTrail } from '../domain/attempt-trail.ts';
import { type FailureReason, isDoubtful, type AttemptFailure } from '../domain/failure.ts';
import type { KeyId, ProviderName } from '../domain/ids.ts';
import type { JobReader } from '../domain/job-engine.ts';
import { type Candidate, candidateName, type Job, type ParkReason, type Progress } from '../domain/job.ts';
import { type JobFailureCode, codeFor, maxCalls } from './retry-policy.ts';
import type { ReplySource } from '../domain/provider.ts';

/** A refusal whose cause may be the request, the key or the provider. */
type Refusal = {
  readonly keyId: KeyId;
  readonly candidate: Candidate;
  readonly reason: FailureReason;
  /** When its call was sent; absent when another process sent it. */
  readonly sentAtMonotonicMs?: number;
};

/** A candidate that may serve the job later. */
type Wait = {
  /** Its place in the chain. */
  readonly index: number;
  readonly attempts: number;
  readonly readyAtMs: number;
  readonly reason: ParkReason;
};

/** A call that failed as those to a provider which is down do. */
export type OutageCall = {
  readonly keyId: KeyId;
  readonly candidate: Candidate;
  readonly reason: FailureReason;
  readonly startedAtMonotonicMs: number;
};

/** The state of an unfinished job that carries over between turns, beyond its stored progress. */
export type JobMemory = {
  /** The code of its last failure. */
  lastCode: JobFailureCode | undefined;
  /** When a key may serve the job again, if known. */
  againAtMs: number | undefined;
  /** Keys that failed it on its current candidate. */
  readonly failedWith: Set<KeyId>;
  /** Its doubtful refusals, of all candidates. */
  refusals: readonly Refusal[];
  /** Keys that its refusals took out of use. */
  readonly benched: Set<KeyId>;
  /** The first of the candidates that it left because of a wait. */
  wait: Wait | undefined;
  /** Its calls that failed as those to a provider which is down do. */
  readonly outageCalls: OutageCall[];
  hasTimedOut: boolean;
  lastCallEndedMs: number | undefined;
  /** Its last call, where the process that made it ended before it knew the answer. */
  lost: AttemptTrail | undefined;
};

export function emptyMemory(): JobMemory {
  return {
    lastCode: undefined,
    againAtMs: undefined,
    failedWith: new Set(),
    refusals: [],
    benched: new Set(),
    wait: undefined,
    outageCalls: [],
    hasTimedOut: false,
    lastCallEndedMs: undefined,
    lost: undefined,
  };
}

/** Restores the memory of a job from the calls that another process made. */
export function restoreMemory(trail: readonly AttemptTrail[], candidate: Candidate | undefined): JobMemory {
  const memory = emptyMemory();
  const last = trail.at(-1);
  memory.lost = last?.ending.kind === 'sent' || last?.ending.kind === 'broken-off' ? last : undefined;
  for (const { ending, candidate: asked, keyId, startedAtMs } of trail) {
    memory.lastCallEndedMs = startedAtMs + ('ms' in ending ? ending.ms : 0);
    if (ending.kind !== 'failed') continue;
    memory.lastCode = codeFor(ending.reason);
    memory.hasTimedOut ||= ending.reason === 'timed-out';
    if (isDoubtful(ending)) memory.refusals = [...memory.refusals, { keyId, candidate: asked, reason: ending.reason }];
    else if (benches(ending.reason)) memory.benched.add(keyId);
    if (asked.provider === candidate?.provider && asked.model === candidate.model) memory.failedWith.add(keyId);
  }
  return memory;
}

const none: ReadonlySet<KeyId> = new Set();

/** The keys that refused the job on this candidate. */
export function keysRefusing({ refusals }: JobMemory, candidate: Candidate): ReadonlySet<KeyId> {
  if (refusals.length === 0) return none;
  const name = candidateName(candidate);
  return new Set(refusals.flatMap((one) => (candidateName(one.candidate) === name ? [one.keyId] : [])));
}

const maxKept = 50;
/** A failed run or an unreadable answer may be the request's own fault; these are not. */
export const plainOutages: ReadonlySet<FailureReason> = new Set(['overloaded', 'unreachable', 'blocks-this-machine']);
const outages: ReadonlySet<FailureReason> = new Set([...plainOutages, 'malformed', 'failed-run']);

/** Records a call that failed as those to a provider which is down do. */
export function noteOutage({ outageCalls }: JobMemory, call: OutageCall): void {
  if (outages.has(call.reason) && outageCalls.length < maxKept) outageCalls.push(call);
}

/** How the job ends when its doubtful refusals turn out to be its own fault. */
export function refusalCode(refusals: readonly Pick<Refusal, 'reason'>[]): JobFailureCode {
  return refusals.every(({ reason }) => reason === 'bad-request') ? 'bad-request' : 'refused';
}

/** True when the refusal may take its key out of use. */
export function benches(reason: FailureReason): boolean {
  return reason === 'rejected' || reason === 'out-of-credit';
}

/** Returns the job's memory, restored from its stored calls if there are any. */
export async function loadMemory(
  { id, progress }: Job,
  reader: Pick<JobReader, 'trailOf'>,
  chain: readonly Candidate[],
): Promise<JobMemory> {
  return progress.calls === 0 ? emptyMemory() : restoreMemory(await reader.trailOf(id), chain[progress.candidate]);
}

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
