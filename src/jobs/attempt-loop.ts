import type { Candidate, Job, Chains, JobKind } from '../domain/job.ts';
import type { KeyId, ProviderName } from '../domain/ids.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { KeyLeases, Lease, SeatAnswer, SeatRequest } from '../domain/key-leases.ts';
import type { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { everyMechanism, type Mechanisms } from '../domain/mechanisms.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KnownOperation } from '../domain/job-engine.ts';
import type { Random } from '../kit/backoff.ts';
import { type CallJournal, callProvider, type CallTools } from './call-provider.ts';
import { ChainProgress, type TurnEnding, type JobMemory } from './job-progress.ts';
import { candidatesFor } from './request/request-options.ts';
import type { ModelCooldowns } from './circuit-breaker/breakers.ts';
import { resumeOperation } from './resume-operation.ts';
import { decide, longestInsideWaitMs } from './retry-policy.ts';

/** What the attempts of a job ask of the pool. */
export type AttemptPool = Pick<KeyLeases, 'acquire' | 'resume'> & Pick<KeyPool, 'expectedMs' | 'latency'>;

export type KeyRequest = {
  readonly job: Job;
  readonly candidate: Candidate;
  /** Keys that failed the job on this candidate: taken only when there is no other. */
  readonly failedWith: ReadonlySet<KeyId>;
  /** What is left of the job's deadline. */
  readonly leftMs: number;
};

/**
 * A seat for the job's next call: the one in hand if it will do, else another, or why there is none. When it rejects,
 * what was in hand still is, unless it was given back.
 */
export function leaseKey(wish: KeyRequest, inHand: Lease | undefined, pool: AttemptPool): Promise<SeatAnswer> {
  // Every call passes by here: one more async function around it would be one more promise.
  return inHand === undefined ? askFor(wish, pool) : betterThan(inHand, wish, pool);
}

async function betterThan(inHand: Lease, wish: KeyRequest, pool: AttemptPool): Promise<SeatAnswer> {
  if (!inHand.serves(wish.candidate.model)) {
    inHand.release({ kind: 'unused' });
    return askFor(wish, pool);
  }
  const other = wish.failedWith.has(inHand.keyId) ? await freshSeat(wish, pool) : undefined;
  if (other !== undefined) inHand.release({ kind: 'unused' });
  return { kind: 'seat', lease: other ?? inHand };
}

/**
 * A seat for a retry at once, after a fault that may have been the failing key's own: it has to be of another key whose
 * last call was a success of late, and no key but those that failed this job may have failed since the provider's last
 * success. Where others fail too, the fault is the provider's, and the job's attempts would be gone within milliseconds.
 */
export async function healthySeat(
  wish: KeyRequest,
  pool: AttemptPool,
  breaker: CircuitBreaker | undefined,
): Promise<Lease | undefined> {
  if (breaker === undefined || !breaker.mayBlame(wish.failedWith)) return undefined;
  const lease = await freshSeat(wish, pool);
  if (lease === undefined || breaker.isHealthy(lease.keyId)) return lease;
  lease.release({ kind: 'unused' });
  return undefined;
}

/** A seat of a key that has not failed the job on this candidate, if one is free. */
async function freshSeat(wish: KeyRequest, pool: AttemptPool): Promise<Lease | undefined> {
  const answer = await pool.acquire(wish.candidate.provider, requestFor(wish));
  if (answer.kind !== 'seat') return undefined;
  if (!wish.failedWith.has(answer.lease.keyId)) return answer.lease;
  answer.lease.release({ kind: 'unused' });
  return undefined;
}

async function askFor(wish: KeyRequest, pool: AttemptPool): Promise<SeatAnswer> {
  const request = requestFor(wish);
  const answer = await pool.acquire(wish.candidate.provider, request);
  if (answer.kind !== 'slow') return answer;
  // The next fast seat may be a whole call away, and then the job's own call follows.
  if (wish.leftMs >= 2 * answer.fastMs) return { kind: 'busy' };
  return pool.acquire(wish.candidate.provider, { ...request, evenSlow: true });
}

function requestFor({ job, candidate, failedWith }: KeyRequest): SeatRequest {
  return { model: candidate.model, job: job.kind, avoid: failedWith };
}

/** So many calls have to be measured before their slowest say how long to wait for one. */
const enoughSamples = 20;

export type TimeoutFacts = {
  /** The longest that one call may take. */
  readonly capMs: number;
  /** What is left of the job's deadline. */
  readonly leftMs: number;
  readonly latency: { readonly samples: number; readonly p99Ms: number } | undefined;
  /** The job has timed out before: its model may be starting cold, and gets all the time there is. */
  readonly hasTimedOut: boolean;
};

/** How long one call may take: three times what all but the slowest take, a quarter of the cap at least. */
export function attemptTimeoutMs({ capMs, leftMs, latency, hasTimedOut }: TimeoutFacts): number {
  const isKnown = latency !== undefined && latency.samples >= enoughSamples && !hasTimedOut;
  const patienceMs = isKnown ? Math.max(capMs / 4, 3 * latency.p99Ms) : capMs;
  return Math.min(capMs, patienceMs, leftMs);
}

/** What the loop works with, the same for every job. */
export type LoopTools = CallTools & {
  readonly pool: AttemptPool;
  readonly chains: Chains;
  /** The longest that one call may take. */
  readonly timeoutMs: Readonly<Record<JobKind, number>>;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  readonly random: Random;
  readonly resting: ModelCooldowns;
  /** All of them, when absent. */
  readonly mechanisms?: Mechanisms;
};

const noKeys: ReadonlySet<KeyId> = new Set();

export type AttemptTools = LoopTools & {
  readonly memory: JobMemory;
  readonly journal: CallJournal;
  /** What a provider has been working on since an earlier turn. */
  readonly operation?: KnownOperation | undefined;
  readonly onAttempt: (attempt: number) => void;
  readonly onFailure: (failure: AttemptFailure, nextAttempt: number) => void;
};

/** A key that serves only other models was free: look again after this long. */
const otherModelsWaitMs = 2_000;

/**
 * One turn of a job: calls candidate after candidate and key after key until there is an answer, a failure that no
 * further try mends, or a wait too long for a slot. `seat` is the seat with which the job was claimed; nothing is
 * waited for on the pool. Throws the signal's reason when the job was cancelled or the house closes.
 *
 * A silent provider (see Breaker) is asked by one job at a time: the others go on to the next candidate that is not
 * silent, or park until the next probe.
 */
export async function runAttempts(
  job: Job,
  seat: Lease | undefined,
  signal: AbortSignal,
  tools: AttemptTools,
): Promise<TurnEnding> {
  const { clock, pool, memory, journal, breakers, mechanisms = everyMechanism } = tools;
  const progress = new ChainProgress(job, candidatesFor(tools.chains[job.kind], job.options, tools.models), memory);
  const nowMs = clock.now();
  const deadlineMonotonicMs = clock.monotonicMs() + (job.claimedAtMs ?? nowMs) + tools.deadlineMs[job.kind] - nowMs;
  const isDown = ({ provider }: Candidate) => breakers.get(provider)?.isOpen === true;
  const isPassedOver = (candidate: Candidate) => tools.resting.isResting(candidate) && !progress.isAtLast;
  let inHand = seat;
  let foundProviderDown = false;

  try {
    if (tools.operation !== undefined) {
      inHand?.release({ kind: 'unused' });
      inHand = undefined;
      const ending = await resumeOperation(job, tools.operation, progress, deadlineMonotonicMs, signal, tools);
      if (ending !== undefined) return ending;
    }
    for (;;) {
      signal.throwIfAborted();
      const { candidate } = progress;
      const leftMs = deadlineMonotonicMs - clock.monotonicMs();
      if (candidate === undefined || leftMs <= 0 || progress.hasCalledEnough) return progress.failed();
      if (isPassedOver(candidate)) {
        progress.nextCandidate();
        continue;
      }
      const breaker = breakers.get(candidate.provider);
      const mustWait = breaker !== undefined && breaker.isOpen && !breaker.mayProbe;
      if (mustWait && progress.skipTo((later) => !isDown(later))) continue;
      if (candidate.provider !== job.line) return progress.parked(candidate.provider, clock.now(), 'next-candidate');
      if (mustWait) {
        // Silent for longer than this job would wait for it: who comes now is told so instead of waiting as long again.
        if (breaker.openForMs >= tools.deadlineMs[job.kind]) return progress.failed(memory.lastCode ?? 'provider-down');
        if (foundProviderDown) progress.rotate(candidate.provider);
        return progress.parked(job.line, clock.now() + breaker.probeInMs, 'provider-silent');
      }
      // An attempt that cannot end inside the job's deadline is not begun.
      const expectedMs = pool.expectedMs(candidate.provider, candidate.model, job.kind) ?? 0;
      if (expectedMs > leftMs) {
        progress.nextCandidate();
        continue;
      }

      const failedWith = mechanisms.avoidFailedKeys ? memory.failedWith : noKeys;
      const wish: KeyRequest = { job, candidate, failedWith, leftMs };
      const wasInVain = inHand?.serves(candidate.model) === false;
      const answer = await leaseKey(wish, inHand, pool);
      inHand = answer.kind === 'seat' ? answer.lease : undefined;
      signal.throwIfAborted();
      if (answer.kind !== 'seat') {
        const ending = withoutSeat(answer, progress, job.line, wasInVain, clock.now() + leftMs - expectedMs, tools);
        if (ending !== undefined) return ending;
        continue;
      }

      const isProbe = breaker?.beginProbe() ?? false;
      // It fell silent, or another job took the probe, while the seat was asked for.
      if (breaker?.isOpen === true && !isProbe) continue;
      if (progress.isFirstCall) breaker?.noteFirst();
      tools.onAttempt(progress.attempts + 1);
      const { lease } = answer;
      const call = {
        job,
        candidate,
        lease,
        number: progress.call(),
        progress: progress.progress(),
        deadlineMonotonicMs,
        attempt: progress.attempts + 1,
        timeoutMs: timeoutFor(job, candidate, leftMs, tools),
        waitedMs: Math.max(0, clock.now() - (memory.lastCallEndedMs ?? job.acceptedAtMs)),
        isProbe,
      };
      inHand = undefined;
      const reply = await callProvider(call, journal, signal, tools);
      memory.lastCallEndedMs = clock.now();
      if (reply.ok) {
        const { source, trail } = reply;
        return { kind: 'answered', source, candidate, progress: progress.progress(), trail };
      }

      const { failure, providerDown } = reply;
      foundProviderDown = providerDown;
      progress.consumeAttempt(failure, lease.keyId, providerDown);
      tools.onFailure(failure, progress.attempts + 1);
      journal.checkpoint(progress.progress());
      const decision = decide(failure, progress.attempts, tools.rules, tools.random);
      if (decision.kind === 'give-up') return progress.failed(decision.code);
      if (decision.kind === 'next-candidate') {
        if (decision.restModel && mechanisms.unknownModelCooldown) tools.resting.noteUnknown(candidate);
        progress.nextCandidate();
      }
      // Whoever finds the provider or the model silent is told above how to go on.
      const isSilence = providerDown || isPassedOver(candidate);
      if (decision.kind === 'back-off' && !isSilence && (breaker === undefined || breaker.mayRetry())) {
        // A second key that fails the job speaks against the keys being the trouble.
        const mayBeTheKey = decision.perhapsTheKey && progress.attempts === 1;
        if (mayBeTheKey && mechanisms.secondKey) inHand = await healthySeat(wish, pool, breaker);
        if (inHand === undefined) {
          if (decision.ms > longestInsideWaitMs) {
            return progress.parked(job.line, clock.now() + decision.ms, 'backing-off');
          }
          await clock.sleep(decision.ms, signal);
        }
      }
    }
  } finally {
    inHand?.release({ kind: 'unused' });
  }
}

/** Parks the job, or sends it on to its next candidate and answers nothing. */
function withoutSeat(
  answer: Exclude<SeatAnswer, { kind: 'seat' }>,
  progress: ChainProgress,
  line: ProviderName,
  wasInVain: boolean,
  latestStartMs: number,
  { clock }: LoopTools,
): TurnEnding | undefined {
  switch (answer.kind) {
    case 'busy':
    case 'slow':
      // The line hands the job out again with the first seat that comes back.
      return progress.parked(line, clock.now() + (wasInVain ? otherModelsWaitMs : 0), 'keys-busy');
    case 'cooling':
      if (answer.untilMs < latestStartMs) return progress.parked(line, answer.untilMs, 'keys-cooling');
      progress.skipCandidate('busy', answer.untilMs);
      return undefined;
    case 'benched':
      progress.skipCandidate(
        answer.reason === 'out-of-credit' ? 'out-of-credit' : 'keys-being-set-up',
        answer.probeAtMs,
      );
      return undefined;
    case 'no-keys':
      progress.skipCandidate('keys-being-set-up', undefined);
      return undefined;
  }
}

function timeoutFor(job: Job, { provider, model }: Candidate, leftMs: number, tools: AttemptTools): number {
  return attemptTimeoutMs({
    capMs: tools.timeoutMs[job.kind],
    leftMs,
    latency: tools.mechanisms?.learnedDeadline === false ? undefined : tools.pool.latency(provider, model, job.kind),
    hasTimedOut: tools.memory.hasTimedOut,
  });
}
