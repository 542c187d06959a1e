import type { Candidate, Job } from '../domain/job.ts';
import type { KeyId } from '../domain/ids.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { KeyLeases, Lease, SeatAnswer, SeatRequest } from '../domain/key-leases.ts';
import type { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';

/** What the attempts of a job ask of the pool. */
export type AttemptPool = Pick<KeyLeases, 'acquire'> & Pick<KeyPool, 'expectedMs' | 'latency'>;

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
