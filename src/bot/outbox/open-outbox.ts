import { Api, type ApiClientOptions } from 'grammy';
import type { ChatStore, RetryAfterStore } from '../../domain/chats/chat-store.ts';
import type { Emit } from '../../domain/events.ts';
import type { Processes } from '../../domain/shared/processes.ts';
import type { SendPlaces } from '../../domain/shared/send-places.ts';
import type { Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import { methodHealthTransformer } from './bot-api.ts';
import { Outbox } from './outbox.ts';
import { ownTransport } from './own-transport.ts';
import { type CallKind, rateLimitTransformer } from './rate-limit-transformer.ts';
import { RateLimiter } from './rate-limiter.ts';
import { onlyInRole, SharedPace } from './shared-pace.ts';
import { maxHoldMs } from './telegram-error.ts';
import { quotedLinksTransformer, undeliverableTransformer } from './undeliverable.ts';

/** Longer than a poll, so that a dead connection is noticed. */
export const callTimeoutS = 40;
/** Allows the largest file over a slow connection. */
const uploadTimeoutS = 180;

export type OpenOutboxOptions = {
  /** The bot's own client, for replies. */
  readonly api: Api;
  readonly client: ApiClientOptions;
  /** The client for messages while the database is away: it keeps to the limits of this process and asks no store. */
  readonly outageApi?: Api | undefined;
  readonly chats: ChatStore;
  readonly rests: RetryAfterStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Aborts every call and every wait. */
  readonly closing: AbortSignal;
  /** Absent where this process is alone. */
  readonly shared?: { readonly processes: Processes; readonly places: SendPlaces } | undefined;
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
  for (const { place, untilMs } of await rests.active(nowMs))
    rateLimiter.hold(place, Math.min(untilMs - nowMs, maxHoldMs));
  const sharedPace = options.shared && new SharedPace({ ...options, ...options.shared, rateLimiter });
  const shared = { ...options, rateLimiter, sharedPace };
  const outgoingApi = new Api(api.token, { ...client, timeoutSeconds: uploadTimeoutS });
  const install = (one: Api, callKind: CallKind, timeoutS: number) =>
    one.config.use(
      ownTransport({ token: one.token, client, timeoutS }),
      ...(options.shared !== undefined && callKind === 'reply' ? [onlyInRole(options.shared.processes)] : []),
      rateLimitTransformer(shared, callKind),
      undeliverableTransformer(shared, callKind),
      quotedLinksTransformer(),
    );
  install(api, 'reply', callTimeoutS);
  install(outgoingApi, 'outgoing', uploadTimeoutS);
  options.outageApi?.config.use(
    ownTransport({ token: api.token, client, timeoutS: callTimeoutS }),
    rateLimitTransformer({ ...options, rateLimiter, rests: { keep: async () => undefined } }, 'outgoing'),
  );
  const outbox = new Outbox({ ...shared, api: outgoingApi });
  api.config.use(methodHealthTransformer(outbox.health));
  return outbox;
}
