import type { AdminCommands, AlertStore, AuditLog, NoticeStore } from '../../domain/admin-api.ts';
import type { ChatStore, DialogueStore, RetryAfterStore, StatusListStore } from '../../domain/chats/chat-store.ts';
import type { EffectLedger } from '../../domain/effect-ledger.ts';
import type { JobEngine, RewrittenPrompts } from '../../domain/job-engine.ts';
import type { CallCosts } from '../../domain/costs.ts';
import type { ClientNumbers } from '../../domain/gateway/api-client.ts';
import type { WebhookOutbox } from '../../domain/gateway/webhook-outbox.ts';
import type { GroupStore } from '../../domain/chats/group-settings.ts';
import type { Inbox } from '../../domain/inbox.ts';
import type { KeyStore, OperatorKeys } from '../../domain/key-state.ts';
import type { CopyStore } from '../../domain/media.ts';
import type { LaneWaits } from '../../domain/payments/lane-waits.ts';
import type { PaymentStore } from '../../domain/payments/payment-store.ts';
import type { AccessStore } from '../../domain/people/access.ts';
import type { Broadcasts } from '../../domain/people/broadcasts.ts';
import type { ExportRequests, People } from '../../domain/people/people.ts';
import type { SafetyStore } from '../../domain/safety/safety.ts';
import type { FeedbackStore } from '../../domain/personal/feedback.ts';
import type { PastRequests } from '../../domain/personal/past-requests.ts';
import type { Users } from '../../domain/users.ts';
import type { Clock } from '../../kit/clock.ts';
import {
  createAdminCommands,
  createAlertStore,
  createAuditLog,
  createNotices,
  createOperatorKeys,
} from './admin-state.ts';
import { createChatStore, createDialogues, createUsers } from './people-and-chats.ts';
import { createEffectLedger } from './effect-ledger.ts';
import { createClientStore } from './client-store.ts';
import { createGroups } from './safety/group-store.ts';
import { createInbox } from './inbox.ts';
import { createJobEngine, type JobEngineOptions } from './jobs/job-engine.ts';
import { laneWaits } from './jobs/lane-waits.ts';
import { createResultCopies } from './jobs/result-copies.ts';
import { createRewrites } from './jobs/rewrites.ts';
import { createKeyStore } from './key-store.ts';
import { createRetryAfterStore } from './retry-after-store.ts';
import { createWebhookOutbox } from './webhook-outbox.ts';
import { createSafety } from './safety/safety-store.ts';
import { createFeedback } from './personal/feedback.ts';
import { createPastRequests } from './personal/past-requests.ts';
import { createPayments } from './payments/payment-store.ts';
import { createAccess } from './people/access-store.ts';
import { createBroadcasts } from './people/broadcast-store.ts';
import { createExports, createPeople } from './people/people-store.ts';
import { createStatusLists } from './status-lists.ts';
import type { StorageError } from '../storage-error.ts';

/** All stores of one database. */
export type Stores = {
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

export type StoresOptions = Omit<JobEngineOptions, 'clock'> & {
  readonly clock: Clock;
  /** Called for each key record that cannot be read. */
  readonly onUnreadableKey: (error: StorageError) => void;
};

export function createStores({ database, clock, onUnreadableKey, ...options }: StoresOptions): Stores {
  return {
    engine: createJobEngine({ database, clock, ...options }),
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
    resultCopies: createResultCopies(database, options.owner),
    clients: createClientStore(database),
    webhooks: createWebhookOutbox(database),
  };
}
