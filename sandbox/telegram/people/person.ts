import { newPrivateChat, type Profile, type StoredChat } from '../chats.ts';
import { limits } from '../limits.ts';
import { readText } from '../text/read-text.ts';
import { addUpload } from '../files/resolve-file.ts';
import type { Group } from './group.ts';
import {
  cancelSubscription,
  pay,
  type Payment,
  type PaymentOutcome,
  renewSubscription,
  repeatPayment,
} from '../payments/pay.ts';
import { type SeenSubscription, seenSubscription } from '../payments/star-payments.ts';
import { editAsPerson, writeAsPerson, type NewMessage } from './person-messages.ts';
import type { InlineAnswer } from '../updates/open-queries.ts';
import { type Press, pressButton } from './press-button.ts';
import { type SeenMessage, seenMessage } from '../messages/seen-message.ts';
import type { TelegramState } from '../telegram-state.ts';
import { type SeenPredicate, waitForMessages } from './wait-for-messages.ts';
import { chatFor, userFor } from '../messages/bot-api-objects.ts';

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A PNG of one pixel. */
export function tinyPhoto(): Uint8Array {
  return new Uint8Array(Buffer.from(png, 'base64'));
}

export type ChatTarget = {
  /** The private chat with the bot unless a group is given. */
  readonly in?: Group;
};

export type SayOptions = ChatTarget & {
  readonly replyTo?: number;
  readonly threadId?: number;
  /** Edits this message of the person instead of sending a new one. */
  readonly edited?: number;
};

export type PhotoOptions = ChatTarget & {
  readonly replyTo?: number;
  readonly threadId?: number;
  /** The picture to send; a PNG of one pixel when absent. */
  readonly bytes?: Uint8Array;
};

/** A person with a phone, driven by a test or a program. */
export type Person = {
  readonly id: number;
  readonly profile: Profile;
  /** Sends a text, in several messages when it is too long for one; returns the id of the first. */
  say(text: string, options?: SayOptions): number;
  /** Sends a photo; returns the message id. */
  sendPhoto(caption?: string, options?: PhotoOptions): number;
  /** Presses the button with this text or data; throws when the message has no such button. */
  press(messageId: number, button: string, options?: ChatTarget): Press;
  /** Pays an invoice message (by id) or link with play money. */
  pay(invoice: number | string, options?: ChatTarget): Payment;
  /** The next period of the newest subscription begins: it is renewed, unless it was canceled or there are too few Stars. */
  renew(hasStars?: boolean): PaymentOutcome;
  /** Cancels or resumes the newest subscription in Telegram's settings. */
  cancelSubscription(isCanceled: boolean): void;
  /** The newest subscription, as Telegram's settings show it; undefined when there is none. */
  subscription(): SeenSubscription | undefined;
  /** Telegram delivers its message about a payment once more, under a new update id. */
  repeatPayment(messageId: number): number;
  /** Types the bot's name and these words in any chat; resolves with what the bot offers, undefined when nothing came in 30 s. */
  typeInline(query: string, offset?: string): Promise<InlineAnswer | undefined>;
  /** Chooses a result that the bot offered in inline mode: its file is posted in the person's name. */
  sendInline(fileId: string, options?: ChatTarget): number;
  messages(group?: Group): readonly SeenMessage[];
  /** Resolves with the messages once the predicate holds; rejects after `timeoutMs` of real time, 60 s by default. */
  waitFor(
    predicate: SeenPredicate,
    options?: ChatTarget & { readonly timeoutMs?: number },
  ): Promise<readonly SeenMessage[]>;
  deleteMessage(messageId: number, options?: ChatTarget): void;
  block(): void;
  unblock(): void;
};

