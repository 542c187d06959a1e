import type { Alert } from './alert.ts';
import type { AttemptTrail } from './attempt-trail.ts';
import type { JobId, KeyId, ProviderName } from './ids.ts';
import type { DayCost, Spending } from './costs.ts';
import type { EngineStats, JobFilter, PastJob } from './job-engine.ts';
import type { JobKind, Lane } from './kinds.ts';
import type { Payment, PaymentSums } from './payments/payment.ts';
import type { Block, Restrictions } from './safety/safety.ts';
import type { User } from './users.ts';
import type { History, KeyView, PoolView } from './views.ts';
import type { FailureReason } from './failure.ts';
import type { KeySettingsPatch, OwnKeySettings } from './key-state.ts';

/** Every key, or these; an id that no key has is passed over. */
export type KeyChoice = 'all' | readonly KeyId[];

/** What became of a change. */
export type Change<Value> =
  /** It has been made, durably. */
  | { readonly kind: 'done'; readonly value: Value }
  /** It is durably asked for, and will be made as soon as the owner of the database runs and finds it. */
  | { readonly kind: 'asked' };

/** What reading the settings again gave. */
export type Reloaded = {
  /** How many keys are in use now. */
  readonly keys: number;
  /** Why everything stays as it was; empty when the new settings are in use. Names, never values. */
  readonly mistakes: readonly string[];
};

/** What reading the admin's token again gave. */
export type TokenRenewed = {
  /** Whether the token with the mark that was asked for is the one in use now. */
  readonly isInUse: boolean;
  /** Why the token stays as it was; names, never values. */
  readonly mistakes: readonly string[];
};

/** How the cancelling of a job ended. */
export type CancelEnding = 'cancelled' | 'too-late' | 'not-found';

export type KeyTestOptions = {
  /** Called with each test as it ends. */
  readonly onTest?: (test: KeyTest) => void;
  /** Once it aborts, the call rejects with its reason. */
  readonly signal?: AbortSignal;
};

/** A key that an operator adds while the bot runs. */
export type NewKey = OwnKeySettings & { readonly provider: ProviderName; readonly key: string };

export type KeyAdded =
  | { readonly kind: 'added'; readonly id: KeyId }
  | { readonly kind: 'no-master-key' | 'no-such-provider' | 'known' }
  /** It cannot be a key. */
  | { readonly kind: 'malformed'; readonly why: string }
  /** Its provider refuses it, or could not be asked: it is not kept. */
  | { readonly kind: 'refused' | 'not-tested'; readonly reason: FailureReason };

export type KeyRemoved =
  | { readonly kind: 'removed' | 'no-such-key' }
  /** It was not added while the bot ran: `where` names the variable or file it has to be taken out of. */
  | { readonly kind: 'configured'; readonly where: string };

export type AdminKeys = {
  /** Every configured key with what is known of it, in the order of the keys. */
  list(): Promise<readonly KeyView[]>;
  /** Puts keys that cool or are benched back to work; how many did. */
  wake(keys: KeyChoice): Promise<Change<number>>;
  /** Takes keys out of use until they are enabled; how many were in use. */
  disable(keys: KeyChoice): Promise<Change<number>>;
  /** Uses disabled keys again; how many were disabled. */
  enable(keys: KeyChoice): Promise<Change<number>>;
  /**
   * Asks the providers whether they accept these keys, without spending anything. `all` leaves disabled keys out, and a
   * key whose provider cannot be asked in this version is always left out.
   */
  test(keys: KeyChoice, options?: KeyTestOptions): Promise<readonly KeyTest[]>;
  /** Tests the key, keeps it encrypted and uses it at once. Another process hands it on encrypted under MASTER_KEY. */
  add(key: NewKey): Promise<Change<KeyAdded>>;
  /** Sets what is given for one key and clears what is null; takes effect at once. False where no key has the id. */
  set(id: KeyId, patch: KeySettingsPatch): Promise<Change<boolean>>;
  /** Forgets a key that was added while the bot ran; its calls in flight end as they will. */
  remove(id: KeyId): Promise<Change<KeyRemoved>>;
};

