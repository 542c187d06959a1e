import type { DayCost, Spending, SpendingRange } from './costs.ts';
import type { History } from './views.ts';
import type { JobId, ProviderName } from './ids.ts';
import type { AttemptTrail } from './attempt-trail.ts';
import type { HeldReason, Job, JobRequest, ParkReason, Progress, Outcome, JobState } from './job.ts';
import type { Barred } from './safety/safety.ts';
import type { JobKind, Lane } from './kinds.ts';
import type { SentFile } from './personal/past-requests.ts';
import type { ChatTurn, Operation } from './provider.ts';

/**
 * Hands out ended jobs until their person knows the outcome. Every promise resolves after the change is durable, but that
 * of a claim: it is durable with the effect that is begun with it.
 */
export type JobDelivery = {
  /** A lease to deliver an ended job; undefined when it was delivered or has not ended. */
  claim(id: JobId): Promise<Claim | undefined>;
  /**
   * The person knows the outcome; where words stood for a result, its credit is given back in the same transaction.
   * `sent` is what Telegram keeps of it. Unless the request is private, it is part of the person's history from now on.
   * False, and nothing changes, when the lease is not the newest.
   */
  done(lease: JobLease, shown?: 'words-instead', sent?: readonly SentFile[]): Promise<boolean>;
  /** The next try follows at `dueAtMs`, also in another process. */
  postpone(lease: JobLease, next: { readonly tries: number; readonly dueAtMs: number }): Promise<boolean>;
  /** Ends the tries and keeps the outcome; a result's credit is given back in the same transaction. */
  hold(lease: JobLease, why: HeldReason): Promise<boolean>;
  /** A held outcome is to be delivered again, and nothing counts of its earlier tries; false when it is not held. */
  release(id: JobId): Promise<boolean>;
  /** Jobs whose outcome is held because this chat was closed, of one person or of all, oldest first. */
  heldFor(chatId: number, userId?: number): Promise<readonly JobId[]>;
  /** Ids of jobs that ended and were not delivered, oldest first. */
  pending(): Promise<readonly JobId[]>;
  /** Is this still the newest lease of the job? Every outside effect asks first. */
  holds(lease: JobLease): Promise<boolean>;
  /** Remembers which message shows how the job goes. False where the outcome was told before: nobody will close this message. */
  keepStatusMessage(id: JobId, statusMessageId: number): Promise<boolean>;
};

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
  /** Requests of the kind that this person may make in one day; -1 is without limit. */
  readonly perDay: number;
};

export type Accepted =
  | { readonly kind: 'accepted'; readonly job: Job; readonly ahead: number }
  | { readonly kind: 'known'; readonly job: Job; readonly ahead: number }
  | { readonly kind: 'refused'; readonly code: 'queue-full' | 'quota-reached' }
  /** The person may ask for nothing now. */
  | { readonly kind: 'refused'; readonly code: 'barred'; readonly barred: Barred };

/** Jobs that one person may have running at the same time, by lane. An engine is opened with them. */
export type RunningCaps = Readonly<Record<Lane, number>>;

export type Cancelled =
  /** The job was waiting; it has ended. */
  | {
      readonly kind: 'cancelled';
      readonly job: Job;
      /** What a provider is still working on for it. */
      readonly operation?: KnownOperation;
    }
  /** The job was running: it has ended, and its runner is stopped (see `onStop`). */
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
 * job after every four premium ones in a row). Every promise resolves after the change is durable, but that of a claim: it
 * is durable with the next change of the engine that is, and nothing outside may happen for the job before. A method that
 * takes a lease returns `false`, and changes nothing, when the lease is not the newest. The time is the engine's own; a
 * time that is given or returned is one of the caller's clock.
 *
 * An engine is one owner of what it hands out. Others may share its store: what they do is heard by the listeners.
 */
