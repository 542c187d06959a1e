import { Api, type ApiClientOptions } from 'grammy';
import type { ChatStore, RetryAfterStore } from '../../domain/chat-store.ts';
import type { Emit } from '../../domain/events.ts';
import type { Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import { Outbox } from './outbox.ts';
import { type CallKind, rateLimitTransformer } from './rate-limit-transformer.ts';
import { RateLimiter } from './rate-limiter.ts';
import { maxHoldMs } from './telegram-error.ts';
import { undeliverableTransformer } from './undeliverable-transformer.ts';

/** Allows the largest file over a slow connection. */
const uploadTimeoutS = 180;

export type OpenOutboxOptions = {
  /** The bot's own client, for replies. */
  readonly api: Api;
  readonly client: ApiClientOptions;
  readonly chats: ChatStore;
  readonly rests: RetryAfterStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Aborts every call and every wait. */
  readonly closing: AbortSignal;
};

/**
 * Opens a second client for outgoing messages and installs the transformers on both clients. They share one rate limiter,
 * which starts with the waits that Telegram asked an earlier process for.
 */
export async function openOutbox(options: OpenOutboxOptions): Promise<Outbox> {
  const { api, client, rests, clock } = options;
  const rateLimiter = new RateLimiter(clock);
  const nowMs = clock.now();
  // A clock that was set back must not extend a wait beyond the longest one of Telegram.
  for (const { place, untilMs } of await rests.resting(nowMs))
    rateLimiter.hold(place, Math.min(untilMs - nowMs, maxHoldMs));
  const shared = { ...options, rateLimiter };
  const outgoingApi = new Api(api.token, { ...client, timeoutSeconds: uploadTimeoutS });
  const install = (client: Api, callKind: CallKind) =>
    client.config.use(rateLimitTransformer(shared, callKind), undeliverableTransformer(shared, callKind));
  install(api, 'reply');
  install(outgoingApi, 'outgoing');
  return new Outbox({ ...shared, api: outgoingApi });
}
