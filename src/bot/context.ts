import type { ConversationFlavor } from '@grammyjs/conversations';
import type { Context } from 'grammy';
import type { AdminApi } from '../domain/admin-api.ts';
import type { ChatStore, DialogueStore } from '../domain/chat-store.ts';
import type { Emit } from '../domain/events.ts';
import type { GenerationOptions, OptionMistake, JobKind, Lane } from '../domain/job.ts';
import type { Users } from '../domain/users.ts';
import type { Forgotten } from '../jobs/retention.ts';
import type { GenerationService } from '../jobs/generation-service.ts';
import type { Clock } from '../kit/clock.ts';
import type { MessageMapper } from '../messages/message-mapper.ts';
import type { DialogueState, DialogueTurn } from './dialogue/dialogue-state.ts';
import type { StatusMessages } from './delivery/status-messages.ts';

/** Who is speaking, as the handlers need it. */
export type Speaker = {
  readonly userId: number;
  readonly name: string;
  readonly admin: boolean;
  readonly lane: Lane;
  /** When premium ends; absent where it never began or never ends. */
  readonly premiumUntilMs?: number;
  readonly locale: string;
};

/** What an open dialogue remembered when the update came, and what is to be kept of it. */
export type DialogueMemory = {
  before: DialogueState | undefined;
  after?: DialogueState | 'nothing';
};

export type BotContext = ConversationFlavor<Context> & {
  speaker: Speaker;
  memory: DialogueMemory;
  /** What the dialogue decided upon this update, in order. */
  turns: DialogueTurn[];
  /** What the models have against options, if anything. */
  mistakeIn: (kind: JobKind, options: GenerationOptions) => OptionMistake | undefined;
};

/** What the handlers may use. */
export type BotDeps = {
  readonly service: GenerationService;
  readonly users: Users;
  readonly dialogues: DialogueStore;
  readonly chats: ChatStore;
  readonly admin: AdminApi;
  readonly messages: MessageMapper;
  readonly statusMessages: StatusMessages;
  /** Deletes everything of a person that can go. */
  readonly forget: (userId: number) => Promise<Forgotten>;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly adminIds: ReadonlySet<number>;
  readonly premiumIds: ReadonlySet<number>;
  readonly perDay: Readonly<Record<Lane, Readonly<Record<JobKind, number>>>>;
  readonly running: Readonly<Record<Lane, number>>;
  readonly waiting: Readonly<Record<Lane, number>>;
  /** The locale for a language code, falling back on the configured one. */
  readonly matchLocale: (languageCode: string | undefined) => string;
};
