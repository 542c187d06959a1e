import type { JobId } from '../ids.ts';
import type { JobKind } from '../kinds.ts';

/** What a person says about a request that failed. */
export type Feedback = {
  readonly jobId: JobId;
  readonly userId: number;
  readonly kind: JobKind;
  /** How the request ended, as a failure code. */
  readonly code: string;
  readonly words: string;
  readonly atMs: number;
};

/** A person may say something about this many failures in 24 hours. */
export const maxFeedbackADay = 3;
/** Admins are told of this many in one hour; the others are stored all the same. */
export const maxToldAnHour = 20;
/** The longest words that are kept, in UTF-16 units. */
export const feedbackLimit = 1_000;

export type FeedbackStore = {
  /** Whether the person may say something about this request now: once about each, and not too often. */
  mayGive(userId: number, id: JobId, nowMs: number): Promise<boolean>;
  /** Stores the words; `told` when the admins are to be told of it, `refused` when there was too much or this was said before. */
  keep(feedback: Feedback): Promise<'told' | 'stored' | 'refused'>;
  /** What was said last, newest first. */
  latest(count: number): Promise<readonly Feedback[]>;
  /** Deletes what was said at or before this moment. */
  purge(saidBeforeMs: number): Promise<void>;
};
