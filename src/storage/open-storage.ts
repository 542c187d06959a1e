import type { AdminCommands, AlertStore, AuditLog, NoticeStore } from '../domain/admin-api.ts';
import type { ChatStore, DialogueStore, RetryAfterStore, StatusListStore } from '../domain/chats/chat-store.ts';
import type { EffectLedger } from '../domain/effect-ledger.ts';
import type { JobEngine, RewrittenPrompts, RunningCaps } from '../domain/job-engine.ts';
import type { CallCosts } from '../domain/costs.ts';
import type { Emit } from '../domain/events.ts';
import type { ClientNumbers } from '../domain/gateway/api-client.ts';
import type { WebhookOutbox } from '../domain/gateway/webhook-outbox.ts';
import type { GroupStore } from '../domain/chats/group-settings.ts';
import type { Inbox } from '../domain/inbox.ts';
import type { KeyStore, OperatorKeys } from '../domain/key-state.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { CopyStore } from '../domain/media.ts';
import type { LaneWaits } from '../domain/payments/lane-waits.ts';
import type { PaymentStore } from '../domain/payments/payment-store.ts';
import type { AccessStore } from '../domain/people/access.ts';
import type { Broadcasts } from '../domain/people/broadcasts.ts';
import type { ExportRequests, People } from '../domain/people/people.ts';
import type { SafetyStore } from '../domain/safety/safety.ts';
import type { FeedbackStore } from '../domain/personal/feedback.ts';
import type { PastRequests } from '../domain/personal/past-requests.ts';
import type { Users } from '../domain/users.ts';
import { type Clock, every, systemClock } from '../kit/clock.ts';
import { OutageTracker } from '../kit/outage-tracker.ts';
import { type Database, openDatabase, isWritable } from './sqlite/database.ts';
import {
  createSqliteAdminCommands,
  createSqliteAlertStore,
  createSqliteAuditLog,
  createSqliteNotices,
  createSqliteOperatorKeys,
} from './sqlite/admin-state.ts';
import {
  createSqliteChatStore,
  createSqliteDialogues,
  createSqliteEffectLedger,
  createSqliteUsers,
} from './sqlite/people-and-chats.ts';
import { createSqliteClientStore } from './sqlite/client-store.ts';
import { createSqliteGroups } from './sqlite/safety/group-store.ts';
import { createSqliteInbox } from './sqlite/inbox.ts';
import { createSqliteJobEngine } from './sqlite/jobs/job-engine.ts';
import { laneWaits } from './sqlite/jobs/lane-waits.ts';
import { createSqliteResultCopies } from './sqlite/jobs/result-copies.ts';
import { createSqliteRewrites } from './sqlite/jobs/rewrites.ts';
import { createSqliteKeyStore } from './sqlite/key-store.ts';
import { createSqliteRetryAfterStore } from './sqlite/retry-after-store.ts';
import { createSqliteWebhookOutbox } from './sqlite/webhook-outbox.ts';
import { createSqliteSafety } from './sqlite/safety/safety-store.ts';
import { createSqliteFeedback } from './sqlite/personal/feedback.ts';
import { createSqlitePastRequests } from './sqlite/personal/past-requests.ts';
import { createSqlitePayments } from './sqlite/payments/payment-store.ts';
import { createSqliteAccess } from './sqlite/people/access-store.ts';
import { createSqliteBroadcasts } from './sqlite/people/broadcast-store.ts';
import { createSqliteExports, createSqlitePeople } from './sqlite/people/people-store.ts';
import { createSqliteStatusLists } from './sqlite/status-lists.ts';
import type { StorageError } from './sqlite/storage-error.ts';

