import type { ConversationFlavor } from '@grammyjs/conversations';
import type { Context } from 'grammy';
import type { AdminApi } from '../domain/admin-api.ts';
import type { ChatStore, DialogueStore } from '../domain/chats/chat-store.ts';
import type { Emit } from '../domain/events.ts';
import type { GenerationOptions, OptionMistake } from '../domain/job.ts';
import type { JobReader } from '../domain/job-engine.ts';
import type { JobId } from '../domain/ids.ts';
import type { ResultSource } from '../domain/media.ts';
import type { JobKind, Lane } from '../domain/kinds.ts';
import type { LaneWaits } from '../domain/payments/lane-waits.ts';
import type { FeedbackStore } from '../domain/personal/feedback.ts';
import type { PastRequests } from '../domain/personal/past-requests.ts';
import type { Preferences } from '../domain/personal/preferences.ts';
import type { PaymentStore } from '../domain/payments/payment-store.ts';
import type { PriceList } from '../domain/payments/price-list.ts';
import type { AccessRules, AccessStore } from '../domain/people/access.ts';
import type { Broadcast, Broadcasts } from '../domain/people/broadcasts.ts';
import type { ExportRequest, ExportRequests, People } from '../domain/people/people.ts';
import type { GroupStore } from '../domain/chats/group-settings.ts';
import type { SafetyStore } from '../domain/safety/safety.ts';
import type { User, Users } from '../domain/users.ts';
import type { Forgotten } from '../jobs/retention.ts';
import type { GenerationService } from '../jobs/generation-service.ts';
import type { CalendarDay, Clock } from '../kit/clock.ts';
import type { MessageMapper } from '../messages/message-mapper.ts';
import type { HandedKeys } from './admins/handed-keys.ts';
import type { DialogueState, DialogueTurn } from './dialogue/dialogue-state.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { GroupAdmins } from './groups/group-admins.ts';
import type { WayBack } from './outbox/undeliverable.ts';
import type { SentPictures } from './commands/sent-pictures.ts';
import type { GroupNotices } from './middleware/group-notices.ts';
import type { StatusLists } from './delivery/status-lists.ts';
import type { StatusMessages } from './delivery/status-messages.ts';

/** The person who sent the update, as the handlers need it. */
export type Speaker = {
  readonly userId: number;
  readonly name: string;
  readonly admin: boolean;
  readonly lane: Lane;
  /** When premium ends; absent where it never began or never ends. */
  readonly premiumUntilMs?: number;
  readonly locale: string;
  /** The models that they chose for requests that name none. */
  readonly models?: User['models'];
  /** What they chose for all requests. */
  readonly preferences?: Preferences;
};

/** The state of the dialogue before the update, and the state to store after it. */
export type DialogueMemory = {
  before: DialogueState | undefined;
  after?: DialogueState | 'nothing';
};

export type BotContext = ConversationFlavor<Context> & {
  speaker: Speaker;
  memory: DialogueMemory;
  /** Later updates of the chat need not wait for the end of this one. */
  letOthersGo: () => void;
  /** The decisions of the dialogue for this update, in order. */
  turns: DialogueTurn[];
  /** The mistake in options, if there is one. */
  mistakeIn: (kind: JobKind, options: GenerationOptions) => OptionMistake | undefined;
};

/** The dependencies of the handlers. */
export type BotDeps = {
  readonly service: GenerationService;
  readonly users: Users;
  readonly dialogues: DialogueStore;
  readonly chats: ChatStore;
  readonly groups: GroupStore;
  readonly groupAdmins: GroupAdmins;
  readonly safety: SafetyStore;
  readonly admin: AdminApi;
  readonly messages: MessageMapper;
  /** Keys that admins have just handed over. */
  readonly handedKeys: Pick<HandedKeys, 'find' | 'forget'>;
  readonly statusMessages: StatusMessages;
  readonly lists: StatusLists;
  readonly wayBack: WayBack;
  readonly groupNotices: Pick<GroupNotices, 'add'>;
  readonly pictures: SentPictures;
  readonly deliveries: Pick<Delivery, 'showAgain' | 'chatOpened'>;
  /** Deletes the stored data of a person. */
  readonly forget: (userId: number) => Promise<Forgotten>;
  /** Deletes what is kept of one delivered request. */
  readonly forgetJob: (id: JobId) => Promise<void>;
  readonly results: ResultSource;
  readonly jobs: Pick<JobReader, 'shownIn'>;
  /** Called for a person who is no admin and asks for /keys in private: a former admin's menu still shows it. */
  readonly onStranger: (userId: number) => void;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly adminIds: ReadonlySet<number>;
  readonly premiumIds: ReadonlySet<number>;
  readonly telegramPremiumIsPremium: boolean;
  readonly people: People;
  readonly access: AccessStore;
  readonly accessRules: AccessRules;
  /** Tells of requests to be let in, and of what was decided. */
  readonly accessNotices: { tell(): Promise<void> };
  readonly broadcasts: Broadcasts;
  readonly broadcaster: {
    begin(broadcast: Broadcast): void;
    /** False where it was over. */
    stop(id: number): Promise<boolean>;
  };
  readonly exports: ExportRequests;
  readonly exporter: { send(request: ExportRequest): void };
  /** Results for those who bring a new person; 0 is none. */
  readonly referralResults: number;
  /** How long requests and results are kept after delivery. */
  readonly retentionMs: number;
  /** How long entries of people's histories are kept. */
  readonly historyMs: number;
  /** Whether results are copied to a bucket. */
  readonly keepsCopies: boolean;
  /** How money is named. */
  readonly budgetCurrency: string;
  readonly pastRequests: PastRequests;
  readonly feedback: FeedbackStore;
  readonly payments: PaymentStore;
  readonly prices: PriceList;
  readonly termsUrl: string | undefined;
  readonly laneWaits: () => Promise<LaneWaits>;
  /** Whether what is paid for could be stored now. */
  readonly takesWrites: () => boolean;
  readonly perDay: Readonly<Record<Lane, Readonly<Record<JobKind, number>>>>;
  readonly quotaDay: CalendarDay;
  /** What words without a command become in private. */
  readonly bareWords: 'ask' | 'image';
  readonly running: Readonly<Record<Lane, number>>;
  readonly waiting: Readonly<Record<Lane, number>>;
  /** The locale for a language code, falling back on the configured one. */
  readonly matchLocale: (languageCode: string | undefined) => string;
};