export type AdminJobs = {
  /** The jobs accepted last, newest first. */
  list(filter: JobFilter): Promise<readonly PastJob[]>;
  find(id: JobId): Promise<PastJob | undefined>;
  /** How many wait and run, line by line. */
  stats(): Promise<EngineStats>;
  /** Every call made for the job, in order. */
  trail(id: JobId): Promise<readonly AttemptTrail[]>;
  /** Ends any person's job; its owner gets the same words as after their own cancel. */
  cancel(id: JobId): Promise<Change<CancelEnding>>;
};

/** A person by number: no words of theirs. */
export type Person = {
  readonly user: User;
  readonly lane: Lane;
  /** How many of each kind they have asked for today, what was given back not counted. */
  readonly usedToday: Readonly<Record<JobKind, number>>;
  /** Their jobs of whose outcome they do not know yet. */
  readonly openJobs: number;
  /** Why they may ask for nothing now, and what counts against them. */
  readonly restrictions: Restrictions;
};

export type AdminPeople = {
  /** Somebody who never wrote is found too, with nothing known. */
  find(id: number): Promise<Person>;
  /**
   * Adds days to what is left of the person's premium; until when it lasts then, in milliseconds since 1970. The same
   * `grant` is given once, however often it is asked for.
   */
  addPremium(id: number, days: number, grant: string): Promise<Change<number>>;
  /** A person, or everybody in a group (with its negative id), may ask for nothing from now on; their open jobs end. */
  block(id: number, reason: string | undefined): Promise<Change<boolean>>;
  /** Ends a block, and a rest after refusals; false where there was neither. */
  unblock(id: number): Promise<Change<boolean>>;
  blocks(): Promise<readonly Block[]>;
};

/** The providers that accept their keys and serve no model of the chains, as the raised alerts say. */
export function emptyProviders(alerts: readonly Pick<Alert, 'facts'>[]): readonly ProviderName[] {
  return alerts.flatMap(({ facts }) => (facts.kind === 'provider-empty' ? [facts.provider] : []));
}

/** Something that an operator did. */
export type AuditEntry = {
  readonly seq: number;
  readonly atMs: number;
  /** The way in: `telegram`, `command line`, `http`. */
  readonly by: string;
  readonly action: string;
  /** Ids and names; never a secret, never words of people. */
  readonly target: string;
};

export type AuditPage = {
  readonly count: number;
  /** Only entries before this one: the last of the page before. */
  readonly before?: number;
};

/** Keeps the newest 10,000 entries. */
export type AuditLog = {
  note(entry: Omit<AuditEntry, 'seq'>): Promise<void>;
  latest(page: AuditPage): Promise<readonly AuditEntry[]>;
};

/** An alert that is raised now. */
export type RaisedAlert = Alert & { readonly raisedAtMs: number };

/** Payments for an operator; a refund needs their charge ids. */
export type PaymentsView = { readonly sums: PaymentSums; readonly latest: readonly Payment[] };

/**
 * What operators see and do. One face for `/keys` and the admin commands of the bot, for the command line and for HTTP:
 * the process that owns the database implements it over what it has in memory, another process over the database,
 * read-only, with changes as command rows that the owner picks up. The same question gets the same answer from both.
 */
export type AdminApi = {
  readonly keys: AdminKeys;
  readonly jobs: AdminJobs;
  readonly people: AdminPeople;
  /** Reads `.env`, the key files and the operator's tables again: keys, weights, seats, accounts and tables apply at once. */
  reload(): Promise<Change<Reloaded>>;
  /** Reads the admin's token again, which takes effect at once; `mark` (of `tokenMark`) is that of the one expected there. */
  renewToken(mark: string): Promise<Change<TokenRenewed>>;
  /** What is wrong right now, in the order in which it began; nothing while no owner runs. */
  alerts(): Promise<readonly RaisedAlert[]>;
  /** What operators did, newest first. */
  audit(page: AuditPage): Promise<readonly AuditEntry[]>;
  /** Notes something that needs no change to be worth knowing; rejects when it cannot be noted. */
  note(action: string, target: string): Promise<void>;
  /** What was spent on the UTC day of this moment, in milliseconds since 1970, and later. */
  costs(sinceMs: number): Promise<readonly DayCost[]>;
  /** The newest payments in Telegram Stars, and the sums of all of them. */
  payments(count: number): Promise<PaymentsView>;
  /** What became of the jobs of the last so many hours, by the hour; by the UTC day where there are more than 48. */
  history(hours: number): Promise<History>;
  /** As `costs`, summed up by day and provider and by person; of these at most so many. */
  spending(sinceMs: number, maxPeople: number): Promise<Spending>;
};

