import { Api, HttpError } from 'grammy';
import { undeliverableTransformer } from '../../src/bot/outbox/undeliverable.ts';
import { type CallKind, rateLimitTransformer } from '../../src/bot/outbox/rate-limit-transformer.ts';
import { RateLimiter } from '../../src/bot/outbox/rate-limiter.ts';
import { Outbox } from '../../src/bot/outbox/outbox.ts';
import type { ChatStore, ChatEntry } from '../../src/domain/chats/chat-store.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { fakeClock, type FakeClock } from './fake-clock.ts';

export type TelegramCall = {
  readonly method: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly chatId: number | undefined;
  /** Since the start of the test. */
  readonly atMs: number;
};

/** How the fake handles a call: refuses it, loses it before or after carrying it out, or returns a result. */
export type TelegramDeed =
  | { readonly code: number; readonly says: string; readonly retryAfterS?: unknown; readonly movedTo?: number }
  | 'offline'
  | 'cut'
  | { readonly result: unknown };

export const limited = (retryAfterS: unknown): TelegramDeed => ({ code: 429, says: 'Too Many Requests', retryAfterS });
export const refusing = (says: string, code = 400): TelegramDeed => ({ code, says });

/** A chat store in memory. */
export function aChatBook(): ChatStore & { readonly entries: ReadonlyMap<number, ChatEntry> } {
  const entries = new Map<number, ChatEntry>();
  const limits = new Map<number, readonly string[]>();
  const find = (id: number) => entries.get(id) ?? { isClosed: false };
  return {
    entries,
    find: async (id) => find(id),
    close: async (id) => void entries.set(id, { ...find(id), isClosed: true }),
    open: async (id) => void entries.set(id, { ...find(id), isClosed: false }),
    move: async (id, movedTo) => void entries.set(id, { ...find(id), movedTo }),
    limits: async (id) => new Set(limits.get(id)),
    limit: async (id, what) => void limits.set(id, [...(limits.get(id) ?? []), what]),
    lift: async (id) => void limits.delete(id),
    startConversation: async () => undefined,
    wereMenusDeleted: async () => true,
    noteMenusDeleted: async () => undefined,
  };
}

/**
 * The real outbox and API transformers of the bot, with a fake Telegram that handles each call as `answer` decides; by
 * default it accepts every call.
 */
export function fakeTelegram(
  answer: (call: TelegramCall) => TelegramDeed | undefined | Promise<TelegramDeed | undefined> = () => undefined,
  clock: FakeClock = fakeClock(),
) {
  const startMs = clock.monotonicMs();
  const calls: TelegramCall[] = [];
  const events: AppEvent[] = [];
  const chats = aChatBook();
  const rateLimiter = new RateLimiter(clock);
  const closing = new AbortController();
  const emit = (event: AppEvent) => void events.push(event);
  const rests = { active: async () => [], keep: async () => undefined };
  const options = { rateLimiter, chats, rests, clock, emit, closing: closing.signal };
  let messages = 0;
  const apiFor = (manner: CallKind): Api => {
    const api = new Api('1:of-the-tests');
    api.config.use(
      async (_prev, method, payload) => {
        const facts = payload as Readonly<Record<string, unknown>>;
        const chatId = typeof facts['chat_id'] === 'number' ? facts['chat_id'] : undefined;
        const call = { method, payload: facts, chatId, atMs: clock.monotonicMs() - startMs };
        calls.push(call);
        const deed = await answer(call);
        if (deed === 'cut') throw new HttpError('no answer', new Error('socket hang up'));
        if (deed === 'offline') {
          throw new HttpError('no answer', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
        }
        if (deed === undefined) messages += 1;
        if (deed === undefined) return { ok: true, result: { message_id: messages } as never };
        if ('result' in deed) return { ok: true, result: deed.result as never };
        const parameters = {
          ...(deed.retryAfterS === undefined ? {} : { retry_after: deed.retryAfterS as number }),
          ...(deed.movedTo === undefined ? {} : { migrate_to_chat_id: deed.movedTo }),
        };
        return { ok: false, error_code: deed.code, description: deed.says, parameters };
      },
      rateLimitTransformer(options, manner),
      undeliverableTransformer(options, manner),
    );
    return api;
  };
  const api = apiFor('reply');
  const outbox = new Outbox({ ...options, api: apiFor('outgoing'), random: () => 1 });
  return { clock, calls, events, chats, rateLimiter, closing, emit, api, outbox };
}
