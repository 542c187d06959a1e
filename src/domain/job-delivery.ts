import type { JobId } from './ids.ts';
import type { Claim, JobLease } from './job-lease.ts';

/** Hands out ended jobs until their person knows the outcome. Every promise resolves after the change is durable. */
export type JobDelivery = {
  /** A lease to deliver an ended job; undefined when it was delivered or has not ended. */
  claim(id: JobId): Promise<Claim | undefined>;
  /**
   * The person knows the outcome; where words stood for a result, its credit is given back in the same transaction.
   * False, and nothing changes, when the lease is not the newest.
   */
  done(lease: JobLease, shown?: 'words-instead'): Promise<boolean>;
  /** Ids of jobs that ended and were not delivered, oldest first. */
  pending(): Promise<readonly JobId[]>;
  /** Is this still the newest lease of the job? Every outside effect asks first. */
  holds(lease: JobLease): Promise<boolean>;
  /** Remembers which message shows how the job goes. */
  keepReceipt(id: JobId, receiptId: number): Promise<void>;
};
