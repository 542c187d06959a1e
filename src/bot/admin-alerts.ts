import { GrammyError, HttpError } from 'grammy';
import type { Alert } from '../domain/alert.ts';
import type { AppEvent, Emit } from '../domain/events.ts';
import type { Users } from '../domain/users.ts';
import type { Clock } from '../kit/clock.ts';
import type { AlertUpdate } from '../messages/alert-view.ts';
import type { MessageMapper } from '../messages/message-mapper.ts';
import type { Outbox } from './outbox/outbox.ts';
import { textOptions, reportTelegramError } from './delivery/media-message.ts';
import { describeTelegramError, isAborted, isTransient, classifyTelegramError } from './outbox/telegram-error.ts';

/** Alerts within this time of the first one go into the same message. */
const gatherMs = 5_000;
const minIntervalMs = 60_000;
/** An alert that is raised again after its end is not sent again before this time has passed. */
const minReraiseMs = 300_000;

export type AdminAlertsOptions = {
  readonly outbox: Outbox;
  readonly users: Users;
  readonly messages: MessageMapper;
  readonly adminIds: ReadonlySet<number>;
  readonly matchLocale: (languageCode: string | undefined) => string;
  readonly clock: Clock;
  readonly emit: Emit;
};

type AlertEvent = Extract<AppEvent, { event: 'alert.raised' | 'alert.resolved' }>;
type AlertState = { alert: Alert; isOpen: boolean; quietUntilMs: number };

/** One admin: the alerts that were sent, and when the next message may be. */
type Recipient = {
  readonly id: number;
  /** Alerts that were sent as raised and not yet as resolved. */
  readonly sent: Set<string>;
  nextMs: number;
  timer?: Disposable & { readonly atMs: number };
  isSending: boolean;
};

/**
 * Alert raised -> gathered with others -> sent; alert resolved -> sent; to each admin's own chat, at most once a minute.
 * Only the state at the time of sending counts: an alert that was raised and resolved in between is never sent.
 */
export class AdminAlerts {
  readonly #options: AdminAlertsOptions;
  readonly #states = new Map<string, AlertState>();
  readonly #recipients: readonly Recipient[];
  #closed = false;

  constructor(options: AdminAlertsOptions) {
    this.#options = options;
    this.#recipients = [...options.adminIds].map((id) => ({ id, sent: new Set(), nextMs: 0, isSending: false }));
  }

  onAlert({ event, alert }: AlertEvent): void {
    const nowMs = this.#options.clock.monotonicMs();
    const isOpen = event === 'alert.raised';
    const quietUntilMs = isOpen ? (this.#states.get(alert.id)?.quietUntilMs ?? 0) : nowMs + minReraiseMs;
    this.#states.set(alert.id, { alert, isOpen, quietUntilMs });
    for (const recipient of this.#recipients) this.#schedule(recipient);
  }

  /** These and no others were told of, by another process. */
  toldElsewhere(alerts: readonly Alert[]): void {
    this.#states.clear();
    for (const alert of alerts) this.#states.set(alert.id, { alert, isOpen: true, quietUntilMs: 0 });
    for (const { sent } of this.#recipients) {
      sent.clear();
      for (const { id } of alerts) sent.add(id);
    }
  }

  /** Stores the language in which the admin was answered; alerts use it too. */
  async rememberLocale(adminId: number, locale: string): Promise<void> {
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
    for (const { timer } of this.#recipients) timer?.[Symbol.dispose]();
  }

  #schedule(recipient: Recipient): void {
    if (this.#closed || recipient.isSending) return;
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const dueMs = [...this.#states.values()].flatMap((state) => this.#dueMs(recipient, state) ?? []);
    if (dueMs.length === 0) return;
    const atMs = Math.max(nowMs + gatherMs, recipient.nextMs, Math.min(...dueMs));
    if (recipient.timer !== undefined && recipient.timer.atMs <= atMs) return;
    recipient.timer?.[Symbol.dispose]();
    const timer = clock.schedule(atMs - nowMs, () => {
      delete recipient.timer;
      recipient.isSending = true;
      const run = () => this.#send(recipient);
      this.#options.outbox.post({ chatId: recipient.id, kind: 'send', priority: 'proactive', run });
    });
    recipient.timer = { atMs, [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }

  /** When the recipient is due a message about it; undefined when they know its state. */
  #dueMs({ sent }: Recipient, { alert, isOpen, quietUntilMs }: AlertState): number | undefined {
    if (isOpen === sent.has(alert.id)) return undefined;
    return isOpen ? quietUntilMs : 0;
  }

  async #send(recipient: Recipient): Promise<'done'> {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#dropResolved(nowMs);
    const updates = [...this.#states.values()]
      .filter((state) => (this.#dueMs(recipient, state) ?? Infinity) <= nowMs)
      .map(({ alert, isOpen }): AlertUpdate => ({ alert, isOver: !isOpen }));
    if (updates.length > 0) {
      recipient.nextMs = nowMs + minIntervalMs;
      if (await this.#sendAlerts(recipient.id, updates)) {
        for (const { alert, isOver } of updates) {
          if (isOver) recipient.sent.delete(alert.id);
          else recipient.sent.add(alert.id);
        }
      }
    }
    recipient.isSending = false;
    this.#schedule(recipient);
    return 'done';
  }

  /** Resolves with false when the same message should be tried again. */
  async #sendAlerts(id: number, updates: readonly AlertUpdate[]): Promise<boolean> {
    const { outbox, users, messages, matchLocale, emit } = this.#options;
    try {
      const { locale, heardLocale } = await users.find(id);
      const view = messages.alerts(updates, locale ?? heardLocale ?? matchLocale(undefined));
      await outbox.api.sendMessage(id, view.text, textOptions(view));
      return true;
    } catch (error) {
      if (isAborted(error)) return false;
      if (!(error instanceof GrammyError || error instanceof HttpError)) {
        emit({ event: 'app.error', what: 'send an alert to an admin', error });
        return false;
      }
      // A closed chat stays closed; otherwise a double alert is better than none.
      if (classifyTelegramError(error) === 'closed') {
        emit({ event: 'alert.undeliverable', adminId: id, detail: describeTelegramError(error) });
        return true;
      }
      return !isTransient(reportTelegramError(emit, 'sendMessage', error));
    }
  }

  #dropResolved(nowMs: number): void {
    for (const [id, { isOpen, quietUntilMs }] of this.#states) {
      const isKnown = this.#recipients.some(({ sent }) => sent.has(id));
      if (!isOpen && !isKnown && quietUntilMs <= nowMs) this.#states.delete(id);
    }
  }
}
