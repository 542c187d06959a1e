import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import { type Bot, GrammyError } from 'grammy';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Random } from '../../kit/backoff.ts';
import type { BotContext } from '../context.ts';
import { retryDelayMs, type UpdateSink, type UpdateSource } from './update-source.ts';
import { describeTelegramError, classifyTelegramError } from '../outbox/telegram-error.ts';

const retryMs = 5_000;
/** The wait of the later process between two polls. */
const newcomerRetryMs = 30_000;
/** The first polls follow quickly, since the other process usually is about to stop. */
const maxQuickRetries = 3;
/** A process counts as the first one after polling this long without a conflict. */
const establishedMs = 60_000;
/** A conflict is over after this long without one; the other process polls again after `retryMs`. */
const undisturbedMs = 2 * retryMs;

/**
 * Two processes poll with one token, and each poll ends the other's. The first process goes on; the later one waits and
 * takes over when its polls are no longer ended. Each reports the start and the end of the conflict once.
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

  /** Another poll ended ours; returns the milliseconds to wait before the next one. */
  pollEnded(): number {
    const nowMs = this.#clock.monotonicMs();
    if (this.#conflictSinceMs === undefined) {
      this.#isEstablished ||= nowMs - this.#startedAtMs >= establishedMs;
      this.#conflictSinceMs = nowMs;
      this.#conflicts = 0;
      this.#emit({ event: 'telegram.conflict', waits: !this.#isEstablished });
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

const pollS = 25;
const storageRetryMs = 1_000;

const wantedUpdates = ['message', 'callback_query', 'my_chat_member'] as const;

export type PollerOptions = {
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

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#conflict = new PollingConflict(options.clock, options.emit);
  }

  get lastAnswerMonotonicMs(): number | undefined {
    return this.#lastAnswerMonotonicMs;
  }

  async deliver(sink: UpdateSink, signal: AbortSignal): Promise<void> {
    const { bot, clock, emit } = this.#options;
    let offset: number | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await sink.capacity();
        const batch = await bot.api.getUpdates(
          { timeout: pollS, limit: 100, allowed_updates: wantedUpdates, ...(offset === undefined ? {} : { offset }) },
          signal as Parameters<typeof bot.api.getUpdates>[1],
        );
        failures = 0;
        this.#lastAnswerMonotonicMs = clock.monotonicMs();
        this.#conflict.pollSucceeded();
        const taken = await sink.take(batch, signal);
        const last = batch[taken - 1];
        if (last !== undefined) offset = last.update_id + 1;
        if (taken < batch.length) await clock.sleep(storageRetryMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        // Reported by the storage.
        if (isStorageRefusal(error)) {
          await clock.sleep(storageRetryMs, signal).catch(() => undefined);
          continue;
        }
        if (await this.#removedWebhook(error)) continue;
        const waitMs = this.#waitMs(error, failures);
        emit({
          event: 'telegram.error',
          method: 'getUpdates',
          detail: describeTelegramError(error),
          retryInMs: waitMs,
        });
        await clock.sleep(waitMs, signal).catch(() => undefined);
      }
    }
  }

  /** Telegram delivers nothing to a poll while a webhook is set, so the webhook is removed. */
  async #removedWebhook(error: unknown): Promise<boolean> {
    if (!(error instanceof GrammyError) || !/webhook is active/.test(error.description)) return false;
    const { bot, emit } = this.#options;
    emit({ event: 'telegram.error', method: 'getUpdates', detail: 'a webhook is set for this bot; it is removed' });
    return bot.api.deleteWebhook().catch(() => false);
  }

  #waitMs(error: unknown, failures: number): number {
    if (error instanceof GrammyError && classifyTelegramError(error) === 'conflict') return this.#conflict.pollEnded();
    return retryDelayMs(error, failures, this.#options.random);
  }
}