/** A change that another process requests from the owner of the database. */
export type AdminCommand =
  | { readonly kind: 'wake-keys' | 'disable-keys' | 'enable-keys'; readonly keys: KeyChoice }
  | { readonly kind: 'cancel-job'; readonly jobId: JobId }
  | {
      readonly kind: 'add-key';
      readonly provider: ProviderName;
      readonly keyId: KeyId;
      /** As it is kept: encrypted under MASTER_KEY. */
      readonly sealed: string;
      readonly settings: OwnKeySettings;
    }
  | { readonly kind: 'set-key'; readonly keyId: KeyId; readonly patch: KeySettingsPatch }
  | { readonly kind: 'remove-key'; readonly keyId: KeyId }
  | { readonly kind: 'reload' }
  | { readonly kind: 'renew-token'; readonly mark: string }
  | { readonly kind: 'block'; readonly id: number; readonly reason?: string }
  | { readonly kind: 'unblock'; readonly id: number }
  | { readonly kind: 'add-premium'; readonly userId: number; readonly days: number; readonly grant: string };

/** What the owner did. */
export type AdminAnswer =
  | { readonly kind: 'keys-changed'; readonly count: number }
  | ({ readonly kind: 'reloaded' } & Reloaded)
  | ({ readonly kind: 'token-renewed' } & TokenRenewed)
  | { readonly kind: 'job-cancelled'; readonly ending: CancelEnding }
  | { readonly kind: 'key-added'; readonly added: KeyAdded }
  | { readonly kind: 'key-set'; readonly isKnown: boolean }
  | { readonly kind: 'key-removed'; readonly removed: KeyRemoved }
  | { readonly kind: 'block-changed'; readonly value: boolean }
  | { readonly kind: 'premium-added'; readonly untilMs: number };

export type PendingCommand = { readonly seq: number; readonly command: AdminCommand };

/** Commands wait here, durably, until the owner of the database has carried them out. */
export type AdminCommands = {
  /** Commands that have no answer, oldest first; one that this version cannot read is passed over. */
  pending(): Promise<readonly PendingCommand[]>;
  /** Keeps the command and returns its number. */
  ask(command: AdminCommand, nowMs: number): Promise<number>;
  /** Keeps what was done; an answer is kept for an hour. */
  answer(seq: number, answer: AdminAnswer, nowMs: number): Promise<void>;
  /** Undefined while the command waits, and once its answer is gone. */
  answerOf(seq: number): Promise<AdminAnswer | undefined>;
};

/** Shows other processes than the owner of the database which alerts are raised. */
export type AlertStore = {
  /** These and no others are raised now. */
  save(alerts: readonly RaisedAlert[]): Promise<void>;
  /** As saved last; one that this version cannot read is passed over. */
  load(): Promise<readonly RaisedAlert[]>;
};

/** Remembers across restarts what was told once and for all. */
export type NoticeStore = {
  /** Whether the caller is the one to tell it: true for one call with each id, of all processes. */
  mayTell(id: string, nowMs: number): Promise<boolean>;
};

/** What the free probe said of one key. */
export type KeyTest = {
  readonly id: KeyId;
  readonly name: string;
  readonly ok: boolean;
  /** Why not; `unreachable` and the like say nothing about the key. */
  readonly reason?: FailureReason;
  /** What the provider said, on one line, without secrets. */
  readonly detail?: string;
  readonly ms: number;
};

/** What an admin may see and do about keys. */
export type KeyMaintenanceView = {
  snapshot(): PoolView;
  /** As `AdminKeys.test`. */
  test(keys: KeyChoice, options?: KeyTestOptions): Promise<readonly KeyTest[]>;
  /** Ends cooldowns and benches. Returns how many keys changed. */
  wake(keys: KeyChoice): number;
  /** How many were in use. */
  disable(keys: KeyChoice): number;
  /** How many were disabled. */
  enable(keys: KeyChoice): number;
};
