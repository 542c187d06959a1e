import { type Bot, BotError, GrammyError, HttpError } from 'grammy';
import type { Update } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import type { Inbox, InboxUpdate, Leftovers } from '../../domain/inbox.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import type { BotContext } from '../context.ts';
import { ChatQueues, chatLaneOfBody } from './chat-queues.ts';
import {
  describeTelegramError,
  classifyTelegramError,
  isShut,
  isLikelyUndone,
  type TelegramError,
} from '../outbox/telegram-error.ts';

/** No further updates are taken while this many are being handled; those that wait for others of their chat do not count. */
const maxUnhandled = 1_000;
const retryMs = 1_000;
const backoff = { baseMs: 1_000, capMs: 30_000 } as const;
/** After this time an update that may have killed a process is not waited for: its chat may only be limited. */
const maxAloneMs = 5_000;
/** After an error of a server that has most likely not passed the call on: for about a minute and a half. */
const maxUndoneTries = 8;
/**
 * How often an answer is tried; absent for an error that is a fault of the handler. An answer that may have arrived is
 * repeated once: a double answer is better than none.
 */
const maxTriesAfter: Partial<Record<TelegramError, number>> = {
  offline: Infinity,
  // Without a token that is accepted, the process ends.
  unauthorized: Infinity,
  conflict: Infinity,
  gateway: 10,
  unsure: 2,
  'too-many': 1,
};

export type UpdateHandlerOptions = {
  readonly bot: Bot<BotContext>;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
};

/**
 * Runs the bot's handlers on stored updates, with retries; the bot keeps the updates of one chat in order. A chat with many
 * of them takes no room from the others: beyond a number of them, its updates wait in the inbox.
 */
export class UpdateHandler {
  readonly #options: UpdateHandlerOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #queues = new ChatQueues();
  readonly #waiting = new Set<Promise<void>>();
  #onCapacity: (() => void) | undefined;

  constructor(options: UpdateHandlerOptions) {
    this.#options = options;
  }

  /** Handles a stored update; `before` resolves with whether it was answered before it was stored. */
  start(update: InboxUpdate, signal: AbortSignal, before?: Promise<boolean>): Promise<void> {
    const { updateId, body } = update;
    const chat = chatLaneOfBody(body, updateId);
    const turn = this.#queues.enter(chat);
    if (turn === undefined) return this.#startNow(chat, this.#handle(update, signal, before));
    const waiting = turn.then(() => {
      this.#waiting.delete(waiting);
      return this.#startNow(chat, this.#handleStored(updateId, signal, before));
    });
    this.#waiting.add(waiting);
    return waiting;
  }

  #startNow(chat: string, work: Promise<void>): Promise<void> {
    const handling = work.finally(() => this.#queues.leave(chat));
    this.#watch(handling);
    return handling;
  }

