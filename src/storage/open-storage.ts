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
import type { SharedStores } from '../domain/shared/shared-stores.ts';
import type { FeedbackStore } from '../domain/personal/feedback.ts';
import type { PastRequests } from '../domain/personal/past-requests.ts';
import type { Users } from '../domain/users.ts';
import { type Clock, every, systemClock } from '../kit/clock.ts';
import { OutageTracker } from '../kit/outage-tracker.ts';
import { isWritable, openDatabase, type SqliteDatabase } from './sqlite/database.ts';
import {
  createAdminCommands,
  createAlertStore,
  createAuditLog,
  createNotices,
  createOperatorKeys,
} from './stores/admin-state.ts';
import { createChatStore, createDialogues, createUsers } from './stores/people-and-chats.ts';
import { createEffectLedger } from './stores/effect-ledger.ts';
import { createClientStore } from './stores/client-store.ts';
import { createGroups } from './stores/safety/group-store.ts';
import { createInbox } from './stores/inbox.ts';
import { createJobEngine } from './stores/jobs/job-engine.ts';
import { laneWaits } from './stores/jobs/lane-waits.ts';
import { createResultCopies } from './stores/jobs/result-copies.ts';
import { createRewrites } from './stores/jobs/rewrites.ts';
import { createKeyStore } from './stores/key-store.ts';
import { createRetryAfterStore } from './stores/retry-after-store.ts';
import { createWebhookOutbox } from './stores/webhook-outbox.ts';
import { createSafety } from './stores/safety/safety-store.ts';
import { createFeedback } from './stores/personal/feedback.ts';
import { createPastRequests } from './stores/personal/past-requests.ts';
import { createPayments } from './stores/payments/payment-store.ts';
import { createAccess } from './stores/people/access-store.ts';
import { createBroadcasts } from './stores/people/broadcast-store.ts';
import { createExports, createPeople } from './stores/people/people-store.ts';
import { createStatusLists } from './stores/status-lists.ts';
import type { StorageError } from './storage-error.ts';

/** All stores of this machine, over one database; disposing closes it. */
export type Storage = Disposable & {
  /** What several processes need that share the database; absent where there can be only one. */
  readonly shared?: SharedStores;
  readonly database: SqliteDatabase;
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
  readonly laneWaits: () => Promise<LaneWaits>;
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
    engine: createJobEngine({ database, clock, running, lines }),
    ledger: createEffectLedger(database),
    inbox: createInbox(database),
    users: createUsers(database),
    people: createPeople(database),
    access: createAccess(database),
    broadcasts: createBroadcasts(database),
    exports: createExports(database),
    pastRequests: createPastRequests(database),
    feedback: createFeedback(database),
    payments: createPayments(database),
    laneWaits: () => database.read(() => laneWaits(database, clock.now())),
    safety: createSafety(database),
    groups: createGroups(database),
    dialogues: createDialogues(database),
    chats: createChatStore(database),
    rests: createRetryAfterStore(database),
    statusLists: createStatusLists(database),
    keyStore: createKeyStore(database, onUnreadableKey),
    commands: createAdminCommands(database),
    alerts: createAlertStore(database),
    notices: createNotices(database),
    audit: createAuditLog(database),
    operatorKeys: createOperatorKeys(database),
    rewrites: createRewrites(database),
    resultCopies: createResultCopies(database),
    clients: createClientStore(database),
    webhooks: createWebhookOutbox(database),
    [Symbol.dispose]: () => {
      checking[Symbol.dispose]();
      watch[Symbol.dispose]();
      database[Symbol.dispose]();
    },
  };
}