/** Adds a person with a private chat; throws when the id is taken or not positive. */
export function addPerson(state: TelegramState, profile: Profile): Person {
  const { id } = profile;
  if (id <= 0 || state.chats.has(id)) throw new Error(`Cannot add the person ${id}: the id is taken or not positive`);
  const ownChat = newPrivateChat(profile);
  state.people.set(id, profile);
  state.chats.set(id, ownChat);
  const chatIn = (group: Group | undefined): StoredChat => {
    const chat = group === undefined ? ownChat : state.chats.get(group.id);
    if (chat === undefined) throw new Error(`Cannot find the group ${String(group?.id)}: it is of another sandbox`);
    return chat;
  };
  const messages = (group?: Group) =>
    [...chatIn(group).messages.values()]
      .filter(({ onlyFor }) => onlyFor === undefined || onlyFor === profile.id)
      .map(seenMessage);
  const setBlocked = (blocked: boolean) => {
    if (ownChat.blocked === blocked) return;
    ownChat.blocked = blocked;
    const member = (status: string) => ({ user: state.bot, status, ...(status === 'kicked' ? { until_date: 0 } : {}) });
    state.updates.add('my_chat_member', {
      chat: chatFor(ownChat),
      from: userFor(profile),
      date: state.nowS(),
      old_chat_member: member(blocked ? 'member' : 'kicked'),
      new_chat_member: member(blocked ? 'kicked' : 'member'),
    });
  };
  return {
    id,
    profile,
    say: (text, options = {}) => {
      const chat = chatIn(options.in);
      if (options.edited !== undefined) return editAsPerson(state, chat, id, options.edited, text);
      const ids = split(text).map((part) =>
        writeAsPerson(state, chat, id, {
          content: { kind: 'text', text: readText(part, '', undefined) },
          ...targetOf(options),
        }),
      );
      const [first] = ids;
      if (first === undefined) throw new Error('Cannot say nothing: the text is empty');
      return first;
    },
    sendPhoto: (words = '', options = {}) => {
      const upload = { name: 'photo.png', bytes: options.bytes ?? tinyPhoto() };
      const file = addUpload(state.files, upload, { kind: 'photo', width: 0, height: 0, durationS: 0 });
      const caption = readText(words, '', undefined);
      const content = { kind: 'media' as const, file, caption, captionAbove: false, spoiler: false };
      return writeAsPerson(state, chatIn(options.in), id, { content, ...targetOf(options) });
    },
    press: (messageId, button, options = {}) => pressButton(state, chatIn(options.in), id, messageId, button),
    pay: (invoice, options = {}) => pay(state, chatIn(options.in), id, invoice),
    renew: (hasStars) => renewSubscription(state, ownChat, id, hasStars),
    cancelSubscription: (isCanceled) => cancelSubscription(state, id, isCanceled),
    subscription: () => seenSubscription(state.payments.latestOf(id)),
    repeatPayment: (messageId) => repeatPayment(state, ownChat, messageId),
    typeInline: (query, offset = '') => {
      const { id: queryId, answered } = state.inlineQueries.open(undefined);
      const words = Array.from(query).slice(0, limits.inline.queryCharacters).join('');
      const from = userFor(profile);
      state.updates.add('inline_query', { id: queryId, from, query: words, offset, chat_type: 'supergroup' });
      return answered;
    },
    sendInline: (fileId, options = {}) => {
      const file = state.files.find(fileId);
      if (file === undefined) throw new Error(`Cannot send the file ${fileId}: there is none with this id`);
      const caption = readText('', '', undefined);
      const content = { kind: 'media' as const, file, caption, captionAbove: false, spoiler: false };
      return writeAsPerson(state, chatIn(options.in), id, { content, viaBot: true });
    },
    messages,
    waitFor: (predicate, options = {}) => {
      const chatId = chatIn(options.in).id;
      return waitForMessages(state.changes, chatId, () => messages(options.in), predicate, options.timeoutMs ?? 60_000);
    },
    deleteMessage: (messageId, options = {}) => {
      if (state.remove(chatIn(options.in), messageId)) return;
      throw new Error(`Cannot delete message ${messageId}: it is not in the chat`);
    },
    block: () => setBlocked(true),
    unblock: () => setBlocked(false),
  };
}

function targetOf({ replyTo, threadId }: SayOptions): Omit<NewMessage, 'content'> {
  return {
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(threadId === undefined ? {} : { threadId }),
  };
}

function split(text: string): readonly string[] {
  const letters = Array.from(text.trim());
  const parts: string[] = [];
  for (let at = 0; at < letters.length; at += limits.textCharacters) {
    parts.push(letters.slice(at, at + limits.textCharacters).join(''));
  }
  return parts;
}