  async #handleStored(updateId: number, signal: AbortSignal, before?: Promise<boolean>): Promise<void> {
    while (!signal.aborted) {
      try {
        const body = await this.#options.inbox.bodyOf(updateId);
        return body === undefined ? undefined : await this.#handle({ updateId, body }, signal, before);
      } catch (error) {
        if (!isStorageRefusal(error)) throw error;
        await this.#options.clock.sleep(retryMs, signal).catch(() => undefined);
      }
    }
  }

  /** Handles the updates of an earlier process; one that may have killed it is handled alone, after the others were started. */
  async resume(signal: AbortSignal): Promise<void> {
    const { emit } = this.#options;
    const { plain, suspects, setAside } = await this.#leftovers(signal);
    for (const updateId of setAside) {
      const error = new Error('Cannot handle the update: three processes died while they tried');
      emit({ event: 'update.failed', updateId, error, setAside: true });
    }
    for (const update of plain) void this.start(update, signal);
    this.#watch(this.#oneByOne(suspects, signal));
  }

  async #leftovers(signal: AbortSignal): Promise<Leftovers> {
    const { inbox, clock } = this.#options;
    for (;;) {
      try {
        return await inbox.takeUp();
      } catch (error) {
        if (!isStorageRefusal(error)) throw error;
        await clock.sleep(retryMs, signal);
      }
    }
  }

  async #oneByOne(suspects: readonly InboxUpdate[], signal: AbortSignal): Promise<void> {
    for (const update of suspects) {
      if (signal.aborted) return;
      // A mark that cannot be stored now is stored at the next try.
      await this.#options.inbox.inHand(update.updateId).catch(() => undefined);
      await atMost(this.#options.clock, maxAloneMs, this.start(update, signal));
    }
  }

  /** Handles an update that could not be stored, once; resolves with whether it is done. */
  async handleOnce(update: InboxUpdate, signal: AbortSignal): Promise<boolean> {
    const answering = this.#tryOnce(update, signal);
    this.#watch(answering);
    return answering;
  }

  #watch(work: Promise<unknown>): void {
    const handling = work.then(() => {
      this.#inFlight.delete(handling);
      if (this.#inFlight.size < maxUnhandled) this.#onCapacity?.();
    });
    this.#inFlight.add(handling);
  }

  /** Resolves when further updates may be taken. */
  async capacity(): Promise<void> {
    if (this.#inFlight.size < maxUnhandled) return;
    await new Promise<void>((resolve) => {
      this.#onCapacity = resolve;
    });
  }

  /** Resolves when no handler is running. */
  async idle(): Promise<void> {
    while (this.#inFlight.size + this.#waiting.size > 0) await Promise.all([...this.#inFlight, ...this.#waiting]);
  }

  async #tryOnce({ updateId, body }: InboxUpdate, signal: AbortSignal): Promise<boolean> {
    const { bot, emit } = this.#options;
    try {
      await bot.handleUpdate(JSON.parse(body) as Update);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const cause = error instanceof BotError ? error.error : error;
      const after = this.#afterError(cause, 1, 0);
      if (after === 'failed') emit({ event: 'update.failed', updateId, error: withoutPayload(cause), setAside: false });
      // Telegram keeps it: people who could not be answered are answered later.
      return false;
    }
  }

  async #handle({ updateId, body }: InboxUpdate, signal: AbortSignal, before?: Promise<boolean>): Promise<void> {
    const { bot, inbox, clock, emit } = this.#options;
    let isOver = (await before) ?? false;
    let startedAtMs = 0;
    for (let tries = 1; ; tries += 1) {
      let waitMs = retryMs;
      let isUnsure = false;
      try {
        startedAtMs = clock.monotonicMs();
        if (!isOver) await bot.handleUpdate(JSON.parse(body) as Update);
        isOver = true;
        return await inbox.handled(updateId);
      } catch (error) {
        // On shutdown the update is left for the next start.
        if (signal.aborted) return;
        await inbox.survived(updateId).catch(() => undefined);
        const cause = error instanceof BotError ? error.error : error;
        const after = isOver ? 'handled' : this.#afterError(cause, tries, clock.monotonicMs() - startedAtMs);
        if (after === 'failed') {
          const next = await inbox.failed(updateId).catch(() => 'again' as const);
          emit({ event: 'update.failed', updateId, error: withoutPayload(cause), setAside: next === 'set-aside' });
          if (next === 'set-aside') return;
        } else if (after === 'handled') isOver = true;
        else {
          waitMs = after.waitMs;
          isUnsure = after.isUnsure;
        }
      }
      try {
        await clock.sleep(waitMs, signal);
        if (isUnsure) await this.#reachTelegram(signal);
      } catch {
        return;
      }
    }
  }

  /** Resolves when Telegram answers a call without an effect: the one repetition is not spent on a dead connection. */
  async #reachTelegram(signal: AbortSignal): Promise<void> {
    const { bot, clock, random } = this.#options;
    for (let tries = 1; ; tries += 1) {
      try {
        await bot.api.getMe(signal as Parameters<typeof bot.api.getMe>[0]);
        return;
      } catch (error) {
        const isUnreached = error instanceof HttpError || (error instanceof GrammyError && error.error_code >= 500);
        if (!isUnreached) return;
      }
      await clock.sleep(backoffMs(tries, backoff, random), signal);
    }
  }

  /** What follows after a handler threw: a failure of the network or of Telegram does not count as a failed update. */
  #afterError(error: unknown, tries: number, tookMs: number): AfterError {
    // Reported by the storage.
    if (isStorageRefusal(error)) return { waitMs: retryMs, isUnsure: false };
    if (!(error instanceof GrammyError || error instanceof HttpError)) return 'failed';
    const failure = classifyTelegramError(error);
    const { emit, random } = this.#options;
    const facts = { event: 'telegram.error', method: 'answer', detail: describeTelegramError(error) } as const;
    const isUndone = failure === 'unsure' && isLikelyUndone(error, tookMs);
    const maxTries = isUndone ? maxUndoneTries : maxTriesAfter[failure];
    if (maxTries === undefined && !isShut(failure)) return 'failed';
    if (tries >= (maxTries ?? 1)) {
      emit(facts);
      return 'handled';
    }
    const waitMs = failure === 'unsure' && !isUndone ? retryMs : backoffMs(tries, backoff, random);
    emit({ ...facts, retryInMs: waitMs });
    return { waitMs, isUnsure: failure === 'unsure' && !isUndone };
  }
}

/** What follows after a handler threw; an answer that may have arrived is repeated only when Telegram can be reached. */
type AfterError = 'handled' | 'failed' | { readonly waitMs: number; readonly isUnsure: boolean };

/** The error without its payload: grammY's errors hold the text of people. */
function withoutPayload(error: unknown): unknown {
  return error instanceof GrammyError || error instanceof HttpError ? describeTelegramError(error) : error;
}
