import { type Bot, GrammyError } from 'grammy';
import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import type { BotContext } from '../context.ts';
import { classifyTelegramError } from '../outbox/telegram-error.ts';
import { CallRetries, StrangeAnswer, type UpdateSink, type UpdateSource, describePollError } from './update-source.ts';

export const pollS = 25;
const storageRetryMs = 1_000;
/** An empty answer that comes sooner than this was not waited for. */
const minEmptyPollMs = 1_000;
/** The pause after each such answer; so many in a row are reported. */
const hastyRetryMs = 1_000;
const reportedHastyPolls = 10;
/** A webhook that returns within this time was set by another process. */
const webhookAgainMs = 600_000;

/** The kinds of updates that the bot asks for. */
export const wantedUpdates = [
  'message',
  'callback_query',
  'my_chat_member',
  'pre_checkout_query',
  'subscription',
  'inline_query',
] as const;

type PollerOptions = {
  readonly bot: Bot<BotContext>;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
};

/**
 * Polls for updates: getUpdates -> the sink stores the batch -> the next getUpdates confirms it to Telegram. So at every
 * moment an update is either with Telegram or stored here. The first poll has no offset; the sink drops what it knows.
 */
export class Poller implements UpdateSource {
  readonly #options: PollerOptions;
  readonly #conflict: PollingConflict;
  #lastAnswerMonotonicMs: number | undefined;
  #webhookRemovedAtMs = -Infinity;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#conflict = new PollingConflict(options.clock, options.emit);
  }

  get lastAnswerMonotonicMs(): number | undefined {
    return this.#lastAnswerMonotonicMs;
  }

  async deliver(sink: UpdateSink, signal: AbortSignal): Promise<void> {
    const { clock, emit, random } = this.#options;
    // Polling begins after getMe was answered.
    const retries = new CallRetries(clock, random, async () => true);
    const pause = (ms: number) => clock.sleep(ms, signal).catch(() => undefined);
    let offset: number | undefined;
    let hastyPolls = 0;
    while (!signal.aborted) {
      try {
        await sink.capacity();
        const askedAtMs = clock.monotonicMs();
        const batch = await this.#poll(offset, signal);
        retries.succeeded();
        this.#lastAnswerMonotonicMs = clock.monotonicMs();
        this.#conflict.pollSucceeded();
        const isHasty = batch.length === 0 && this.#lastAnswerMonotonicMs - askedAtMs < minEmptyPollMs;
        hastyPolls = isHasty ? hastyPolls + 1 : 0;
        if (isHasty) {
          if (hastyPolls === reportedHastyPolls) emit({ ...polling, detail: 'empty answers without a wait' });
          await pause(hastyRetryMs);
          continue;
        }
        const taken = await sink.take(batch, signal);
        const last = batch[taken - 1];
        if (last !== undefined) offset = last.update_id + 1;
        if (taken < batch.length) await clock.sleep(storageRetryMs, signal);
        // The first answer to the batch goes out before the next poll.
        await new Promise<void>((resolve) => process.nextTick(resolve));
      } catch (error) {
        if (signal.aborted) return;
        // Reported by the storage.
        if (isStorageRefusal(error)) await pause(storageRetryMs);
        else if (isWebhookActive(error)) await this.#removeWebhook(signal);
        else {
          const waitMs = isConflict(error) ? this.#conflict.pollEnded() : await retries.afterFailure(error);
          emit({ ...polling, detail: describePollError(error), retryInMs: waitMs });
          await pause(waitMs);
        }
      }
    }
  }

  async #poll(offset: number | undefined, signal: AbortSignal) {
    const { bot } = this.#options;
    const batch = await bot.api.getUpdates(
      { timeout: pollS, limit: 100, allowed_updates: wantedUpdates, ...(offset === undefined ? {} : { offset }) },
      signal as Parameters<typeof bot.api.getUpdates>[1],
    );
    if (!Array.isArray(batch)) throw new StrangeAnswer('getUpdates');
    return batch;
  }

  /** Telegram delivers nothing to a poll while a webhook is set. One that comes back belongs to another process. */
  async #removeWebhook(signal: AbortSignal): Promise<void> {
    const { bot, clock, emit } = this.#options;
    const isAgain = clock.monotonicMs() - this.#webhookRemovedAtMs < webhookAgainMs;
    const waitMs = isAgain ? this.#conflict.pollEnded('webhook') : 0;
    const detail = `a webhook is set for this bot${isAgain ? ' again' : ''}; it is removed`;
    emit({ ...polling, detail, ...(isAgain ? { retryInMs: waitMs } : {}) });
    if (isAgain) await clock.sleep(waitMs, signal).catch(() => undefined);
    this.#webhookRemovedAtMs = clock.monotonicMs();
    await bot.api.deleteWebhook().catch(() => undefined);
  }
}

const polling = { event: 'telegram.error', method: 'getUpdates' } as const;

function isWebhookActive(error: unknown): boolean {
  return error instanceof GrammyError && /webhook is active|terminated by setWebhook/.test(error.description);
}

function isConflict(error: unknown): boolean {
  return error instanceof GrammyError && classifyTelegramError(error) === 'conflict';
}

const retryMs = 5_000;
/** The wait of the later process between two polls. */
const newcomerRetryMs = 30_000;
/** The first polls follow quickly, since the other process usually is about to stop. */
const maxQuickRetries = 3;
/** A process counts as the first one after polling this long without a conflict. */
const establishedMs = 60_000;
/** A conflict is over after this long without one; the other process polls again after `retryMs`. */
const undisturbedMs = 2 * retryMs;

/** What takes the updates: another poll, or a webhook that somebody sets again and again. */
type Contender = 'poll' | 'webhook';

/**
 * Two processes poll with one token, and each poll ends the other's; or one polls and the other sets a webhook. The first
 * process goes on; the later one waits and takes over when its polls are no longer ended. Each reports the start and the end
 * of the conflict once.
 */
export class PollingConflict {
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #startedAtMs: number;
  #conflictSinceMs: number | undefined;
  #lastConflictMs = 0;
  #conflicts = 0;
  #isEstablished = false;

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock;
    this.#emit = emit;
    this.#startedAtMs = clock.monotonicMs();
  }

  /** Another process took the updates; returns the milliseconds to wait before the next poll. */
  pollEnded(by: Contender = 'poll'): number {
    const nowMs = this.#clock.monotonicMs();
    if (this.#conflictSinceMs === undefined) {
      this.#isEstablished ||= nowMs - this.#startedAtMs >= establishedMs;
      this.#conflictSinceMs = nowMs;
      this.#conflicts = 0;
      this.#emit({ event: 'telegram.conflict', by, waits: !this.#isEstablished });
    }
    this.#conflicts += 1;
    this.#lastConflictMs = nowMs;
    return this.#isEstablished || this.#conflicts <= maxQuickRetries ? retryMs : newcomerRetryMs;
  }

  /** A poll was answered. */
  pollSucceeded(): void {
    if (this.#conflictSinceMs === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    // The other process may only be waiting for its next poll.
    if (nowMs - this.#lastConflictMs < undisturbedMs) return;
    this.#emit({ event: 'telegram.conflict-over', afterMs: nowMs - this.#conflictSinceMs });
    this.#conflictSinceMs = undefined;
    this.#isEstablished = true;
  }
}
