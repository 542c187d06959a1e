import type { KeyId } from '../domain/ids.ts';
import type { Candidate, Job } from '../domain/job.ts';
import type { KeyLeases, Lease, SeatAnswer, SeatRequest } from '../domain/key-leases.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import type { JobFailureCode } from './retry-policy.ts';

/** The part of the key pool that a job's attempts use. */
export type AttemptPool = Pick<KeyLeases, 'acquire' | 'resume'> &
  Pick<KeyPool, 'expectedMs' | 'latency' | 'acquit' | 'acquitModel' | 'served' | 'snapshot'>;

export type KeyRequest = {
  readonly job: Job;
  readonly candidate: Candidate;
  /** Keys that failed the job on this candidate; used only when there is no other. */
  readonly failedWith: ReadonlySet<KeyId>;
  /** Keys that refused the job on this candidate for a reason that may be its own. */
  readonly refusedBy: ReadonlySet<KeyId>;
  /** Keys that this job took out of use. */
  readonly benched: ReadonlySet<KeyId>;
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
  if (!suits(held, keyRequest)) {
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

/** False for a key that refused this job, and for the trial of a key that this job took out of use. */
export function suits(
  held: Lease,
  { job, candidate, refusedBy, benched }: Pick<KeyRequest, 'job' | 'candidate' | 'refusedBy' | 'benched'>,
): boolean {
  if (refusedBy.has(held.keyId) || (held.choice.why === 'half-open' && benched.has(held.keyId))) return false;
  return held.serves(candidate.model, job.kind);
}

function requestFor({ job, candidate, failedWith, refusedBy, benched }: KeyRequest): SeatRequest {
  return { model: candidate.model, job: job.kind, avoid: failedWith, without: refusedBy, noTrialOf: benched };
}

/** The timeout is derived from latency only after this many measured calls. */
const minSamples = 20;

type TimeoutFacts = {
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

/** Why a job ends before a provider is asked; undefined for one that may start. Rejects with the signal's reason. */
export type StartCheck = (job: Job, signal: AbortSignal) => Promise<JobFailureCode | undefined>;

/** The first reason of the checks, asked in their order. */
export async function whyNotStart(
  job: Job,
  signal: AbortSignal,
  checks: Iterable<StartCheck>,
): Promise<JobFailureCode | undefined> {
  for (const check of checks) {
    const code = await check(job, signal);
    if (code !== undefined) return code;
  }
  return undefined;
}
