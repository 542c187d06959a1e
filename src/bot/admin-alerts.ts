import { GrammyError, HttpError } from 'grammy';
import type { Alert } from '../domain/alert.ts';
import type { AppEvent, Emit } from '../domain/events.ts';
import type { Users } from '../domain/users.ts';
import type { Clock } from '../kit/clock.ts';
import type { AlertUpdate } from '../messages/alert-view.ts';
import type { MessageMapper } from '../messages/message-mapper.ts';
import type { Outbox } from './outbox/outbox.ts';
import { textOptions } from './delivery/view-options.ts';
import { reportTelegramError } from './delivery/send-once.ts';
import { describeTelegramError, isAborted, isTransient, classifyTelegramError } from './outbox/telegram-error.ts';

/** Troubles seldom come alone: what comes within this time of the first goes into the same message. */
const gatherMs = 5_000;
const spacingMs = 60_000;
/** What comes back so soon after it was over is not said again before this time has passed. */
const dampedMs = 300_000;

export type AdminAlertsOptions = {
  readonly outbox: Outbox;
  readonly users: Users;
  readonly messages: MessageMapper;
  readonly adminIds: ReadonlySet<number>;
  readonly matchLocale: (languageCode: string | undefined) => string;
  readonly clock: Clock;
  readonly emit: Emit;
};

type Standing = { alert: Alert; isOpen: boolean; quietUntilMs: number };

/** One admin: what was said to that person, and when next something may be. */
type Addressee = {
  readonly id: number;
  /** Alerts that the person knows of and does not know to be over. */
  readonly told: Set<string>;
  nextMs: number;
  timer?: Disposable & { readonly atMs: number };
  isSending: boolean;
};

/**
 * Alert raised -> gathered with others -> said, and over -> said, in each admin's own chat, at most once a minute. Only
 * where an alert stands when a message goes out counts: what began and ended in between is never spoken of.
 */
export class AdminAlerts {
  readonly #options: AdminAlertsOptions;
  readonly #standing = new Map<string, Standing>();
  readonly #addressees: readonly Addressee[];
  #closed = false;

  constructor(options: AdminAlertsOptions) {
    this.#options = options;
    this.#addressees = [...options.adminIds].map((id) => ({ id, told: new Set(), nextMs: 0, isSending: false }));
  }

  hear(event: AppEvent): void {
    if (event.event !== 'alert.raised' && event.event !== 'alert.resolved') return;
    const { alert } = event;
    const nowMs = this.#options.clock.monotonicMs();
    const isOpen = event.event === 'alert.raised';
    const quietUntilMs = isOpen ? (this.#standing.get(alert.id)?.quietUntilMs ?? 0) : nowMs + dampedMs;
    this.#standing.set(alert.id, { alert, isOpen, quietUntilMs });
    for (const addressee of this.#addressees) this.#schedule(addressee);
  }

  /** An admin writes, and is answered in this language: alerts come in it too. */
  async meet(adminId: number, locale: string): Promise<void> {
    const { users, emit } = this.#options;
    try {
      const { heardLocale } = await users.find(adminId);
      if (heardLocale !== locale) await users.hear(adminId, locale);
    } catch (error) {
      emit({ event: 'app.error', what: 'keep the language of an admin', error });
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { timer } of this.#addressees) timer?.[Symbol.dispose]();
  }

  #schedule(addressee: Addressee): void {
    if (this.#closed || addressee.isSending) return;
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const dueMs = [...this.#standing.values()].flatMap((standing) => this.#dueMs(addressee, standing) ?? []);
    if (dueMs.length === 0) return;
    const atMs = Math.max(nowMs + gatherMs, addressee.nextMs, Math.min(...dueMs));
    if (addressee.timer !== undefined && addressee.timer.atMs <= atMs) return;
    addressee.timer?.[Symbol.dispose]();
    const timer = clock.schedule(atMs - nowMs, () => {
      delete addressee.timer;
      addressee.isSending = true;
      const run = () => this.#send(addressee);
      this.#options.outbox.post({ chatId: addressee.id, kind: 'send', priority: 'proactive', run });
    });
    addressee.timer = { atMs, [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }

  /** When there is something to say of it; undefined when the person knows how it stands. */
  #dueMs({ told }: Addressee, { alert, isOpen, quietUntilMs }: Standing): number | undefined {
    if (isOpen === told.has(alert.id)) return undefined;
    return isOpen ? quietUntilMs : 0;
  }

  async #send(addressee: Addressee): Promise<'done'> {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#forgetWhatIsPast(nowMs);
    const news = [...this.#standing.values()]
      .filter((standing) => (this.#dueMs(addressee, standing) ?? Infinity) <= nowMs)
      .map(({ alert, isOpen }): AlertUpdate => ({ alert, isOver: !isOpen }));
    if (news.length > 0) {
      addressee.nextMs = nowMs + spacingMs;
      if (await this.#say(addressee.id, news)) {
        for (const { alert, isOver } of news) {
          if (isOver) addressee.told.delete(alert.id);
          else addressee.told.add(alert.id);
        }
      }
    }
    addressee.isSending = false;
    this.#schedule(addressee);
    return 'done';
  }

  /** Answers false when it is worth saying the same once more. */
  async #say(id: number, news: readonly AlertUpdate[]): Promise<boolean> {
    const { outbox, users, messages, matchLocale, emit } = this.#options;
    try {
      const { locale, heardLocale } = await users.find(id);
      const view = messages.alerts(news, locale ?? heardLocale ?? matchLocale(undefined));
      await outbox.api.sendMessage(id, view.text, textOptions(view));
      return true;
    } catch (error) {
      if (isAborted(error)) return false;
      if (!(error instanceof GrammyError || error instanceof HttpError)) {
        emit({ event: 'app.error', what: 'tell an admin of an alert', error });
        return false;
      }
      // A chat that is closed to the bot stays so; otherwise an alert that comes twice is better than none.
      if (classifyTelegramError(error) === 'closed') {
        emit({ event: 'alert.undeliverable', adminId: id, detail: describeTelegramError(error) });
        return true;
      }
      return !isTransient(reportTelegramError(emit, 'sendMessage', error));
    }
  }

  #forgetWhatIsPast(nowMs: number): void {
    for (const [id, { isOpen, quietUntilMs }] of this.#standing) {
      const isKnown = this.#addressees.some(({ told }) => told.has(id));
      if (!isOpen && !isKnown && quietUntilMs <= nowMs) this.#standing.delete(id);
    }
  }
}
