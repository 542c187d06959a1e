import type { Update } from 'grammy/types';

/** Takes updates from whichever source there is, and knows nothing of it. */
export type UpdateSink = {
  /** Resolves when so many updates are handled that further ones may come. */
  room(): Promise<void>;
  /**
   * Resolves with how many updates of the batch, from its beginning, the source may acknowledge to Telegram: these are
   * durable, or were answered while nothing could be made durable. Telegram has to deliver the others again. What was
   * taken before is acknowledged and handled no second time. Rejects when the batch cannot be taken now; then nothing of
   * it may be acknowledged.
   */
  take(batch: readonly Update[], signal: AbortSignal): Promise<number>;
};

/**
 * Where updates come from: a poll, or a webhook. The promise that every source keeps: Telegram is told that an update has
 * arrived only after `take` has said so, so an update is at every moment either with Telegram or durable here.
 *
 * - A poll asks for the next batch, with the offset behind what may be acknowledged, only after `take` has resolved.
 * - A webhook takes each request as a batch of one. It answers 200 only when `take` resolves with 1, otherwise 503,
 *   whereupon Telegram delivers the update again. Requests may overlap; updates of one chat are still handled in the order
 *   in which they were taken. It waits for `room` before it takes, and registers itself with Telegram in `deliver`.
 */
export type UpdateSource = {
  /** When Telegram last answered a call of the source, by `Clock.uptimeMs`; undefined before the first answer. */
  readonly lastAnswerMonotonicMs: number | undefined;
  /** Delivers updates to the sink until the signal aborts; throws TokenRefused. */
  deliver(sink: UpdateSink, signal: AbortSignal): Promise<void>;
};
