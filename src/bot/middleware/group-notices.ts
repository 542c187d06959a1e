import type { User } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import { reportTelegramError, textOptions } from '../delivery/media-message.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isTransient } from '../outbox/telegram-error.ts';

/** The names of so many people are collected before one message tells them all. */
const collectMs = 20_000;
/** Telegram notifies at most so many people of a message that mentions them; the others are counted in it. */
const maxNamed = 50;

/** Whose request in a group was dropped. */
export type Dropped = {
  readonly chatId: number;
  readonly threadId?: number | undefined;
  readonly from: Pick<User, 'id' | 'first_name' | 'language_code'>;
};

type Collected = { readonly first: Dropped; readonly people: Map<number, Dropped>; readonly timer: Disposable };

export type GroupNoticesOptions = {
  readonly outbox: Pick<Outbox, 'api' | 'post'>;
  readonly messages: MessageMapper;
  readonly matchLocale: (languageCode: string | undefined) => string;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Tells in one message of a group, and by name, everybody whose request was dropped there: an answer to each would be more
 * messages than Telegram takes in a group. Kept in memory only, as the flood limit is.
 */
export class GroupNotices implements Disposable {
  readonly #options: GroupNoticesOptions;
  readonly #groups = new Map<string, Collected>();

  constructor(options: GroupNoticesOptions) {
    this.#options = options;
  }

  /** The person is told within `collectMs`, together with the others who are dropped meanwhile. */
  add(dropped: Dropped): void {
    const place = `${dropped.chatId} ${dropped.threadId ?? ''}`;
    const known = this.#groups.get(place);
    if (known !== undefined) return void known.people.set(dropped.from.id, dropped);
    const timer = this.#options.clock.schedule(collectMs, () => this.#tell(place));
    this.#groups.set(place, { first: dropped, people: new Map([[dropped.from.id, dropped]]), timer });
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#groups.values()) timer[Symbol.dispose]();
    this.#groups.clear();
  }

  #tell(place: string): void {
    const { outbox, messages, matchLocale, emit } = this.#options;
    const collected = this.#groups.get(place);
    if (collected === undefined) return;
    this.#groups.delete(place);
    const { chatId, threadId, from } = collected.first;
    const everybody = [...collected.people.values()].map((one) => ({ id: one.from.id, name: one.from.first_name }));
    const named = everybody.slice(0, maxNamed);
    const view = messages.slowDownAll(named, everybody.length - named.length, matchLocale(from.language_code));
    const options = { ...textOptions(view), ...(threadId === undefined ? {} : { message_thread_id: threadId }) };
    const run = async () => {
      try {
        await outbox.api.sendMessage(chatId, view.text, options);
        return 'done';
      } catch (error) {
        return isTransient(reportTelegramError(emit, 'sendMessage', error)) ? 'again' : 'done';
      }
    };
    outbox.post({ chatId, kind: 'send', priority: 'answer', run });
  }
}
