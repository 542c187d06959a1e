import PQueue from 'p-queue';
import type { Emit } from '../../domain/events.ts';
import type { StatusList, StatusListStore } from '../../domain/chats/chat-store.ts';
import type { PaymentStore } from '../../domain/payments/payment-store.ts';
import type { Users } from '../../domain/users.ts';
import type { JobKind, Lane } from '../../domain/kinds.ts';
import type { JobView } from '../../domain/views.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { CalendarDay, Clock } from '../../kit/clock.ts';
import type { DayUsage } from '../../messages/guide-views.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { MessageView } from '../../messages/view.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isTransient } from '../outbox/telegram-error.ts';
import { reportTelegramError, textOptions } from './media-message.ts';

/** A list reads a lot: when very many ask for theirs in one moment, requests are not to wait for all of them. */
const maxViews = 16;

export type StatusListsOptions = {
  readonly outbox: Outbox;
  readonly service: GenerationService;
  readonly store: StatusListStore;
  readonly users: Pick<Users, 'usedOfEachToday'>;
  readonly payments: Pick<PaymentStore, 'resultsLeft'>;
  readonly perDay: Readonly<Record<Lane, Readonly<Record<JobKind, number>>>>;
  readonly quotaDay: CalendarDay;
  readonly messages: MessageMapper;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** For whom a list is made. */
export type ListReader = Pick<StatusList, 'userId' | 'locale' | 'lane' | 'withCalls'>;

/** A list of requests, and those that it offers to cancel. */
export type ListView = { readonly view: MessageView; readonly open: readonly JobView[] };

/**
 * The lists that /status shows. The latest of a person in a chat follows the ends of the requests that it offers to cancel;
 * an earlier one loses its buttons. Both are stored, so that a restart forgets neither. Its edits are statuses: everything
 * else that is sent to the chat goes first.
 */
export class StatusLists implements Disposable {
  readonly #options: StatusListsOptions;
  readonly #listening: Disposable;
  readonly #waiting = new Map<string, Promise<ListView>>();
  readonly #views = new PQueue({ concurrency: maxViews });

  constructor(options: StatusListsOptions) {
    this.#options = options;
    // An edit is given up after some tries.
    this.#listening = options.outbox.health.onRecovery((kind) => {
      if (kind === 'edit-text') void this.refresh();
    });
  }

  /** The person's requests, what is used of today and what is left in packs; where calls are shown, with those of each. */
  viewFor(reader: ListReader): Promise<ListView> {
    const { userId, locale, lane, withCalls } = reader;
    const key = `${userId} ${locale} ${lane} ${withCalls}`;
    // One that has not begun shows as much as another one after it would.
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting;
    const view = this.#views.add(() => {
      this.#waiting.delete(key);
      return this.#viewFor(reader);
    });
    if (this.#views.size > 0) this.#waiting.set(key, view);
    return view;
  }

  async #viewFor(reader: ListReader): Promise<ListView> {
    const { service, messages, payments } = this.#options;
    const { userId, locale } = reader;
    const views = await service.findAll(userId);
    const open = views.filter(({ phase }) => phase.kind !== 'ended');
    const facts = { day: await this.#usageOf(reader), packsLeft: await payments.resultsLeft(userId) };
    if (!reader.withCalls) return { view: messages.status(views, locale, facts), open };
    const trails = await Promise.all(
      views.map(async ({ id }) => [id, (await service.explain(id))?.trail ?? []] as const),
    );
    return { view: messages.status(views, locale, { ...facts, trails: new Map(trails) }), open };
  }

  /** Remembers a list that was shown; the person's earlier ones in the chat lose their buttons. */
  async shown(reader: ListReader, chatId: number, messageId: number, open: readonly JobView[]): Promise<void> {
    const { userId, locale, lane, withCalls } = reader;
    const jobs = open.map(({ id }) => id);
    try {
      await this.#options.store.keep({ chatId, messageId, userId, locale, lane, withCalls, jobs });
    } catch (error) {
      // The person has the list, which is what they asked for.
      this.#options.emit({ event: 'app.error', what: 'store which requests a list shows', error });
    }
    await this.refresh(userId);
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  /** Edits the lists that are old, or whose requests have ended: those of one person, or of all after a start. */
  async refresh(userId?: number): Promise<void> {
    const { store, outbox, emit } = this.#options;
    try {
      for (const { chatId, messageId } of await store.stale(userId)) {
        const run = () => this.#edit(chatId, messageId);
        outbox.post({ chatId, kind: 'edit', priority: 'status', name: `list ${messageId}`, run });
      }
    } catch (error) {
      emit({ event: 'app.error', what: 'look up the lists of requests', error });
    }
  }

  async #usageOf({ userId, lane }: ListReader): Promise<DayUsage> {
    const { users, perDay, quotaDay, clock } = this.#options;
    const nowMs = clock.now();
    const used = await users.usedOfEachToday(userId, nowMs);
    const next = { zone: quotaDay.zone, inMs: quotaDay.nextDayMs(nowMs) - nowMs, nowMs };
    return { used, perDay: perDay[lane], next };
  }

  async #edit(chatId: number, messageId: number): Promise<'done' | 'again'> {
    const { store, outbox, emit } = this.#options;
    try {
      const list = await store.find(chatId, messageId);
      if (list === undefined) return 'done';
      const shown = list.isOld ? undefined : await this.viewFor(list);
      try {
        if (shown === undefined) await outbox.api.editMessageReplyMarkup(chatId, messageId);
        else await outbox.api.editMessageText(chatId, messageId, shown.view.text, textOptions(shown.view));
      } catch (error) {
        const failure = reportTelegramError(emit, 'editMessageText', error);
        if (isTransient(failure)) return 'again';
        if (failure !== 'not-modified') {
          await store.delete(chatId, messageId);
          return 'done';
        }
      }
      if (shown === undefined) await store.delete(chatId, messageId);
      else await store.keep({ ...list, jobs: shown.open.map(({ id }) => id) });
      return 'done';
    } catch (error) {
      emit({ event: 'app.error', what: `show what became of the requests in message ${messageId}`, error });
      return 'again';
    }
  }
}
