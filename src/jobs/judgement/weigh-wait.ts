import type { Candidate, Job } from '../../domain/job.ts';
import type { ModelCooldowns } from '../circuit-breaker/breakers.ts';
import type { ChainProgress } from '../job-progress.ts';
import type { AttemptPool } from '../lease-key.ts';

/** What a call is taken to need before any was measured. */
const unknownCallMs = 20_000;

export type WaitTools = {
  readonly pool: Pick<AttemptPool, 'expectedMs'>;
  readonly modelCooldowns: ModelCooldowns;
};

/**
 * Returns the next candidate when it would be done before the wait is over. `isOther` leaves out those that the wait
 * concerns as well.
 */
export function soonerElsewhere(
  progress: Pick<ChainProgress, 'next'>,
  waitMs: number,
  { kind }: Job,
  isOther: (candidate: Candidate) => boolean,
  { pool, modelCooldowns }: WaitTools,
): Candidate | undefined {
  const next = progress.next((later) => isOther(later) && !modelCooldowns.isCooling(later));
  if (next === undefined) return undefined;
  return waitMs > (pool.expectedMs(next.provider, next.model, kind) ?? unknownCallMs) ? next : undefined;
}
