import type { OutageReason } from '../failure.ts';
import type { JobId } from '../ids.ts';
import type { HeldPlace } from '../chats/chat-store.ts';

/**
 * What only one process of a bot does at a time. `telegram` polls, handles updates and says what belongs to no job;
 * `housekeeping` recovers what dead processes left, deletes what is old and tells operators.
 */
export const processRoles = ['telegram', 'housekeeping'] as const;
export type ProcessRole = (typeof processRoles)[number];

/** The time for which this process has a role. */
export type RoleTerm = {
  /** Grows each time the role changes hands; 0 where this process is alone. */
  readonly fence: number;
  /** Aborts when the role is lost, given back, or may have been lost. */
  readonly signal: AbortSignal;
  /** Whether the role may still be acted in, by this machine's monotonic clock: a frozen process notices before any timer. */
  isOn(): boolean;
};

/**
 * The database cannot be used, and this process had the role last, as far as it knows: nobody may act in the role until some
 * process can use the database again.
 */
export type Outage = {
  /** Since when, at the latest, by the clock of this machine. */
  readonly sinceMs: number;
  readonly reason: OutageReason;
  /** Aborts when this process can use the database again, and at its end. */
  readonly signal: AbortSignal;
  /** Once the signal is aborted: whether the database is back. */
  isBack(): boolean;
  /** Whether the last try is recent and failed; a process that wakes from a freeze does not know, until it has tried again. */
  isOn(): boolean;
};

/** What processes tell each other of. It may be lost: what must not be missed is looked for by time as well. */
export type ProcessNews =
  /** Updates were stored that nobody has in hand. */
  | { readonly kind: 'updates' }
  /** A role is free. */
  | { readonly kind: 'role'; readonly role: ProcessRole }
  /** Telegram wants no calls there for so long. */
  | { readonly kind: 'rest'; readonly place: HeldPlace; readonly forMs: number }
  /** An alert was raised or resolved. */
  | { readonly kind: 'alerts' }
  /** These jobs were deleted, and their files with them. */
  | { readonly kind: 'files'; readonly jobs: readonly JobId[] }
  /** An operator wants the settings read again, or the admin's token, where this is its mark. */
  | { readonly kind: 'reload' }
  | { readonly kind: 'token'; readonly mark: string }
  /** Somebody reads the events of all processes, for a while. */
  | { readonly kind: 'reading' }
  /** An event of another process, as its log has it. */
  | { readonly kind: 'event'; readonly name: string; readonly line: string }
  /** The way was cut: whatever happened meanwhile was not heard. */
  | { readonly kind: 'missed' };

/** A process as the others see it. */
export type LivingProcess = {
  readonly id: string;
  readonly host: string;
  readonly version: string;
  readonly startedAgoMs: number;
  readonly beatAgoMs: number;
  readonly roles: readonly ProcessRole[];
};

/** The processes that share one database, as one of them sees them. */
export type Processes = {
  /** This process. */
  readonly id: string;
  /** True where there can be no other process: every role is held at once and nothing is written. */
  readonly isAlone: boolean;
  /**
   * Calls back each time this process gains the role, at once where it has it; the role is wanted until disposal. A process
   * that cannot renew a role in time stops acting in it before another one can gain it.
   */
  hold(role: ProcessRole, onGained: (term: RoleTerm) => void): Disposable;
  /** Calls back when an outage has taken the role from this process, until disposal. */
  onOutage(role: ProcessRole, onBegun: (outage: Outage) => void): Disposable;
  /** The term in which this process acts now. */
  termOf(role: ProcessRole): RoleTerm | undefined;
  /** Whether the role was held by anybody when it was last looked for. */
  isHeld(role: ProcessRole): boolean;
  /** Gives the role back, for good: another process gains it at once. */
  release(role: ProcessRole): Promise<void>;
  /**
   * Whether a process that has not beaten lately is dead. Not while this one itself could not reach the database without a
   * pause for as long as a silent process may live: then nobody could.
   */
  seesWhoIsDead(): boolean;
  /** The processes that live, this one included. */
  living(): Promise<readonly LivingProcess[]>;
  /** Tells the others; never rejects. */
  tell(news: ProcessNews): void;
  /** Hears what other processes tell. */
  onNews(listener: (news: ProcessNews) => void): Disposable;
};

export type ProcessFacts = {
  readonly id: string;
  readonly host: string;
  readonly version: string;
};

/** What became of a role that a process wants. */
export type RoleAnswer =
  | { readonly kind: 'held'; readonly fence: number }
  /** Another living process has it, and would be taken for dead so many milliseconds from now. */
  | { readonly kind: 'taken'; readonly freeInMs: number };

/** How often a process shows that it lives. */
export const beatEveryMs = 2_000;
/** A process that was silent for this long, by the clock of the database, is dead. */
export const deadAfterMs = 9_000;

/** Where processes meet. All times are measured by the clock of the database. */
export type ProcessStore = {
  /**
   * Notes that the process lives, which renews its roles, and gives it those of the wanted ones that no living process
   * has; a role that changes hands gets a greater fence. One statement: no process holds up another one.
   */
  beat(
    process: ProcessFacts,
    wanted: readonly ProcessRole[],
  ): Promise<Readonly<Partial<Record<ProcessRole, RoleAnswer>>>>;
  /** The role has no holder any more, where the process still had it. */
  release(id: string, role: ProcessRole): Promise<void>;
  /** The process ends: it has no role any more, and counts as dead. */
  leave(id: string): Promise<void>;
  living(): Promise<readonly LivingProcess[]>;
  tell(by: string, news: ProcessNews): Promise<void>;
  /** Hears what others told. */
  subscribe(id: string, listener: (news: ProcessNews) => void): Disposable;
};
