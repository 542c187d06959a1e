import type { Candidate, Chains } from '../domain/candidate.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KeyId } from '../domain/ids.ts';
import type { Job, JobKind, ParkReason, Progress } from '../domain/job.ts';
import type { MediaSource } from '../domain/media.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { KeyPool } from '../keys/key-pool.ts';
import type { Lease, SeatAnswer } from '../keys/lease.ts';
import type { Random } from '../kit/random.ts';
import { type CallTools, callOnce } from './call-once.ts';
import { candidatesFor } from './model-options.ts';
import { type ModelRest, modelRestMs } from './model-rest.ts';
import type { JobFailureCode } from './retry-rules.ts';
import { codeFor, decide, longestInsideWaitMs, mostCalls } from './retry-rules.ts';

/** How a job's turn in its slot ended. */
export type TurnEnding =
  | {
      readonly kind: 'answered';
      readonly source: MediaSource;
      readonly candidate: Candidate;
      readonly progress: Progress;
    }
  | { readonly kind: 'failed'; readonly code: JobFailureCode; readonly calls: number }
  | {
      readonly kind: 'parked';
      readonly line: ProviderName;
      readonly readyAtMs: number;
      readonly reason: ParkReason;
      readonly progress: Progress;
    };

/** What the loop works with, the same for every job. */
export type LoopTools = CallTools & {
  readonly pool: KeyPool;
  readonly chains: Chains;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  readonly random: Random;
  readonly resting: ModelRest;
};

export type AttemptTools = LoopTools & {
  /** Keeps what was used up, before the next wait. */
  readonly checkpoint: (progress: Progress) => Promise<unknown>;
  /** What the job failed with last, when it has been here before. */
  readonly lastCode: JobFailureCode | undefined;
  readonly onAttempt: (attempt: number) => void;
  readonly onFailure: (failure: AttemptFailure, nextAttempt: number) => void;
};

/** A key that serves only other models was free: look again after this long. */
const otherModelsWaitMs = 2_000;

/**
 * One turn of a job: calls candidate after candidate and key after key until there is an answer, a failure that no
 * further try mends, or a wait too long for a slot. `seat` is the seat with which the job was claimed; nothing is
 * waited for on the pool. Throws the signal's reason when the job was cancelled or the house closes.
 */
export async function runAttempts(
  job: Job,
  seat: Lease | undefined,
  signal: AbortSignal,
  tools: AttemptTools,
): Promise<TurnEnding> {
  const { clock, pool, rules } = tools;
  const chain = candidatesFor(tools.chains[job.kind], job.options);
  const deadlineAtMs = (job.claimedAtMs ?? clock.now()) + tools.deadlineMs[job.kind];
  const tried = new Set<KeyId>();
  let { candidate: index, attempts, calls } = job.progress;
  let inHand = seat;
  let lastCode: JobFailureCode = tools.lastCode ?? 'busy';
  const progress = (): Progress => ({ candidate: index, attempts, calls });
  const parked = (line: ProviderName, readyAtMs: number, reason: ParkReason): TurnEnding => ({
    kind: 'parked',
    line,
    readyAtMs,
    reason,
    progress: progress(),
  });
  const failed = (code: JobFailureCode): TurnEnding => ({ kind: 'failed', code, calls });
  // The chain was another one when the job was accepted.
  if (chain.length === 0) lastCode = 'model-unavailable';
  const nextCandidate = () => {
    index += 1;
    attempts = 0;
    tried.clear();
  };

  try {
    for (;;) {
      signal.throwIfAborted();
      const candidate = chain[index];
      if (candidate === undefined) return failed(lastCode);
      if (tools.resting.isResting(candidate) && index < chain.length - 1) {
        nextCandidate();
        continue;
      }
      if (candidate.provider !== job.line) return parked(candidate.provider, clock.now(), 'next-candidate');
      const leftMs = deadlineAtMs - clock.now();
      if (calls >= mostCalls || leftMs <= 0) return failed(lastCode);
      // A retry that cannot finish inside the job's deadline is not begun.
      if (attempts > 0 && leftMs < tools.timeoutMs[job.kind]) return failed(lastCode);

      const inVain = inHand !== undefined && !isFor(inHand, candidate);
      const answer = seatFor(candidate, inHand, tried, pool);
      inHand = undefined;
      // Where every key carries a call, the line hands the job out again with the first seat that comes back.
      if (answer.kind === 'busy') return parked(job.line, clock.now() + (inVain ? otherModelsWaitMs : 0), 'keys-busy');
      if (answer.kind === 'cooling') {
        if (answer.untilMs >= deadlineAtMs) return failed('busy');
        return parked(job.line, answer.untilMs, 'keys-cooling');
      }
      if (answer.kind !== 'seat') {
        lastCode =
          answer.kind === 'benched' && answer.reason === 'out-of-credit' ? 'out-of-credit' : 'keys-being-set-up';
        nextCandidate();
        continue;
      }

      calls += 1;
      tools.onAttempt(attempts + 1);
      const reply = await callOnce(job, candidate, answer.lease, attempts + 1, leftMs, signal, tools);
      if (reply.ok) return { kind: 'answered', source: reply.source, candidate, progress: progress() };
      const { failure } = reply;
      tried.add(answer.lease.keyId);
      lastCode = codeFor(failure);
      if (failure.blame === 'provider') attempts += 1;
      tools.onFailure(failure, attempts + 1);
      await tools.checkpoint(progress());
      const decision = decide(failure, attempts, rules, tools.random);
      if (decision.kind === 'give-up') return failed(decision.code);
      if (decision.kind === 'next-candidate') {
        if (decision.restModel) {
          tools.resting.rest(candidate);
          tools.tell({ event: 'model.resting', ...candidate, forMs: modelRestMs });
        }
        nextCandidate();
      }
      if (decision.kind === 'back-off') {
        if (decision.ms > longestInsideWaitMs) return parked(job.line, clock.now() + decision.ms, 'backing-off');
        await clock.sleep(decision.ms, signal);
      }
    }
  } finally {
    inHand?.release({ kind: 'unused' });
  }
}

function seatFor(
  candidate: Candidate,
  inHand: Lease | undefined,
  tried: ReadonlySet<KeyId>,
  pool: KeyPool,
): SeatAnswer {
  if (inHand !== undefined) {
    if (isFor(inHand, candidate)) return { kind: 'seat', lease: inHand };
    inHand.release({ kind: 'unused' });
  }
  return pool.lease(candidate.provider, { model: candidate.model, avoid: tried });
}

function isFor({ onlyModel }: Lease, { model }: Candidate): boolean {
  return onlyModel === undefined || onlyModel === model;
}
