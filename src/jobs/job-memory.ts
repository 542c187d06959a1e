import type { AttemptTrail } from '../domain/attempt-trail.ts';
import { type FailureReason, isDoubtful } from '../domain/failure.ts';
import type { KeyId } from '../domain/ids.ts';
import type { JobLease, JobQueue, JobReader, KnownAnswer } from '../domain/job-engine.ts';
import { type Candidate, candidateName, type Job, type ParkReason, type Progress } from '../domain/job.ts';
import type { Operation } from '../domain/provider.ts';
import { type JobFailureCode, codeFor } from './retry-policy.ts';

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
