import { type Api, GrammyError } from 'grammy';
import type { Message, Update } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import type { Outage, Processes } from '../../domain/shared/processes.ts';
import type { Users } from '../../domain/users.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { MessageView } from '../../messages/view.ts';
import { replyTo, textOptions } from '../delivery/media-message.ts';
import { identify, isUserContent } from '../middleware/identify.ts';
import { classifyTelegramError, describeTelegramError, isTransient, retryAfterOf } from '../outbox/telegram-error.ts';
import { pollS, wantedUpdates } from './poller.ts';

/** Telegram holds what was written and answers every poll with it at once. */
const pollAgainMs = 3_000;
const retryMs = 5_000;
/** The most chats that are told after one poll. */
const maxToldAtOnce = 20;
/** An outage that begins so soon after another one is the same to people; admins hear of it when this time has passed. */
const sameOutageMs = 300_000;

export type OutageTellerOptions = {
  /** A client of its own: its calls read and write nothing in the database. */
  readonly api: Api;
  readonly processes: Pick<Processes, 'onOutage'>;
  /** Set where Telegram sends the updates itself; without it the bot asks for them. */
  readonly webhook: object | undefined;
  /** Why an update asks nothing of the bot. */
  readonly reasonUnasked: (update: Update) => string | undefined;
  readonly users: Pick<Users, 'find'>;
  readonly adminIds: ReadonlySet<number>;
  readonly messages: Pick<MessageMapper, 'answer' | 'storageWaiting' | 'databaseAway' | 'databaseBack'>;
  readonly matchLocale: (languageCode: string | undefined) => string;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly closing: AbortSignal;
};

/**
 * While no process can use the database, none may act as the bot, and updates stay with Telegram. The process that polled
 * last then asks Telegram for them without an offset, which confirms none, and tells each chat once that its message waits.
 * It handles and stores nothing. It asks no more once Telegram answers that another process polls, which can only be one
 * that has the database; once the database is back; and at its end. Admins hear of the beginning and of the end.
 */
export class OutageTeller implements Disposable {
  readonly #options: OutageTellerOptions;
  readonly #listening: Disposable;
  readonly #adminLocales = new Map<number, string>();
  #outage: Outage | undefined;
  #endedMs = -Infinity;
  /** Chats, and presses by their ids. */
  readonly #told = new Set<number | string>();

  /** An update of the webhook was not stored, and Telegram sends it again; its chat is told once. */
  readonly notStored = (update: Update): void => {
    const outage = this.#outage;
    if (outage === undefined) return;
    this.#tell([update], outage).catch((error: unknown) => this.#report(error));
  };

  constructor(options: OutageTellerOptions) {
    this.#options = options;
    this.#listening = options.processes.onOutage('telegram', (outage) => void this.#begin(outage));
    for (const id of options.adminIds) void this.#learnLocale(id);
  }

