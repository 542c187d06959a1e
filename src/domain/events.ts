import type { Alert } from './alert.ts';
import type { Choice } from './attempt-trail.ts';
import { type AttemptFailure, type FailureCode, type FailureReason, type Kept, type ResultFailure } from './failure.ts';
import type { TraceParent } from './gateway/client-call.ts';
import type { JobId, KeyId, ProviderName } from './ids.ts';
import type { HeldReason, ParkReason } from './job.ts';
import type { JobKind, Lane } from './kinds.ts';
import type { KeyEndEvent, KeyState } from './key-state.ts';
import type { BucketFailure } from './media.ts';
import type { ProcessRole } from './shared/processes.ts';
import type { SafetyEvent } from './safety/safety.ts';
import type { StarEvent } from './payments/star-events.ts';

type AttemptFacts = {
  readonly jobId: JobId;
  /** Which attempt of how many at this candidate; a change of keys by the key's fault keeps the number. */
  readonly attempt: number;
  readonly of: number;
  readonly keyId: KeyId;
  readonly keyName: string;
  readonly model: string;
};

/** Everything that is worth a log line. Ids and names only: no prompt, no secret. */
export type AppEvent =
  | { readonly event: 'app.started'; readonly keys: number; readonly waiting: number; readonly bot: string }
  /** What an operator who has just started the bot wants to know. */
  | {
      readonly event: 'app.ready';
      /** Where people write to the bot. */
      readonly link: string;
      /** Where it can be asked whether it serves, with the port that it really has. */
      readonly health: string;
      /** The first model of each kind of request, as `image: bytez:org/model`. */
      readonly models: readonly string[];
      readonly admins: number;
      readonly keys: number;
    }
  | {
      readonly event: 'app.recovered';
      readonly handedBack: number;
      readonly setAside: number;
      readonly undelivered: number;
    }
  /** Expired or orphaned data was deleted. */
  | { readonly event: 'retention.deleted'; readonly requests: number; readonly results: number }
  | { readonly event: 'app.stopping'; readonly running: number }
  | { readonly event: 'app.stopped'; readonly handedBack: number }
  | { readonly event: 'config.warning'; readonly text: string }
  /** Somebody asked for it, and nothing stood against it. */
  | { readonly event: 'config.reloaded'; readonly keys: number }
  /** The operator's models table, or failure rules, changed, and the new ones are in use. */
  | { readonly event: 'models.reloaded'; readonly rows: number }
  | { readonly event: 'rules.reloaded'; readonly rows: number }
  /** The file of the gateway's clients changed, and the new one is in use. */
  | { readonly event: 'clients.reloaded'; readonly clients: number }
  /** Another program was not told something: it did not take it for a day, or wants to hear nothing more. */
  | {
      readonly event: 'webhook.failed';
      readonly target: string;
      readonly type: string;
      readonly tries: number;
      readonly why: string;
    }
  /** Something went wrong that no rule foresees; `what` says what was attempted. */
  | { readonly event: 'app.error'; readonly what: string; readonly error: unknown }
  /** The machine refuses what has to be kept; told once, and nothing more of it until it is over. */
  | { readonly event: 'storage.unavailable'; readonly what: Kept; readonly error: unknown; readonly onServer?: true }
  | { readonly event: 'storage.recovered'; readonly what: Kept; readonly lastedMs: number }
  /** The bucket takes, or deletes, no copies of results; told once for each reason, and nothing more until it works. */
  | {
      readonly event: 'bucket.failing';
      readonly why: BucketFailure;
      /** A status and a code. */
      readonly detail: string;
      /** How far the bucket's clock is ahead of this machine's, where that is why. */
      readonly aheadMs?: number;
    }
  | { readonly event: 'bucket.recovered' }
  /** The bucket takes no object of this size; the result stays without a copy. */
  | { readonly event: 'copy.refused'; readonly jobId: JobId; readonly bytes: number }
  /** Telegram refuses the address of a copy for a button; the result stays without one. */
  | { readonly event: 'link.refused'; readonly jobId: JobId; readonly detail: string }
  | {
      readonly event: 'job.accepted';
      readonly jobId: JobId;
      readonly kind: JobKind;
      readonly lane: Lane;
      readonly ahead: number;
      /** The client whose call it is. */
      readonly client?: string;
      readonly trace?: TraceParent;
    }
  | { readonly event: 'job.started'; readonly jobId: JobId; readonly line: ProviderName; readonly waitedMs: number }
  | {
      readonly event: 'job.parked';
      readonly jobId: JobId;
      readonly line: ProviderName;
      readonly reason: ParkReason;
      readonly forMs: number;
    }
  | {
      readonly event: 'job.produced';
      readonly jobId: JobId;
      readonly bytes: number;
      readonly mime: string;
      readonly ms: number;
    }
  | { readonly event: 'job.failed'; readonly jobId: JobId; readonly code: FailureCode; readonly calls: number }
  /** How many processes died while they worked on the job; 0 when its stored row cannot be read. */
  | { readonly event: 'job.dead-lettered'; readonly jobId: JobId; readonly processes: number }
  | { readonly event: 'job.cancelled'; readonly jobId: JobId }
  | { readonly event: 'job.delivered'; readonly jobId: JobId; readonly ms: number; readonly as: 'edit' | 'message' }
  | { readonly event: 'job.notified'; readonly jobId: JobId; readonly code: FailureCode }
  /** The outcome is kept; see `HeldReason` for when it is shown after all. */
  | { readonly event: 'job.undeliverable'; readonly jobId: JobId; readonly why: string; readonly held: HeldReason }
  /** Telegram has failed to take the outcome this many times. */
  | { readonly event: 'job.delivery-postponed'; readonly jobId: JobId; readonly tries: number; readonly inMs: number }
  | ({ readonly event: 'attempt.started'; readonly choice: Choice; readonly waitedMs: number } & AttemptFacts)
  | ({ readonly event: 'attempt.failed'; readonly failure: AttemptFailure; readonly ms: number } & AttemptFacts)
  /** The provider has taken the work on and is asked about it from now on; `resumed` by a process that found it so. */
  | ({ readonly event: 'attempt.submitted' } & AttemptFacts)
  | ({ readonly event: 'attempt.resumed' } & AttemptFacts)
  /** The process that made the call ended before its answer, and a second one could be paid twice: the job ends. */
  | ({ readonly event: 'attempt.lost' } & AttemptFacts)
  | ({ readonly event: 'attempt.succeeded'; readonly ms: number } & AttemptFacts)
  | { readonly event: 'result.refetch'; readonly jobId: JobId; readonly detail: string }
  /** The result of a call that succeeded could not be used. */
  | ({ readonly event: 'result.refused'; readonly jobId: JobId; readonly model: string } & ResultFailure)
  | { readonly event: 'key.changed'; readonly keyId: KeyId; readonly keyName: string; readonly state: KeyState }
  /** Refusals showed that these keys belong to one account and share its seats. */
  | { readonly event: 'keys.grouped'; readonly provider: ProviderName; readonly keyNames: readonly string[] }
  | { readonly event: 'keys.tested'; readonly working: number; readonly total: number; readonly ms: number }
  /** The free probes of a provider's keys find no such provider at its base URL, or find it again. */
  | { readonly event: 'address.wrong'; readonly provider: ProviderName; readonly detail: string }
  | { readonly event: 'address.right'; readonly provider: ProviderName }
  /** The environment or a watched key file changed. */
  | { readonly event: 'keys.reloaded'; readonly added: readonly string[]; readonly removed: readonly string[] }
  /** A seat was lent to another program, and came back; `expired` where its holder said nothing in time. */
  | {
      readonly event: 'lease.lent';
      readonly leaseId: string;
      readonly keyId: KeyId;
      readonly keyName: string;
      readonly provider: ProviderName;
      readonly forMs: number;
    }
  | {
      readonly event: 'lease.ended';
      readonly leaseId: string;
      readonly keyId: KeyId;
      readonly keyName: string;
      readonly provider: ProviderName;
      readonly how: 'succeeded' | 'failed' | 'unused' | 'expired';
      readonly reason?: FailureReason;
    }
  /** The suspicion or cooldown of these keys was cleared: the provider was at fault. */
  | { readonly event: 'keys.cleared'; readonly provider: ProviderName; readonly keyNames: readonly string[] }
  /** The machine's clock was set while the app ran. */
  | { readonly event: 'clock.jumped'; readonly byMs: number }
  /** A failure that no table knows, for the maintainer of the table. */
  | {
      readonly event: 'failure.unrecognized';
      readonly provider: ProviderName;
      readonly detail: string;
      readonly count: number;
    }
  | { readonly event: 'alert.raised' | 'alert.resolved'; readonly alert: Alert }
  /** The chat of an admin is closed to the bot. */
  | { readonly event: 'alert.undeliverable'; readonly adminId: number; readonly detail: string }
  /** Somebody who is no admin asked for what only admins see, and was answered as if it did not exist. */
  | { readonly event: 'admin.refused'; readonly userId: number }
  | { readonly event: 'model.cooling'; readonly provider: ProviderName; readonly model: string; readonly forMs: number }
  /** It has refused several requests in a row, with several keys where there are, in words that name no cause. */
  | { readonly event: 'model.closed'; readonly provider: ProviderName; readonly model: string }
  /** Its provider said for sure that it does not serve the model, and serves others; `replacedBy` is asked in its place. */
  | {
      readonly event: 'model.gone';
      readonly provider: ProviderName;
      readonly model: string;
      readonly replacedBy?: string;
    }
  /** Its keys are accepted, and it serves no model of the chains, or some again. */
  | { readonly event: 'provider.empty'; readonly provider: ProviderName }
  | { readonly event: 'provider.filled'; readonly provider: ProviderName }
  /** The provider has told which models it serves. */
  | { readonly event: 'models.listed'; readonly provider: ProviderName; readonly models: number }
  /** A model of a chain ends within two weeks, or has ended; told once for each date. */
  | {
      readonly event: 'model.ends';
      readonly provider: ProviderName;
      readonly model: string;
      readonly endsOn: string;
      readonly replacedBy?: string;
    }
  /** The key gets no call of this model through: its plan does not include it. */
  | {
      readonly event: 'key.not-in-plan';
      readonly keyId: KeyId;
      readonly keyName: string;
      readonly provider: ProviderName;
      readonly model: string;
    }
  /** What was spent today has reached four fifths of a budget, or all of it; the budget of all providers is `all`. */
  | {
      readonly event: 'budget.near' | 'budget.spent';
      readonly of: ProviderName | 'all';
      /** US dollars. */
      readonly usd: number;
      readonly limit: number;
    }
  /** A new day has begun for a budget that was nearly or wholly spent. */
  | { readonly event: 'budget.renewed'; readonly of: ProviderName | 'all' }
  | KeyEndEvent
  | { readonly event: 'breaker.opened' | 'breaker.closed'; readonly provider: ProviderName }
  | {
      readonly event: 'telegram.error';
      readonly method: string;
      readonly detail: string;
      readonly retryInMs?: number;
    }
  /** Another process polls with this bot's token; a newcomer waits until that one has gone. */
  | { readonly event: 'telegram.conflict'; readonly by: 'poll' | 'webhook'; readonly waits: boolean }
  | { readonly event: 'telegram.conflict-over'; readonly afterMs: number }
  /** Of several processes, this one has the role from now on. */
  | { readonly event: 'role.gained'; readonly role: ProcessRole; readonly fence: number }
  | { readonly event: 'role.lost'; readonly role: ProcessRole }
  /** An update that is not answered, and why; never a word of it. */
  | { readonly event: 'update.ignored'; readonly updateId: number; readonly why: string }
  /** A whole batch was known before: nobody in it is answered. */
  | { readonly event: 'updates.all-known'; readonly count: number }
  /** The bot was given another username while it ran. */
  | { readonly event: 'bot.renamed'; readonly bot: string }
  | StarEvent
  | SafetyEvent
  | { readonly event: 'update.failed'; readonly updateId: number; readonly error: unknown; readonly setAside: boolean };

/** The one way to say that something happened; never throws, never waits. */
export type Emit = (event: AppEvent) => void;