/** All stores of this machine, over one database; disposing closes it. */
export type Storage = Disposable & {
  readonly database: Database;
  /** True when a test write succeeds now. */
  readonly takesWrites: () => boolean;
  readonly engine: JobEngine;
  readonly ledger: EffectLedger;
  readonly inbox: Inbox;
  readonly users: Users;
  readonly people: People;
  readonly access: AccessStore;
  readonly broadcasts: Broadcasts;
  readonly exports: ExportRequests;
  readonly pastRequests: PastRequests;
  readonly feedback: FeedbackStore;
  readonly payments: PaymentStore;
  /** How long the requests of each lane waited lately. */
  readonly laneWaits: () => LaneWaits;
  readonly safety: SafetyStore;
  readonly groups: GroupStore;
  readonly dialogues: DialogueStore;
  readonly chats: ChatStore;
  readonly rests: RetryAfterStore;
  readonly statusLists: StatusListStore;
  readonly keyStore: KeyStore;
  /** The numbers of API clients, and what their calls cost. */
  readonly clients: ClientNumbers & CallCosts;
  /** What other programs are told. */
  readonly webhooks: WebhookOutbox;
  readonly commands: AdminCommands;
  readonly alerts: AlertStore;
  readonly notices: NoticeStore;
  readonly audit: AuditLog;
  readonly operatorKeys: OperatorKeys;
  readonly rewrites: RewrittenPrompts;
  readonly resultCopies: CopyStore;
};

export type StorageOptions = {
  readonly path: string;
  readonly running: RunningCaps;
  /** As of a connection. */
  readonly dayOf?: (nowMs: number) => number;
  /** Called for each key record that cannot be read. */
  readonly onUnreadableKey: (error: StorageError) => void;
  /** The lines from which jobs are claimed; without it, every line. */
  readonly lines?: readonly ProviderName[];
  readonly clock?: Clock;
  readonly emit?: Emit;
};

const checkPlaceEveryMs = 5_000;

/** Opens all stores. Emits one event when the database stops accepting writes, and one when it accepts them again. */
export function openStorage(options: StorageOptions): Storage {
  const { path, running, lines, onUnreadableKey, clock = systemClock, emit = () => undefined } = options;
  const isWellNow = () => isWritable(database, clock.now());
  const watch = new OutageTracker({
    clock,
    isOver: () => isWellNow(),
    onBegin: (error) => emit({ event: 'storage.unavailable', what: 'database', error }),
    onEnd: (lastedMs) => emit({ event: 'storage.recovered', what: 'database', lastedMs }),
  });
  let isOpen = false;
  // A refusal while it opens is thrown to the caller and needs no event.
  const database = openDatabase({
    path,
    ...(options.dayOf === undefined ? {} : { dayOf: options.dayOf }),
    clock,
    onRefusal: (error) => (isOpen ? watch.recordFailure(error) : undefined),
  });
  isOpen = true;
  // A bot that nobody writes to notices too that its file is gone.
  const checking = every(clock, checkPlaceEveryMs, () => {
    try {
      database.checkPlace();
    } catch {
      // Reported as a refusal.
    }
  });
  return {
    database,
    takesWrites: () => !watch.isOn && isWellNow(),
    engine: createSqliteJobEngine({ database, clock, running, lines }),
    ledger: createSqliteEffectLedger(database),
    inbox: createSqliteInbox(database),
    users: createSqliteUsers(database),
    people: createSqlitePeople(database),
    access: createSqliteAccess(database),
    broadcasts: createSqliteBroadcasts(database),
    exports: createSqliteExports(database),
    pastRequests: createSqlitePastRequests(database),
    feedback: createSqliteFeedback(database),
    payments: createSqlitePayments(database),
    laneWaits: () => laneWaits(database, clock.now()),
    safety: createSqliteSafety(database),
    groups: createSqliteGroups(database),
    dialogues: createSqliteDialogues(database),
    chats: createSqliteChatStore(database),
    rests: createSqliteRetryAfterStore(database),
    statusLists: createSqliteStatusLists(database),
    keyStore: createSqliteKeyStore(database, onUnreadableKey),
    commands: createSqliteAdminCommands(database),
    alerts: createSqliteAlertStore(database),
    notices: createSqliteNotices(database),
    audit: createSqliteAuditLog(database),
    operatorKeys: createSqliteOperatorKeys(database),
    rewrites: createSqliteRewrites(database),
    resultCopies: createSqliteResultCopies(database),
    clients: createSqliteClientStore(database),
    webhooks: createSqliteWebhookOutbox(database),
    [Symbol.dispose]: () => {
      checking[Symbol.dispose]();
      watch[Symbol.dispose]();
      database[Symbol.dispose]();
    },
  };
}
