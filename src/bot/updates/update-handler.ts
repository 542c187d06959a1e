import { type Bot, BotError, GrammyError, HttpError } from 'grammy';
import type { Update } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import type { Inbox, InboxUpdate, Leftovers } from '../../domain/inbox.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import type { BotContext } from '../context.ts';
import { ChatQueues } from './chat-queues.ts';
import { HandlingRoom } from './handling-room.ts';
import { RetryWait } from './retry-wait.ts';
import { chatLaneOf, reachTelegram, type UnkeptUpdates } from './update-source.ts';
import type { MethodHealth } from '../outbox/bot-api.ts';
import {
  describeTelegramError,
  classifyTelegramError,
  isShut,
  isLikelyUndone,
  type TelegramError,
} from '../outbox/telegram-error.ts';

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

type UpdateHandlerOptions = {
  readonly bot: Bot<BotContext>;
  readonly inbox: Inbox;
  readonly unkept: UnkeptUpdates;
  /** Answers that wait for a method go on when it works again; without it, by time alone. */
  readonly health?: Pick<MethodHealth, 'onRecovery'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
};

/** Updates that are handled while they are being stored; or that are stored. */
type Begin = {
  /** Resolves with whether the update was answered before it was stored. */
  readonly before?: Promise<boolean> | undefined;
  /** Resolves with whether the update is durable now; absent when it was so before. */
  readonly kept?: Promise<boolean>;
};

/**
 * Runs the bot's handlers on stored updates, with retries; the bot keeps the updates of one chat in order. A chat with many
 * of them takes no room from the others: beyond a number of them, its updates wait in the inbox.
 */
export class UpdateHandler {
  readonly #options: UpdateHandlerOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #inHand = new Map<number, Promise<boolean>>();
  readonly #queues = new ChatQueues();
  readonly #waiting = new Set<Promise<unknown>>();
  readonly #room = new HandlingRoom();

  constructor(options: UpdateHandlerOptions) {
    this.#options = options;
  }

  /**
   * Handles a stored update, or one that is being stored; resolves with whether it was answered. One that is in hand still,
   * since before this process lost its role and gained it again, is handled only where that ends without an answer.
   */
  start(update: InboxUpdate, signal: AbortSignal, begin: Begin = {}): Promise<boolean> {
    const { updateId } = update;
    const before = this.#inHand.get(updateId)?.catch(() => false);
    const handling = this.#begin(update, signal, before === undefined ? begin : { ...begin, before });
    this.#inHand.set(updateId, handling);
    const forget = () => {
      if (this.#inHand.get(updateId) === handling) this.#inHand.delete(updateId);
    };
    handling.then(forget, forget);
    return handling;
  }

  #begin(update: InboxUpdate, signal: AbortSignal, begin: Begin): Promise<boolean> {
    const { updateId, body } = update;
    const read = updateOf(body);
    const chat = read === undefined ? `update ${updateId}` : chatLaneOf(read, updateId);
    if (begin.kept !== undefined) this.#options.unkept.hold(chat, begin.kept);
    const turn = this.#queues.enter(chat);
    if (turn === undefined) return this.#startNow(chat, this.#handle(update, signal, begin, read));
    const waiting = turn.then(() => {
      this.#waiting.delete(waiting);
      return this.#startNow(chat, this.#handleStored(updateId, signal, begin));
    });
    this.#waiting.add(waiting);
    return waiting;
  }

  #startNow(chat: string, work: Promise<boolean>): Promise<boolean> {
    const handling = work.finally(() => this.#queues.leave(chat));
    this.#watch(handling);
    return handling;
  }