  /** The language in which an admin was answered. */
  heard(adminId: number, locale: string): void {
    this.#adminLocales.set(adminId, locale);
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  async #learnLocale(adminId: number): Promise<void> {
    try {
      const { locale, heardLocale } = await this.#options.users.find(adminId);
      const known = locale ?? heardLocale;
      if (known !== undefined && !this.#adminLocales.has(adminId)) this.#adminLocales.set(adminId, known);
    } catch {
      // The default language does.
    }
  }

  async #begin(outage: Outage): Promise<void> {
    const { clock, webhook } = this.#options;
    if (clock.monotonicMs() - this.#endedMs >= sameOutageMs) this.#told.clear();
    this.#outage = outage;
    const telling = [this.#tellAdmins(outage), ...(webhook === undefined ? [this.#poll(outage)] : [])];
    for (const ended of await Promise.allSettled(telling)) {
      if (ended.status === 'rejected') this.#report(ended.reason);
    }
  }

  #report(error: unknown): void {
    this.#options.emit({ event: 'app.error', what: 'tell people that the database is away', error });
  }

  async #poll(outage: Outage): Promise<void> {
    const { api, clock } = this.#options;
    const { signal } = outage;
    while (!signal.aborted) {
      let waitMs = pollAgainMs;
      if (outage.isOn()) {
        try {
          const stop = signal as Parameters<typeof api.getUpdates>[1];
          const held: unknown = await api.getUpdates(
            { timeout: pollS, limit: 100, allowed_updates: wantedUpdates },
            stop,
          );
          if (Array.isArray(held)) await this.#tell(held as Update[], outage);
        } catch (error) {
          if (signal.aborted || classifyTelegramError(error) === 'conflict') return;
          waitMs = (error instanceof GrammyError ? retryAfterOf(error) : undefined) ?? retryMs;
        }
      }
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  async #tell(updates: readonly Update[], outage: Outage): Promise<void> {
    const { reasonUnasked } = this.#options;
    const pending = new Map<number | string, () => Promise<unknown>>();
    for (const update of updates) {
      const { message, callback_query: press } = update;
      if (press !== undefined) pending.set(press.id, () => this.#answerPress(press.id, press.from.language_code));
      if (message === undefined || !isSaid(message) || reasonUnasked(update) !== undefined) continue;
      if (!pending.has(message.chat.id)) pending.set(message.chat.id, () => this.#answerMessage(message));
    }
    const due = [...pending].filter(([key]) => !this.#told.has(key)).slice(0, maxToldAtOnce);
    for (const [key] of due) this.#told.add(key);
    await Promise.all(
      due.map(async ([key, tell]) => {
        if (!outage.isOn() || (await said(tell)) === 'not yet') this.#told.delete(key);
      }),
    );
  }

  async #answerPress(id: string, languageCode: string | undefined): Promise<unknown> {
    const { api, messages, matchLocale } = this.#options;
    return api.answerCallbackQuery(id, { text: messages.answer('storage-unavailable', matchLocale(languageCode)) });
  }

  async #answerMessage(message: Message): Promise<unknown> {
    const { api, messages, matchLocale } = this.#options;
    const { chat, from, message_id: messageId, message_thread_id: threadId } = message;
    const view = messages.storageWaiting(matchLocale(from?.language_code));
    return api.sendMessage(chat.id, view.text, {
      ...textOptions(view),
      ...(chat.type === 'private' ? {} : { reply_parameters: replyTo(messageId) }),
      ...(message.is_topic_message === true && threadId !== undefined ? { message_thread_id: threadId } : {}),
    });
  }

  async #tellAdmins(outage: Outage): Promise<void> {
    const { adminIds, clock, messages, closing } = this.#options;
    const { signal, sinceMs, reason } = outage;
    const quietMs = this.#endedMs + sameOutageMs - clock.monotonicMs();
    if (quietMs > 0) await clock.sleep(quietMs, signal).catch(() => undefined);
    const toldIds: number[] = [];
    const tellOne = async (id: number) => {
      const view = messages.databaseAway({ sinceMs, reason }, this.#localeOf(id));
      if (await this.#write(id, view, signal, () => outage.isOn())) toldIds.push(id);
    };
    await Promise.all([...adminIds].map(tellOne));
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    if (this.#outage === outage) this.#outage = undefined;
    this.#endedMs = clock.monotonicMs();
    if (!outage.isBack()) return;
    await Promise.all(
      toldIds.map((id) => this.#write(id, messages.databaseBack(this.#localeOf(id)), closing, () => true)),
    );
  }

  /** Resolves with whether the admin was told, at the latest when the signal aborts. */
  async #write(id: number, view: MessageView, signal: AbortSignal, isTrue: () => boolean): Promise<boolean> {
    const { api, clock, emit } = this.#options;
    while (!signal.aborted) {
      if (isTrue()) {
        const end = await said(() => api.sendMessage(id, view.text, textOptions(view)));
        if (end === 'said') return true;
        if (end !== 'not yet') {
          emit({ event: 'alert.undeliverable', adminId: id, detail: describeTelegramError(end.refusal) });
          return false;
        }
      }
      await clock.sleep(retryMs, signal).catch(() => undefined);
    }
    return false;
  }

  #localeOf(adminId: number): string {
    return this.#adminLocales.get(adminId) ?? this.#options.matchLocale(undefined);
  }
}

/** Whether a person wrote it, or paid. */
function isSaid(message: Message): boolean {
  const isWorthAWord = isUserContent(message) || message.successful_payment !== undefined;
  return isWorthAWord && identify(message.from, message) !== undefined;
}

/** Whether a call was made; one that may have been made is not repeated. */
async function said(say: () => Promise<unknown>): Promise<'said' | 'not yet' | { readonly refusal: unknown }> {
  try {
    await say();
    return 'said';
  } catch (error) {
    const failure = classifyTelegramError(error);
    if (failure === 'unsure') return 'said';
    return isTransient(failure) ? 'not yet' : { refusal: error };
  }
}
