import type { Candidate, Job } from '../../domain/job.ts';
import type { SeatAnswer } from '../../domain/key-leases.ts';
import type { Clock } from '../../kit/clock.ts';
import type { ChainProgress, TurnEnding } from '../job-progress.ts';
import { soonerElsewhere, type WaitTools } from './weigh-wait.ts';

/** The wait before the next try when the only free key does not suit the job. */
const unsuitedWaitMs = 2_000;

export type SeatFacts = {
  readonly job: Job;
  /** The seat with which the job was claimed was of no use to it. */
  readonly wasUnsuited: boolean;
  readonly expectedMs: number;
  /** Until the job's deadline. */
  readonly leftMs: number;
  readonly isDown: (candidate: Candidate) => boolean;
};

/** Handles a lease request without a seat: parks the job, or moves it to another candidate and returns nothing. */
export function withoutSeat(
  answer: Exclude<SeatAnswer, { kind: 'seat' }>,
  progress: ChainProgress,
  { job, wasUnsuited, expectedMs, leftMs, isDown }: SeatFacts,
  tools: WaitTools & { readonly clock: Clock },
): TurnEnding | undefined {
  const nowMs = tools.clock.now();
  switch (answer.kind) {
    case 'busy':
    case 'slow':
      // The dispatcher claims the job again with the first released seat.
      return progress.parked(job.line, nowMs + (wasUnsuited ? Math.min(leftMs, unsuitedWaitMs) : 0), 'keys-busy');
    case 'cooling': {
      if (answer.untilMs >= nowMs + leftMs - expectedMs) {
        progress.skipCandidate('busy', answer.untilMs);
        return undefined;
      }
      const isOther = (later: Candidate) => later.provider !== job.line && !isDown(later);
      const elsewhere = soonerElsewhere(progress, answer.untilMs - nowMs, job, isOther, tools);
      if (elsewhere === undefined) {
        return progress.comeBack(answer.untilMs) ?? progress.parked(job.line, answer.untilMs, 'keys-cooling');
      }
      progress.leaveFor(elsewhere, answer.untilMs, 'keys-cooling');
      return undefined;
    }
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
