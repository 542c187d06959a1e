import type { Secret } from '../kit/secret.ts';
import type { RouteGroup } from './api.ts';
import { type Area, digestOf, type Halves } from './gate.ts';
import { type JsonObject, parseObject, readBytes } from './gateway/read-body.ts';

/** Telegram's updates are smaller by far. */
const maxUpdateBytes = 1024 * 1024;
/** After this long Telegram tries again. */
const retryAfterS = '1';

export type TelegramWebhook = {
  readonly path: string;
  readonly secret: Secret;
  /** True once the update is durable. */
  readonly accept: (update: JsonObject) => Promise<boolean>;
};

/** The path on which Telegram sends updates, which knows itself by the secret of the webhook. */
export function telegramArea({ path, secret }: Omit<TelegramWebhook, 'accept'>): Area {
  const digest = digestOf(secret.reveal());
  return { prefix: path, digests: () => [digest], maxBodyBytes: maxUpdateBytes, tokenIn: 'telegram-header' };
}

/**
 * Takes Telegram's updates: 200 only when the update is durable, else 503, whereupon Telegram sends it again. What cannot
 * be an update is answered 400 and appears in no log.
 */
export function telegramRoutes({ path, accept }: TelegramWebhook): RouteGroup {
  return (api) => {
    api.post(path, async (c) => {
      const bytes = await readBytes((c.env as Halves).incoming);
      const read = bytes.ok ? parseObject(bytes.value) : bytes;
      if (!read.ok || !Number.isSafeInteger(read.value['update_id'])) return c.body(null, 400);
      const isTaken = await accept(read.value);
      return isTaken ? c.body(null, 200) : c.body(null, 503, { 'retry-after': retryAfterS });
    });
    api.all(path, (c) => c.body(null, 405, { allow: 'POST' }));
  };
}
