import type { AttemptTrail } from './attempt-trail.ts';
import type { JobId } from './ids.ts';
import type { Claim, JobLease, KnownAnswer } from './job-lease.ts';
import type { Job, JobKind, JobRequest, Lane, ParkReason, Progress } from './job.ts';
import type { Outcome } from './outcome.ts';
import type { ProviderName } from './provider-name.ts';

/** What a restart found. */
export type Recovered = {
  /** How many jobs went back to the front of their lines. */
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

export type Cancelled =
  /** The job was waiting; it has ended. */
  | { readonly kind: 'cancelled'; readonly job: Job }
  /** The job runs: it has ended in the engine, and whoever runs it has to be stopped. */
  | { readonly kind: 'running'; readonly job: Job }
  | { readonly kind: 'too-late'; readonly job: Job }
  | { readonly kind: 'not-found' };

/** When and where a job goes on. */
export type Park = {
  readonly line: ProviderName;
  readonly readyAtMs: number;
  readonly reason: ParkReason;
  readonly progress: Progress;
};

/**
 * Keeps accepted jobs and hands them out in fair order (virtual rounds a lane and person, premium first but one free
 * job after every four premium ones in a row). Every promise resolves after the change is durable. A method that takes
 * a lease returns `false`, and changes nothing, when the lease is not the newest.
 */
export type JobQueue = {
  /** Takes the job, its day's credit and the update's id in one transaction; the same update again is `known`. */
  accept(request: JobRequest & { readonly line: ProviderName }, limits: AcceptLimits, nowMs: number): Promise<Accepted>;
  /** The next job of the line that may start now, marked running under a new fence. */
  claim(line: ProviderName, limits: ClaimLimits, nowMs: number): Promise<Claim | undefined>;
  /** A waiting job of the line that was first claimed at or before `claimedBeforeMs`: its own deadline has passed. */
  claimExpired(line: ProviderName, kind: JobKind, claimedBeforeMs: number): Promise<Claim | undefined>;
  /** The next waiting job that was answered already, of any line and whatever its turn; undefined when there is none. */
  claimAnswered(): Promise<Claim | undefined>;
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
  /** Keeps what the running job has used up. */
  checkpoint(lease: JobLease, progress: Progress): Promise<boolean>;
  /** Puts the job back, at its old place, not to be handed out before `readyAtMs`; an answer is forgotten. */
  park(lease: JobLease, park: Park): Promise<boolean>;
  /** Puts the job back to the front, as it was before the claim. */
  requeueFront(lease: JobLease): Promise<boolean>;
  /** Puts the job back to the front, not to be handed out before `readyAtMs`; what was kept of it stays. */
  requeueDelayed(lease: JobLease, readyAtMs: number): Promise<boolean>;
  /** Ends the job; failed and cancelled jobs give their credit back in the same transaction. */
  settle(lease: JobLease, outcome: Outcome, nowMs: number): Promise<boolean>;
  /** Ends a job on its owner's word. */
  cancel(id: JobId, userId: number, nowMs: number): Promise<Cancelled>;
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
