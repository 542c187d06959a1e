import type { Broadcast } from '../../domain/people/broadcasts.ts';
import type { BotDeps } from '../context.ts';
import { reportTelegramError, textOptions } from '../delivery/media-message.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { type TelegramError, isAborted } from '../outbox/telegram-error.ts';

/** Ten a second: of the thirty that Telegram lets pass over all chats, most are left to answers and statuses. */
const everyMs = 100;
/** Chats that Telegram wants left alone keep their place meanwhile. */
const maxInFlight = 20;
const progressEveryMs = 4_000;
const storageRetryMs = 5_000;
const maxTries = 5;
const retryMs = 30_000;
/** Telegram certainly did not take it. */
const untaken: ReadonlySet<TelegramError> = new Set(['too-many', 'offline', 'gateway', 'unauthorized', 'conflict']);

export type BroadcasterOptions = Pick<
  BotDeps,
  'broadcasts' | 'people' | 'users' | 'messages' | 'matchLocale' | 'clock' | 'emit'
> & {
  readonly outbox: Outbox;
  /** Whether this process sends: of several, one does. */
  readonly mayTell?: () => boolean;
  /** Whether this person may use the bot. */
  readonly mayUse: (userId: number) => Promise<boolean>;
};

type Running = { readonly broadcast: Broadcast; readonly inFlight: Set<number>; toldAtMs: number; timer?: Disposable };

/**
 * Sends messages to everybody: one after the other behind ordinary traffic, never twice to anybody. That a message is about
 * to be sent is durable before the call; what a process had in hand when it ended may have arrived and is not repeated.
 */
export class Broadcaster implements Disposable {
  readonly #options: BroadcasterOptions;
  readonly #running = new Map<number, Running>();
  #isClosed = false;

  constructor(options: BroadcasterOptions) {
    this.#options = options;
  }

  /** Goes on with what an earlier process was sending. */
  async resume(): Promise<void> {
    for (const broadcast of await this.#options.broadcasts.resume()) this.begin(broadcast);
  }

  /** Begins to send a started message. */
  begin(broadcast: Broadcast): void {
    if (this.#running.has(broadcast.id)) return;
    const running: Running = { broadcast, inFlight: new Set(), toldAtMs: -Infinity };
    this.#running.set(broadcast.id, running);
    this.#schedule(running, 0);
  }

  /** Sends nothing more of it; false where it was over. What is on its way arrives. */
  async stop(id: number): Promise<boolean> {
    return this.#options.broadcasts.end(id, 'stopped');
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const { timer } of this.#running.values()) timer?.[Symbol.dispose]();
  }

  #schedule(running: Running, inMs: number): void {
    if (this.#isClosed) return;
    running.timer = this.#options.clock.schedule(inMs, () => {
      // The process that sends now goes on with it.
      if (this.#options.mayTell?.() === false) return void this.#running.delete(running.broadcast.id);
      void this.#step(running).then(
        (nextMs) => nextMs !== undefined && this.#schedule(running, nextMs),
        (error: unknown) => {
          if (this.#isClosed) return;
          this.#options.emit({ event: 'app.error', what: 'send a message to everybody', error });
          this.#schedule(running, storageRetryMs);
        },
      );
    });
  }

  /** Hands one message to the outbox; resolves with when to look again, undefined at the end. */
  async #step(running: Running): Promise<number | undefined> {
    const { broadcasts, clock } = this.#options;
    const { broadcast, inFlight } = running;
    const waiting = await broadcasts.waiting(broadcast.id, maxInFlight + 1);
    if (waiting.length === 0 && inFlight.size === 0) {
      await broadcasts.end(broadcast.id, 'done');
      this.#running.delete(broadcast.id);
      this.#showProgress(running);
      return undefined;
    }
    const nowMs = clock.now();
    if (clock.monotonicMs() - running.toldAtMs >= progressEveryMs) this.#showProgress(running);
    const next = waiting.find(({ userId }) => !inFlight.has(userId));
    if (next === undefined || inFlight.size >= maxInFlight) return everyMs;
    if (next.dueAtMs > nowMs) return Math.min(next.dueAtMs - nowMs, retryMs);
    this.#post(running, next.userId);
    return everyMs;
  }

  #post({ broadcast, inFlight }: Running, userId: number): void {
    inFlight.add(userId);
    const run = async (): Promise<'done'> => {
      try {
        // What waited in the outbox when this process lost the role is for the one that has it now.
        if (this.#options.mayTell?.() === false) return 'done';
        if (await this.#options.broadcasts.take(broadcast.id, userId)) await this.#send(broadcast, userId);
      } finally {
        inFlight.delete(userId);
      }
      return 'done';
    };
    this.#options.outbox.post({ chatId: userId, kind: 'send', priority: 'proactive', run });
  }

  async #send({ id, words }: Broadcast, userId: number): Promise<void> {
    const { broadcasts, people, users, messages, matchLocale, mayUse, outbox, clock, emit } = this.#options;
    const person = await people.find(userId);
    if (person?.wantsNews !== true || !(await mayUse(userId))) return broadcasts.settle(id, userId, 'left-out');
    const view = messages.news(words, (await users.find(userId)).locale ?? matchLocale(person.language));
    try {
      await outbox.api.sendMessage(userId, view.text, textOptions(view));
      await broadcasts.settle(id, userId, 'sent');
    } catch (error) {
      // Whether it arrived shows the next start as unsure.
      if (isAborted(error)) return;
      const failure = reportTelegramError(emit, 'sendMessage', error);
      if (untaken.has(failure)) return broadcasts.again(id, userId, clock.now() + retryMs, maxTries);
      const ending = failure === 'closed' ? 'closed' : failure === 'unsure' ? 'unsure' : 'failed';
      await broadcasts.settle(id, userId, ending);
    }
  }

  #showProgress(running: Running): void {
    const { broadcasts, messages, outbox, clock, emit } = this.#options;
    const { id, adminId, locale, messageId } = running.broadcast;
    running.toldAtMs = clock.monotonicMs();
    if (messageId === undefined) return;
    const run = async (): Promise<'done'> => {
      const now = await broadcasts.find(id);
      if (now === undefined) return 'done';
      const view = messages.broadcastProgress(id, now.state, await broadcasts.progress(id), locale);
      try {
        await outbox.api.editMessageText(adminId, messageId, view.text, textOptions(view));
      } catch (error) {
        if (!isAborted(error)) reportTelegramError(emit, 'editMessageText', error);
      }
      return 'done';
    };
    outbox.post({ chatId: adminId, kind: 'edit', messageId, priority: 'status', name: `broadcast ${id}`, run });
  }
}