export type JobQueue = {
  /**
   * Takes the job, its day's credit and the update's id in one transaction; the same update again is `known`. With an intent
   * the once-only effect of this name is begun for the job in the same transaction, if it is accepted.
   */
  accept(
    request: JobRequest & { readonly line: ProviderName },
    limits: AcceptLimits,
    intent?: 'receipt',
  ): Promise<Accepted>;
  /** The next job of the line that may start now, marked running under a new fence. */
  claim(line: ProviderName): Promise<Claim | undefined>;
  /** A waiting job of the line that was first claimed at least its kind's `deadlineMs` ago. */
  claimExpired(line: ProviderName, deadlineMs: Readonly<Record<JobKind, number>>): Promise<Claim | undefined>;
  /** The next waiting job that was answered already, of any line and whatever its turn; undefined when there is none. */
  claimAnswered(): Promise<Claim | undefined>;
  /** The next waiting job on which a provider works already, of any line and whatever its turn. */
  claimSubmitted(): Promise<Claim | undefined>;
  /** When the soonest parked job of the line becomes ready after the moment given; undefined when none does. */
  nextReadyMs(line: ProviderName, afterMs: number): Promise<number | undefined>;
  /**
   * Keeps one call of the running job, before it is sent and again when it has ended. Sending one counts it; how it ended
   * may be kept under the lease that sent it also when that is no longer the newest.
   */
  recordCall(lease: JobLease, trail: AttemptTrail): Promise<boolean>;
  /**
   * Keeps what the call was answered, with what the job has used up so far: from now on every claim of the job carries
   * the answer, until the job is parked or ends; or still the operation, which answers again, where the answer held a file.
   */
  recordAnswer(lease: JobLease, trail: AttemptTrail, progress: Progress, answer: KnownAnswer): Promise<boolean>;
  /**
   * Keeps what a provider has taken on with the call, and with what the job has used up so far: from now on every claim of
   * the job carries the operation and is the one that may keep how the call ended, until it is answered or fails, or the
   * job is parked or ends.
   */
  recordOperation(lease: JobLease, trail: AttemptTrail, progress: Progress, operation: Operation): Promise<boolean>;
  /** Keeps what the running job has used up. */
  checkpoint(lease: JobLease, progress: Progress): Promise<boolean>;
  /**
   * Puts the job back, at its old place, not to be handed out before `readyAtMs`; an answer and an operation are forgotten.
   * Where its keys cool and no call was made yet, its deadline begins with a later claim.
   */
  park(lease: JobLease, park: Park): Promise<boolean>;
  /** Has jobs of the line whose keys cool handed out again, each at its old place: a key is ready before its time. */
  wakeCooling(line: ProviderName): Promise<void>;
  /** Puts the job back to the front, as it was before the claim. */
  requeueFront(lease: JobLease): Promise<boolean>;
  /** Puts the job back to the front, not to be handed out before `readyAtMs`; what was kept of it stays. */
  requeueDelayed(lease: JobLease, readyAtMs: number): Promise<boolean>;
  /**
   * Ends the job; failed and cancelled jobs give their credit back in the same transaction. `onEnded` is called a moment
   * before that is durable: what its delivery stores first joins the transaction.
   */
  settle(lease: JobLease, outcome: Outcome, onEnded?: () => void): Promise<boolean>;
  /** Ends a job on its owner's word; with `wipes` its prompt and options are erased in the same transaction. */
  cancel(id: JobId, userId: number, wipes?: boolean): Promise<Cancelled>;
  /**
   * Takes back what owners that are gone were running, and nothing of an owner that lives, this one included: safe at
   * any time, to be called on start. The jobs go to the front, their crash counted; a job on which `maxCrashes` owners
   * died, be it while it was made or while its result was shown, ends as set aside.
   */
  recover(maxCrashes: number): Promise<Recovered>;
  /**
   * Calls back when a claim that returned nothing may return a job now: of the line given, or of any. Nothing is said of
   * jobs that become ready by time alone (see `nextReadyMs`). `stopped` when no job waits that did not wait before: a line
   * in which nothing waited still has nothing to claim.
   */
  onWork(listener: (line: ProviderName | undefined, why: 'waits' | 'stopped') => void): Disposable;
  /** Calls back with a job that this engine has handed out and that was cancelled, here or by another owner. */
  onStop(listener: (id: JobId) => void): Disposable;
  /**
   * Calls back with a job that a claim came upon and could not read: it has ended as set aside, with its credit given
   * back, and the claim went on to the next one.
   */
  onSetAside(listener: (id: JobId, error: unknown) => void): Disposable;
};

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
  /** People who have a job that may start as soon as their running ones allow it. */
  readonly people: Readonly<Record<Lane, number>>;
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

