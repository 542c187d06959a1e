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
import { decide, maxInSlotWaitMs } from './retry-policy.ts';

/** The loop's dependencies, shared by all jobs. */
export type LoopTools = CallTools & {
  readonly pool: AttemptPool;
  readonly chains: Chains;
  /** The configured timeout of one call. */
  readonly timeoutMs: Readonly<Record<JobKind, number>>;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  readonly random: Random;
  readonly modelCooldowns: ModelCooldowns;
  readonly mechanisms?: Mechanisms;
};

const noKeys: ReadonlySet<KeyId> = new Set();

export type AttemptTools = LoopTools & {
  readonly memory: JobMemory;
  readonly journal: CallJournal;
  /** An operation that an earlier turn submitted and that has not ended. */
  readonly operation?: KnownOperation | undefined;
  readonly onAttempt: (attempt: number) => void;
  readonly onFailure: (failure: AttemptFailure, nextAttempt: number) => void;
};

/** The wait before the next try when the only free key serves other models. */
const otherModelsWaitMs = 2_000;

/**
 * Runs one turn of a job: tries candidate after candidate and key after key until there is an answer, a failure that no
 * retry can fix, or a wait too long for a slot. `seat` is the lease with which the job was claimed. It never waits for
 * the pool. Throws the signal's reason when the job was cancelled or the app stops.
 *
 * Only one job at a time calls a provider that is down (see CircuitBreaker): the others move to the next candidate whose
 * provider is up, or park until the next probe.
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
  const isSkipped = (candidate: Candidate) => tools.modelCooldowns.isCooling(candidate) && !progress.isAtLast;
  let held = seat;
  let foundProviderDown = false;

  try {
    if (tools.operation !== undefined) {
      held?.release({ kind: 'unused' });
      held = undefined;
      const ending = await resumeOperation(job, tools.operation, progress, deadlineMonotonicMs, signal, tools);
      if (ending !== undefined) return ending;
    }
    for (;;) {
      signal.throwIfAborted();
      const { candidate } = progress;
      const leftMs = deadlineMonotonicMs - clock.monotonicMs();
      if (candidate === undefined || leftMs <= 0 || progress.hasCalledEnough) return progress.failed();
      if (isSkipped(candidate)) {
        progress.nextCandidate();
        continue;
      }
      const breaker = breakers.get(candidate.provider);
      const mustWait = breaker !== undefined && breaker.isOpen && !breaker.mayProbe;
      if (mustWait && progress.skipTo((later) => !isDown(later))) continue;
      if (candidate.provider !== job.line) return progress.parked(candidate.provider, clock.now(), 'next-candidate');
      if (mustWait) {
        // The provider has been down for longer than the job's whole deadline: fail now instead of waiting that long.
        if (breaker.openForMs >= tools.deadlineMs[job.kind]) return progress.failed(memory.lastCode ?? 'provider-down');
        if (foundProviderDown) progress.rotate(candidate.provider);
        return progress.parked(job.line, clock.now() + breaker.probeInMs, 'provider-silent');
      }
      // An attempt that cannot end before the job's deadline is not started.
      const expectedMs = pool.expectedMs(candidate.provider, candidate.model, job.kind) ?? 0;
      if (expectedMs > leftMs) {
        progress.nextCandidate();
        continue;
      }

      const failedWith = mechanisms.avoidFailedKeys ? memory.failedWith : noKeys;
      const keyRequest: KeyRequest = { job, candidate, failedWith, leftMs };
      const servedOtherModels = held?.serves(candidate.model) === false;
      const answer = await leaseKey(keyRequest, held, pool);
      held = answer.kind === 'seat' ? answer.lease : undefined;
      signal.throwIfAborted();
      if (answer.kind !== 'seat') {
        const ending = withoutSeat(
          answer,
          progress,
          job.line,
          servedOtherModels,
          clock.now() + leftMs - expectedMs,
          tools,
        );
        if (ending !== undefined) return ending;
        continue;
      }

      const isProbe = breaker?.beginProbe() ?? false;
      // While the lease was acquired, the breaker opened or another job started the probe.
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
      held = undefined;
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
        if (decision.coolModel && mechanisms.unknownModelCooldown) tools.modelCooldowns.noteUnknown(candidate);
        progress.nextCandidate();
      }
      // When the provider or the model is down, the next iteration decides how to continue.
      const isKnownDown = providerDown || isSkipped(candidate);
      if (decision.kind === 'back-off' && !isKnownDown && (breaker === undefined || breaker.mayRetry())) {
        // After a second key has failed the job, the keys are unlikely to be the cause.
        const mayBeTheKey = decision.perhapsTheKey && progress.attempts === 1;
        if (mayBeTheKey && mechanisms.secondKey) held = await leaseHealthyKey(keyRequest, pool, breaker);
        if (held === undefined) {
          if (decision.ms > maxInSlotWaitMs) {
            return progress.parked(job.line, clock.now() + decision.ms, 'backing-off');
          }
          await clock.sleep(decision.ms, signal);
        }
      }
    }
  } finally {
    held?.release({ kind: 'unused' });
  }
}

/** Handles a lease request without a seat: parks the job, or moves it to its next candidate and returns nothing. */
function withoutSeat(
  answer: Exclude<SeatAnswer, { kind: 'seat' }>,
  progress: ChainProgress,
  line: ProviderName,
  servedOtherModels: boolean,
  latestStartMs: number,
  { clock }: LoopTools,
): TurnEnding | undefined {
  switch (answer.kind) {
    case 'busy':
    case 'slow':
      // The dispatcher claims the job again with the first released seat.
      return progress.parked(line, clock.now() + (servedOtherModels ? otherModelsWaitMs : 0), 'keys-busy');
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

/** The timeout is derived from latency only after this many measured calls. */
const minSamples = 20;

export type TimeoutFacts = {
  readonly capMs: number;
  readonly leftMs: number;
  readonly latency: { readonly samples: number; readonly p99Ms: number } | undefined;
  /** The job has timed out before: its model may be starting cold, so the full cap applies. */
  readonly hasTimedOut: boolean;
};

/** The timeout of one call, in milliseconds: three times the p99 latency, at least a quarter of the configured cap. */
export function attemptTimeoutMs({ capMs, leftMs, latency, hasTimedOut }: TimeoutFacts): number {
  const isKnown = latency !== undefined && latency.samples >= minSamples && !hasTimedOut;
  const patienceMs = isKnown ? Math.max(capMs / 4, 3 * latency.p99Ms) : capMs;
  return Math.min(capMs, patienceMs, leftMs);
}

/** The part of the key pool that a job's attempts use. */
export type AttemptPool = Pick<KeyLeases, 'acquire' | 'resume'> & Pick<KeyPool, 'expectedMs' | 'latency'>;

export type KeyRequest = {
  readonly job: Job;
  readonly candidate: Candidate;
  /** Keys that failed the job on this candidate; used only when there is no other. */
  readonly failedWith: ReadonlySet<KeyId>;
  /** Time until the job's deadline. */
  readonly leftMs: number;
};

/**
 * Returns a lease for the job's next call: the held one if it is suitable, else another, or why there is none. When it
 * rejects, the held lease is still held unless it was released.
 */
export function leaseKey(keyRequest: KeyRequest, held: Lease | undefined, pool: AttemptPool): Promise<SeatAnswer> {
  // Hot path: an async function here would add a promise to every call.
  return held === undefined ? acquireLease(keyRequest, pool) : keepOrReplace(held, keyRequest, pool);
}

async function keepOrReplace(held: Lease, keyRequest: KeyRequest, pool: AttemptPool): Promise<SeatAnswer> {
  if (!held.serves(keyRequest.candidate.model)) {
    held.release({ kind: 'unused' });
    return acquireLease(keyRequest, pool);
  }
  const other = keyRequest.failedWith.has(held.keyId) ? await leaseUntriedKey(keyRequest, pool) : undefined;
  if (other !== undefined) held.release({ kind: 'unused' });
  return { kind: 'seat', lease: other ?? held };
}

/**
 * Returns a lease for an immediate retry after a fault that the failing key may have caused. It requires another key
 * whose last call succeeded recently, and that only keys which failed this job have failed since the provider's last
 * success. When other keys fail too, the provider is at fault, and immediate retries would use up the job's attempts.
 */
export async function leaseHealthyKey(
  keyRequest: KeyRequest,
  pool: AttemptPool,
  breaker: CircuitBreaker | undefined,
): Promise<Lease | undefined> {
  if (breaker === undefined || !breaker.mayBlame(keyRequest.failedWith)) return undefined;
  const lease = await leaseUntriedKey(keyRequest, pool);
  if (lease === undefined || breaker.isHealthy(lease.keyId)) return lease;
  lease.release({ kind: 'unused' });
  return undefined;
}

/** Leases a key that has not failed the job on this candidate, if one is free. */
async function leaseUntriedKey(keyRequest: KeyRequest, pool: AttemptPool): Promise<Lease | undefined> {
  const answer = await pool.acquire(keyRequest.candidate.provider, requestFor(keyRequest));
  if (answer.kind !== 'seat') return undefined;
  if (!keyRequest.failedWith.has(answer.lease.keyId)) return answer.lease;
  answer.lease.release({ kind: 'unused' });
  return undefined;
}

async function acquireLease(keyRequest: KeyRequest, pool: AttemptPool): Promise<SeatAnswer> {
  const request = requestFor(keyRequest);
  const answer = await pool.acquire(keyRequest.candidate.provider, request);
  if (answer.kind !== 'slow') return answer;
  // Waiting for a fast seat may take one whole call, and the job's own call follows.
  if (keyRequest.leftMs >= 2 * answer.fastMs) return { kind: 'busy' };
  return pool.acquire(keyRequest.candidate.provider, { ...request, evenSlow: true });
}

function requestFor({ job, candidate, failedWith }: KeyRequest): SeatRequest {
  return { model: candidate.model, job: job.kind, avoid: failedWith };
}
