import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { JobLease, JobQueue, KnownAnswer } from '../domain/job-engine.ts';
import type { Progress } from '../domain/job.ts';
import type { Operation } from '../domain/provider.ts';

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