  async #handleStored(updateId: number, signal: AbortSignal, begin: Begin): Promise<boolean> {
    while (!signal.aborted) {
      try {
        const body = await this.#options.inbox.bodyOf(updateId);
        return body === undefined ? false : await this.#handle({ updateId, body }, signal, begin);
      } catch (error) {
        if (!isStorageRefusal(error)) throw error;
        await this.#options.clock.sleep(retryMs, signal).catch(() => undefined);
      }
    }
    return false;
  }

  /** Handles the updates of an earlier process; one that may have killed it is handled alone, after the others were started. */
  async resume(signal: AbortSignal, takeUp = () => this.#options.inbox.takeUp()): Promise<void> {
    const { emit } = this.#options;
    const { plain, suspects, setAside } = await this.#leftovers(signal, takeUp);
    for (const updateId of setAside) {
      const error = new Error('Cannot handle the update: three processes died while they tried');
      emit({ event: 'update.failed', updateId, error, setAside: true });
    }
    for (const update of plain) void this.start(update, signal);
    this.#watch(this.#oneByOne(suspects, signal));
  }

  async #leftovers(signal: AbortSignal, takeUp: () => Promise<Leftovers>): Promise<Leftovers> {
    for (;;) {
      try {
        return await takeUp();
      } catch (error) {
        if (!isStorageRefusal(error)) throw error;
        await this.#options.clock.sleep(retryMs, signal);
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
      this.#room.leave();
    });
    this.#room.enter();
    this.#inFlight.add(handling);
  }

  /** Resolves when further updates may be taken. */
  capacity(): Promise<void> {
    return this.#room.free();
  }

  /** Resolves when no handler is running. */
  async idle(): Promise<void> {
    while (this.#inFlight.size + this.#waiting.size > 0) await Promise.all([...this.#inFlight, ...this.#waiting]);
  }

  async #tryOnce({ updateId, body }: InboxUpdate, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.bot.handleUpdate(JSON.parse(body) as Update);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#failedUnstored(updateId, error instanceof BotError ? error.error : error);
      return false;
    }
  }

  /** Telegram keeps it: people who could not be answered are answered later. */
  #failedUnstored(updateId: number, cause: unknown): void {
    const error = withoutPayload(cause);
    if (this.#afterError(cause, 1, 0) === 'failed')
      this.#options.emit({ event: 'update.failed', updateId, error, setAside: false });
  }

  async #handle(
    { updateId, body }: InboxUpdate,
    signal: AbortSignal,
    { before, kept }: Begin,
    read?: Update,
  ): Promise<boolean> {
    const { bot, inbox, clock, random, emit } = this.#options;
    let isOver = (await before) ?? false;
    let startedAtMs = 0;
    let fresh = read;
    let hasSurvived = false;
    const wait = new RetryWait(this.#options);
    for (let tries = 1; ; tries += 1) {
      let waitMs = retryMs;
      let isUnsure = false;
      let failed: unknown;
      try {
        startedAtMs = clock.monotonicMs();
        const given = fresh;
        fresh = undefined;
        if (!isOver) await bot.handleUpdate(given ?? (JSON.parse(body) as Update));
        isOver = true;
        if ((await kept) !== false) await inbox.handled(updateId);
        return true;
      } catch (error) {
        // On shutdown the update is left for the next start.
        if (signal.aborted) return isOver;
        const cause = error instanceof BotError ? error.error : error;
        if ((await kept) === false) {
          this.#failedUnstored(updateId, cause);
          return isOver;
        }
        if (!hasSurvived)
          hasSurvived = await inbox.survived(updateId).then(
            () => true,
            () => false,
          );
        const after = isOver ? 'handled' : this.#afterError(cause, tries, clock.monotonicMs() - startedAtMs);
        if (after === 'failed') {
          const next = await inbox.failed(updateId).catch(() => 'again' as const);
          emit({ event: 'update.failed', updateId, error: withoutPayload(cause), setAside: next === 'set-aside' });
          if (next === 'set-aside') return isOver;
        } else if (after === 'handled') isOver = true;
        else {
          waitMs = after.waitMs;
          isUnsure = after.isUnsure;
          failed = cause;
        }
      }
      using _rest = this.#room.rest();
      try {
        // A try that follows a recovery is one more.
        if (await wait.over(waitMs, failed, signal)) tries -= 1;
        if (isUnsure) await reachTelegram(bot, clock, random, signal);
      } catch {
        return isOver;
      }
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

/** A stored update; undefined where it is none, and its handler fails. */
function updateOf(body: string): Update | undefined {
  try {
    const read: unknown = JSON.parse(body);
    return typeof read === 'object' && read !== null ? (read as Update) : undefined;
  } catch {
    return undefined;
  }
}

/** The error without its payload: grammY's errors hold the text of people. */
function withoutPayload(error: unknown): unknown {
  return error instanceof GrammyError || error instanceof HttpError ? describeTelegramError(error) : error;
}
