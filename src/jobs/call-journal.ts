import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { JobLease, KnownAnswer, JobQueue } from '../domain/job-engine.ts';
import type { Progress } from '../domain/job.ts';

/** Where the calls of one running job are kept. */
export type CallJournal = {
  /** Resolves when the call, and everything noted before it, is durable; false when the job is no longer ours. */
  sent(trail: AttemptTrail): Promise<boolean>;
  /** As `sent`, for what a call was answered. */
  answered(trail: AttemptTrail, progress: Progress, answer: KnownAnswer): Promise<boolean>;
  /** Keeps how a call ended; nobody waits for it but the next `sent`. */
  ended(trail: AttemptTrail): void;
  /** Keeps what was used up; nobody waits for it but the next `sent`. */
  checkpoint(progress: Progress): void;
};

/** Notes in the engine. What is noted in one turn of the event loop shares one commit with what follows in that turn. */
export function createCallJournal(queue: JobQueue, lease: JobLease): CallJournal {
  let unsettled: Promise<unknown> | undefined;
  const add = (note: Promise<unknown>) => {
    unsettled = unsettled === undefined ? note : Promise.all([unsettled, note]);
    // Whoever acts for the job next waits for it and hears why it was not kept.
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
    ended: (trail) => add(queue.recordCall(lease, trail)),
    checkpoint: (progress) => add(queue.checkpoint(lease, progress)),
  };
}
