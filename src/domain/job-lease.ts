import type { JobId } from './ids.ts';
import type { Job } from './job.ts';

/** The right to act for one job. Whoever holds an older fence than the engine may no longer act. */
export type JobLease = {
  readonly jobId: JobId;
  readonly fence: number;
};

/** A provider's answer whose result is not known to be on this machine's disk: nobody asks for it a second time. */
export type KnownAnswer = {
  readonly model: string;
  /** Where the result is to be fetched; absent when the answer was the result itself. */
  readonly url?: string;
  /** Where the further files of the result are; null for one that the answer contained. */
  readonly further?: readonly (string | null)[];
  /** The result itself, where it is words. */
  readonly text?: string;
};

/** A job handed out, with the right to act for it. */
export type Claim = {
  readonly lease: JobLease;
  readonly job: Job;
  /** What an earlier turn was answered. */
  readonly answer?: KnownAnswer;
};