/** Tells what is kept of jobs, and changes nothing. */
export type JobReader = {
  find(id: JobId): Promise<Job | undefined>;
  /** Telegram's ids of the messages that show its outcome, those of an album's pictures with its first job. */
  shownIn(id: JobId): Promise<readonly number[]>;
  /** Where a job stands. */
  where(id: JobId): Promise<Place | undefined>;
  /** The person's jobs that are not delivered yet, and the latest delivered one, newest first. */
  jobsOf(userId: number): Promise<readonly Job[]>;
  /**
   * What the person asked in the job's chat before this job and what was answered, oldest first, since they last
   * started a new one (`ChatStore.startConversation`); at most the newest `atMost` questions.
   */
  conversationBefore(id: JobId, atMost: number): Promise<readonly ChatTurn[]>;
  /** Every call made for the job, in order. */
  trailOf(id: JobId): Promise<readonly AttemptTrail[]>;
  stats(): Promise<EngineStats>;
  /** As `stats` of one line, without what runs. */
  waitingIn(line: ProviderName): Promise<Pick<LineStats, 'waiting' | 'ahead'>>;
  /** How many jobs wait in the line, parked ones included. */
  countWaiting(line: ProviderName): Promise<number>;
  /** How many jobs run of the person or group whose turns these are (see `turnOf`). */
  runningOf(turn: number): Promise<number>;
  /** A job with its past, also when parts of it were written by another version. */
  past(id: JobId): Promise<PastJob | undefined>;
  /** The jobs accepted last, newest first. */
  latest(filter: JobFilter): Promise<readonly PastJob[]>;
  /** What was spent on this UTC day and later. */
  costs(sinceMs: number): Promise<readonly DayCost[]>;
  /** What became of the jobs of the last so many hours, by the hour; by the UTC day where there are more than 48. */
  history(nowMs: number, hours: number): Promise<History>;
  /** As `costs`, summed up by day and provider, and by person. */
  spending(range: SpendingRange): Promise<Spending>;
};

/** Three ports over one store: who hands jobs in and out, who looks, who delivers. Take only the one you need. */
export type JobEngine = {
  readonly queue: JobQueue;
  readonly reader: JobReader;
  readonly delivery: JobDelivery;
};

/** The right to act for one job. A holder of an older fence than the engine's may no longer act. */
export type JobLease = {
  readonly jobId: JobId;
  readonly fence: number;
};

/** A provider's answer whose result may not be on this machine's disk: the provider is not asked a second time. */
export type KnownAnswer = {
  readonly model: string;
  /** Where the result is to be fetched; absent when the answer was the result itself. */
  readonly url?: string;
  /** Where the further files of the result are; null for one that the answer contained. */
  readonly further?: readonly (string | null)[];
  /** What the provider calls each of its files; null for one that has no title. Absent where none has. */
  readonly titles?: readonly (string | null)[];
  /** The result itself, where it is words. */
  readonly text?: string;
  /** The rest of the text is missing. */
  readonly isCut?: true;
};

/** Work that a provider has taken on and not finished: it is asked about by the key of its call, and never submitted again. */
export type KnownOperation = { readonly trail: AttemptTrail; readonly operation: Operation };

/** A job handed out, with the right to act for it. */
export type Claim = {
  readonly lease: JobLease;
  readonly job: Job;
  /** What an earlier turn was answered. */
  readonly answer?: KnownAnswer;
  /** What a provider has been working on since an earlier turn. */
  readonly operation?: KnownOperation;
  /** An earlier delivery began to send the outcome as a message of its own, which may have arrived. */
  readonly isMessageBegun?: boolean;
};

/** The words that a chat model found for short prompts; kept as long as their jobs. */
export type RewrittenPrompts = {
  /** Empty where the person's own words are used; undefined while nothing is decided. */
  find(id: JobId): Promise<string | undefined>;
  /** Decides once, and counts what the call cost that found the words; resolves with what counts from now on. */
  keep(id: JobId, words: string, trail: AttemptTrail | undefined): Promise<string>;
};
