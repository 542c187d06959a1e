import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { type Candidate, candidateName, type Job } from '../../domain/job.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import type { CircuitBreaker } from '../circuit-breaker/circuit-breaker.ts';
import type { JobMemory } from '../job-memory.ts';
import type { AttemptPool } from '../lease-key.ts';

/** What a key's free probe says: undefined when it could not be asked. */
export type ProbeVerdict = 'accepted' | 'refused' | undefined;

/** Asks the free probes of these keys. When all keys are refused alike, the provider's breaker is open before it returns. */
export type ProbeKeys = (ids: readonly KeyId[]) => Promise<ReadonlyMap<KeyId, ProbeVerdict>>;

/** A request that was refused so often is at fault, unless a free probe says otherwise. */
const maxRefusals = 3;
/** A request that two keys cannot work with is at fault. */
const maxMalformed = 2;
/** The free probes are waited for at most this long. */
const maxProbeWaitMs = 2_000;

/** What follows a doubtful refusal. */
export type Weighed =
  /** Another key of the same candidate shows whether the key is at fault. */
  | 'next-key'
  /** Two keys refuse it: the model or the request is at fault, which another model shows. */
  | 'next-candidate'
  /** The request is at fault. */
  | 'request'
  /** No key is accepted: the provider refuses this machine. */
  | 'provider';

export type WeighTools = {
  readonly pool: Pick<AttemptPool, 'acquit'>;
  readonly breakers: ReadonlyMap<ProviderName, CircuitBreaker>;
  readonly probeKeys?: ProbeKeys | undefined;
  readonly clock: Clock;
};

/**
 * Judges the doubtful refusals of one request (docs/judgement.md): at most three calls. Before a second refusal counts
 * against the request, the free probes of its keys are asked: a refused probe clears the request.
 */
export async function weighRefusals(
  job: Job,
  { candidate, isAtLast }: { readonly candidate: Candidate; readonly isAtLast: boolean },
  memory: JobMemory,
  tools: WeighTools,
): Promise<Weighed> {
  if (memory.refusals.length < 2) return 'next-key';
  await dropRefusalsOfBadKeys(memory, tools);
  if (tools.breakers.get(candidate.provider)?.isOpen === true) return blameProvider(job, memory, tools);
  const isMalformed = memory.refusals.every(({ reason }) => reason === 'bad-request');
  if (memory.refusals.length >= (isMalformed ? maxMalformed : maxRefusals)) return 'request';
  if (keysRefusing(memory, candidate).size < 2) return 'next-key';
  return isAtLast ? 'request' : 'next-candidate';
}

/** As `weighRefusals`, when there is no other key to ask for this candidate. */
export async function weighWithoutOtherKey(
  job: Job,
  { candidate, isAtLast }: { readonly candidate: Candidate; readonly isAtLast: boolean },
  memory: JobMemory,
  tools: WeighTools,
): Promise<Weighed> {
  if (!isAtLast) return 'next-candidate';
  await dropRefusalsOfBadKeys(memory, tools);
  if (tools.breakers.get(candidate.provider)?.isOpen === true) return blameProvider(job, memory, tools);
  return memory.refusals.length > 0 ? 'request' : 'next-key';
}

/** The keys that refused the job on this candidate. */
export function keysRefusing({ refusals }: JobMemory, candidate: Candidate): ReadonlySet<KeyId> {
  if (refusals.length === 0) return none;
  const name = candidateName(candidate);
  return new Set(refusals.flatMap((one) => (candidateName(one.candidate) === name ? [one.keyId] : [])));
}

const none: ReadonlySet<KeyId> = new Set();

/** A key that its own free probe finds refused is at fault, so its refusal says nothing about the request. */
async function dropRefusalsOfBadKeys(memory: JobMemory, { probeKeys, clock }: WeighTools): Promise<void> {
  const ids = [...new Set(memory.refusals.map(({ keyId }) => keyId))];
  if (probeKeys === undefined || ids.length === 0) return;
  let verdicts: ReadonlyMap<KeyId, ProbeVerdict> = new Map();
  const asked = probeKeys(ids).then((found) => {
    verdicts = found;
  });
  await atMost(clock, maxProbeWaitMs, asked);
  memory.refusals = memory.refusals.filter(({ keyId }) => verdicts.get(keyId) !== 'refused');
}

function blameProvider({ id }: Job, memory: JobMemory, { pool }: WeighTools): Weighed {
  memory.refusals = [];
  memory.lastCode = 'provider-down';
  pool.acquit(id);
  return 'provider';
}
