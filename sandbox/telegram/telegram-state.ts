import type { User } from 'grammy/types';
import type { Clock } from '../../src/kit/clock.ts';
import { BotTexts } from './bot-texts.ts';
import type { CallParams } from './call-params.ts';
import { Changes } from './changes.ts';
import type { Profile, StoredChat } from './chats.ts';
import { CommandStore } from './command-store.ts';
import { FileStore } from './files/file-store.ts';
import { FloodControl } from './flood-control.ts';
import { limits } from './limits.ts';
import { type CallbackAnswer, type InlineAnswer, type OpenQuery, OpenQueries } from './updates/open-queries.ts';
import { StarPayments } from './payments/star-payments.ts';
import type { StoredMessage } from './messages/stored-message.ts';
import { UpdateQueue } from './updates/update-queue.ts';
import { Webhook } from './updates/webhook.ts';

/** The state of the stand-in: people, chats, files, pending updates, and what the bot has published. */
export class TelegramState {
  readonly clock: Clock;
  readonly bot: User;
  readonly people = new Map<number, Profile>();
  readonly chats = new Map<number, StoredChat>();
  readonly files = new FileStore();
  readonly updates: UpdateQueue;
  readonly queries: OpenQueries<OpenQuery, CallbackAnswer>;
  readonly inlineQueries: OpenQueries<undefined, InlineAnswer | undefined>;
  readonly payments: StarPayments;
  readonly commands = new CommandStore();
  readonly texts: BotTexts;
  readonly flood = new FloodControl();
  readonly changes = new Changes();
  readonly menuButtons = new Map<number, unknown>();
  readonly webhook: Webhook;

  constructor(options: {
    readonly clock: Clock;
    readonly token: string;
    readonly botUsername: string;
    readonly perform: (method: string, params: CallParams) => Promise<unknown>;
  }) {
    this.clock = options.clock;
    const id = Number(/^(\d{1,15}):/.exec(options.token)?.[1] ?? 7_000_000_001);
    this.bot = { id, is_bot: true, first_name: 'Darkroom', username: options.botUsername };
    this.updates = new UpdateQueue(options.clock, firstUpdateId(options.clock));
    const { perform, clock } = options;
    this.webhook = new Webhook({ updates: this.updates, clock, perform });
    this.queries = new OpenQueries<OpenQuery, CallbackAnswer>({
      clock,
      lifeMs: limits.queryLifeMs,
      expired: { kind: 'expired' },
    });
    this.inlineQueries = new OpenQueries<undefined, InlineAnswer | undefined>({
      clock,
      lifeMs: limits.inlineQueryLifeMs,
      expired: undefined,
    });
    this.payments = new StarPayments(options.clock);
    this.texts = new BotTexts(this.bot.first_name);
  }

  profileOf(userId: number): Profile {
    const profile = this.people.get(userId);
    if (profile === undefined) throw new Error(`Cannot find the person ${userId}: there is none with this id`);
    return profile;
  }

  nowS(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** Adds a message to the chat and reports the change. */
  post(chat: StoredChat, message: Omit<StoredMessage, 'id' | 'dateS'>): StoredMessage {
    chat.lastMessageId += 1;
    const posted: StoredMessage = { ...message, id: chat.lastMessageId, dateS: this.nowS() };
    chat.messages.set(posted.id, posted);
    const from = posted.from === 'bot' ? 'bot' : 'person';
    this.changes.emit({ kind: 'message-sent', chatId: chat.id, messageId: posted.id, from });
    return posted;
  }

  /** Removes a message from the chat and reports the change; false when there is none with this id. */
  remove(chat: StoredChat, messageId: number): boolean {
    if (!chat.messages.delete(messageId)) return false;
    this.changes.emit({ kind: 'message-deleted', chatId: chat.id, messageId });
    return true;
  }
}

/** Ids go on from those of an earlier sandbox, whose updates the bot may still remember: it has had fewer than one a second. */
export function firstUpdateId(clock: Clock): number {
  return Math.floor(clock.now() / 1_000);
}
