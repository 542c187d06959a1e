import type { AttemptTrail } from './attempt-trail.ts';
import type { JobId } from './ids.ts';
import type { Claim, JobLease, KnownAnswer } from './job-lease.ts';
import type { Job, JobKind, JobRequest, Lane, ParkReason, Progress } from './job.ts';
import type { Outcome } from './outcome.ts';
import type { ProviderName } from './provider-name.ts';

/** What was taken back from owners that are gone. */
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

/** Jobs that one person may have running at the same time, by lane. An engine is opened with them. */
export type RunningCaps = Readonly<Record<Lane, number>>;

export type Cancelled =
  /** The job was waiting; it has ended. */
  | { readonly kind: 'cancelled'; readonly job: Job }
  /** The job was running: it has ended, and whoever runs it is told to stop (see `onStop`). */
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
 * a lease returns `false`, and changes nothing, when the lease is not the newest. The time is the engine's own; a time
 * that is given or returned is one of the caller's clock.
 *
 * An engine is one owner of what it hands out. Others may share its store: what they do is heard by the listeners.
 */
export type JobQueue = {
  /** Takes the job, its day's credit and the update's id in one transaction; the same update again is `known`. */
  accept(request: JobRequest & { readonly line: ProviderName }, limits: AcceptLimits): Promise<Accepted>;
  /** The next job of the line that may start now, marked running under a new fence. */
  claim(line: ProviderName): Promise<Claim | undefined>;
  /** A waiting job of the line that was first claimed at least `deadlineMs` ago: its own deadline has passed. */
  claimExpired(line: ProviderName, kind: JobKind, deadlineMs: number): Promise<Claim | undefined>;
  /** The next waiting job that was answered already, of any line and whatever its turn; undefined when there is none. */
  claimAnswered(): Promise<Claim | undefined>;
  /** When the soonest parked job of the line becomes ready after the moment given; undefined when none does. */
  nextReadyMs(line: ProviderName, afterMs: number): Promise<number | undefined>;
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
  settle(lease: JobLease, outcome: Outcome): Promise<boolean>;
  /** Ends a job on its owner's word. */
  cancel(id: JobId, userId: number): Promise<Cancelled>;
  /**
   * Takes back what owners that are gone were running, and nothing of an owner that lives, this one included: safe at
   * any time, to be called on start. The jobs go to the front, their crash counted; a job on which `maxCrashes` owners
   * died, be it while it was made or while its result was shown, ends as set aside.
   */
  recover(maxCrashes: number): Promise<Recovered>;
  /**
   * Calls back when a claim that returned nothing may return a job now: of the line given, or of any. Nothing is said of
   * jobs that become ready by time alone (see `nextReadyMs`).
   */
  onWork(listener: (line?: ProviderName) => void): Disposable;
  /** Calls back with a job that this engine has handed out and that was cancelled, here or by another owner. */
  onStop(listener: (id: JobId) => void): Disposable;
  /**
   * Calls back with a job that a claim came upon and could not read: it has ended as set aside, with its credit given
   * back, and the claim went on to the next one.
   */
  onSetAside(listener: (id: JobId, error: unknown) => void): Disposable;
};
