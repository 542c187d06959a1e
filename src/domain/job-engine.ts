import type { AttemptTrail } from './attempt-trail.ts';
import type { JobId } from './ids.ts';
import type { Job, JobKind, JobRequest, Lane, ParkReason, Progress } from './job.ts';
import type { Outcome } from './outcome.ts';
import type { ProviderName } from './provider-name.ts';

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
};

export type Claim = {
  readonly lease: JobLease;
  readonly job: Job;
  /** What an earlier turn was answered. */
  readonly answer?: KnownAnswer;
};

/** What a restart found. */
export type Recovered = {
  readonly handedBack: number;
  /** Jobs that too many processes died on. */
  readonly setAside: readonly JobId[];
  /** Jobs that have ended as set aside because what is kept of them cannot be read. */
  readonly unreadable: readonly JobId[];
};

export type AcceptLimits = {
  /** How many jobs this person may have waiting or running at once, by lane. */
  readonly waiting: number;
  /** Requests of the kind that this person may make in one UTC day; -1 is without limit. */
  readonly perDay: number;
};

export type Accepted =
  | { readonly kind: 'accepted'; readonly job: Job; readonly ahead: number }
  | { readonly kind: 'known'; readonly job: Job; readonly ahead: number }
  | { readonly kind: 'refused'; readonly code: 'queue-full' | 'quota-reached' };

export type ClaimLimits = {
  /** Jobs that one person may have running at the same time, by lane. */
  readonly running: Readonly<Record<Lane, number>>;
};

export type Place = {
  readonly job: Job;
  /** Jobs of the same line that are handed out before this one; 0 when it is next or no longer waits. */
  readonly ahead: number;
};

export type Cancelled =
  /** The job was waiting; it has ended. */
  | { readonly kind: 'cancelled'; readonly job: Job }
  /** The job runs: it has ended in the engine, and whoever runs it has to be stopped. */
  | { readonly kind: 'running'; readonly job: Job }
  | { readonly kind: 'too-late'; readonly job: Job }
  | { readonly kind: 'not-found' };

export type LineStats = {
  readonly line: ProviderName;
  readonly waiting: Readonly<Record<Lane, number>>;
  readonly running: number;
};

export type EngineStats = {
  readonly lines: readonly LineStats[];
  /** Ended, and not told yet. */
  readonly untold: number;
};

/**
 * Keeps accepted jobs and hands them out in fair order (virtual rounds a lane and person, premium first but one free
 * job after every four premium ones in a row). Every promise resolves after the change is durable. A method that takes
 * a lease answers `false`, and changes nothing, when the lease is not the newest.
 */
export type JobEngine = {
  /** Takes the job, its day's credit and the update's id in one transaction; the same update again is `known`. */
  accept(request: JobRequest & { readonly line: ProviderName }, limits: AcceptLimits, nowMs: number): Promise<Accepted>;
  /** The next job of the line that may start now, marked running under a new fence. */
  claim(line: ProviderName, limits: ClaimLimits, nowMs: number): Promise<Claim | undefined>;
  /** A waiting job of the line that was first claimed at or before `claimedBeforeMs`: its own deadline has passed. */
  claimExpired(line: ProviderName, kind: JobKind, claimedBeforeMs: number): Promise<Claim | undefined>;
  /** When the soonest parked job of the line becomes ready; undefined when none waits for a later time. */
  nextReadyMs(line: ProviderName, nowMs: number): Promise<number | undefined>;
  /**
   * Keeps one call of the running job, before it is sent and again when it has ended. Sending one counts it; how it ended
   * may be kept under the lease that sent it also when that is no longer the newest.
   */
  noteCall(lease: JobLease, trail: AttemptTrail): Promise<boolean>;
  /**
   * Keeps what the call was answered, with what the job has used up so far: from now on every claim of the job carries
   * the answer, until the job is parked or ends.
   */
  noteAnswer(lease: JobLease, trail: AttemptTrail, progress: Progress, answer: KnownAnswer): Promise<boolean>;
  /** The next waiting job that was answered already, of any line and whatever its turn; undefined when there is none. */
  claimAnswered(): Promise<Claim | undefined>;
  /** Every call made for the job, in order. */
  trailOf(id: JobId): Promise<readonly AttemptTrail[]>;
  /** Keeps what the running job has used up. */
  checkpoint(lease: JobLease, progress: Progress): Promise<boolean>;
  /** Puts the job back, at its old place, not to be handed out before `readyAtMs`; an answer is forgotten. */
  park(
    lease: JobLease,
    park: {
      readonly line: ProviderName;
      readonly readyAtMs: number;
      readonly reason: ParkReason;
      readonly progress: Progress;
    },
  ): Promise<boolean>;
  /** Puts the job back to the front, as it was before the claim. */
  handBack(lease: JobLease): Promise<boolean>;
  /** Puts the job back to the front, not to be handed out before `readyAtMs`; what was kept of it stays. */
  setBack(lease: JobLease, readyAtMs: number): Promise<boolean>;
  /** Ends the job; failed and cancelled jobs give their credit back in the same transaction. */
  settle(lease: JobLease, outcome: Outcome, nowMs: number): Promise<boolean>;
  /** Ends a job on its owner's word. */
  cancel(id: JobId, userId: number, nowMs: number): Promise<Cancelled>;
  /** A lease to tell the person about an ended job; undefined when it was told or has not ended. */
  claimTelling(id: JobId): Promise<Claim | undefined>;
  /** The person knows the outcome; where words stood for a result, its credit is given back in the same transaction. */
  told(lease: JobLease, nowMs: number, shown?: 'words-instead'): Promise<boolean>;
  /** Ids of jobs that ended and were not told, oldest first. */
  untold(): Promise<readonly JobId[]>;
  /** Is this still the newest lease of the job? Every outside effect asks first. */
  holds(lease: JobLease): Promise<boolean>;
  keepReceipt(id: JobId, receiptId: number): Promise<void>;
  find(id: JobId): Promise<Job | undefined>;
  /** Where a job stands. */
  where(id: JobId): Promise<Place | undefined>;
  /** The person's jobs that are not told yet, and the latest told one, newest first. */
  jobsOf(userId: number): Promise<readonly Job[]>;
  stats(): Promise<EngineStats>;
  /**
   * On start: jobs found running go back to the front, their crash counted; a job on which `maxCrashes` processes died,
   * be it while it was made or while its result was shown, ends as set aside.
   */
  recover(maxCrashes: number, nowMs: number): Promise<Recovered>;
  /**
   * Calls back with a job that a claim came upon and could not read: it has ended as set aside, with its credit given
   * back, and the claim went on to the next one.
   */
  onSetAside(listener: (id: JobId, error: unknown) => void): Disposable;
};
