import type { AttemptTrail } from './attempt-trail.ts';
import type { JobId, KeyId } from './ids.ts';
import type { Job, JobKind, JobState, Lane } from './job.ts';
import type { ProviderName } from './provider-name.ts';
import type { Usage } from './usage.ts';

export type Place = {
  readonly job: Job;
  /** Jobs of the same line that are handed out before this one; 0 when it is next or no longer waits. */
  readonly ahead: number;
};

export type LineStats = {
  readonly line: ProviderName;
  readonly waiting: Readonly<Record<Lane, number>>;
  /** Jobs that would be handed out before a new one of the lane. */
  readonly ahead: Readonly<Record<Lane, number>>;
  readonly running: number;
};

export type EngineStats = {
  /** Lines in which nothing waits and nothing runs are left out. */
  readonly lines: readonly LineStats[];
  /** Ended, and not delivered yet. */
  readonly undelivered: number;
};

/** A job with the moments that only the past has. */
export type PastJob = {
  readonly job: Job;
  /** When its outcome was known. */
  readonly endedAtMs?: number;
};

/** Which jobs an operator wants to see; without a field, all. */
export type JobFilter = {
  readonly count: number;
  readonly userId?: number;
  readonly line?: ProviderName;
  readonly state?: JobState['kind'];
  /** Only jobs accepted before this one: the last of the page before. */
  readonly before?: JobId;
};

/** The calls of one UTC day that were made with one key and one model for one kind of job. */
export type DayCalls = {
  /** `2026-01-31` */
  readonly day: string;
  readonly line: ProviderName;
  readonly model: string;
  readonly kind: JobKind;
  readonly keyId: KeyId;
  /** As it was called that day: `bytez #3`. */
  readonly keyName: string;
  /** Calls that were sent. */
  readonly calls: number;
  readonly answered: number;
  readonly failed: number;
  /** What the answers told of their use, summed; figures that no answer told are absent. */
  readonly used: Usage;
};

/** Tells what is kept of jobs, and changes nothing. */
export type JobReader = {
  find(id: JobId): Promise<Job | undefined>;
  /** Where a job stands. */
  where(id: JobId): Promise<Place | undefined>;
  /** The person's jobs that are not delivered yet, and the latest delivered one, newest first. */
  jobsOf(userId: number): Promise<readonly Job[]>;
  /** Every call made for the job, in order. */
  trailOf(id: JobId): Promise<readonly AttemptTrail[]>;
  stats(): Promise<EngineStats>;
  /** A job with its past, also when parts of it were written by another version. */
  past(id: JobId): Promise<PastJob | undefined>;
  /** The jobs accepted last, newest first. */
  latest(filter: JobFilter): Promise<readonly PastJob[]>;
  /** What was called since, as far as its jobs are still kept; by day, then line, model, kind and key. */
  callsByDay(sinceMs: number): Promise<readonly DayCalls[]>;
};
