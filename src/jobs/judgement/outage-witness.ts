import type { FailureReason } from '../../domain/failure.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { CircuitBreaker } from '../circuit-breaker/circuit-breaker.ts';
import type { JobMemory, OutageCall } from '../job-memory.ts';

const maxKept = 50;
/** A failed run or an unreadable answer may be the request's own fault; these are not. */
const plainOutages: ReadonlySet<FailureReason> = new Set(['overloaded', 'unreachable', 'blocks-this-machine']);
const outages: ReadonlySet<FailureReason> = new Set([...plainOutages, 'malformed', 'failed-run']);
/** What one job has to have seen: plain outages, or others among them. */
const enough = { plain: { models: 2, calls: 4 }, mixed: { models: 3, calls: 6 } } as const;

/** Records a call that failed as those to a provider which is down do. */
export function noteOutage({ outageCalls }: JobMemory, call: OutageCall): void {
  if (outages.has(call.reason) && outageCalls.length < maxKept) outageCalls.push(call);
}

/**
 * True when a single job has seen enough to know that the provider is down, as on a quiet bot nobody else tells: every
 * call failed, with several models and keys, and no call of the provider has succeeded since the first of them.
 */
export function isWitnessOfOutage(
  { outageCalls }: JobMemory,
  provider: ProviderName,
  breaker: CircuitBreaker,
  keysOfProvider: number,
): boolean {
  const calls = outageCalls.filter(({ candidate }) => candidate.provider === provider);
  const [first] = calls;
  if (first === undefined || breaker.hasSucceededSince(first.startedAtMonotonicMs)) return false;
  const models = new Set(calls.map(({ candidate }) => candidate.model)).size;
  const keys = new Set(calls.map(({ keyId }) => keyId)).size;
  const needed = calls.every(({ reason }) => plainOutages.has(reason)) ? enough.plain : enough.mixed;
  return models >= needed.models && calls.length >= needed.calls && keys >= Math.min(2, keysOfProvider);
}
