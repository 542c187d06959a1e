import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import { createConnector } from '../../media/connector.ts';
import { createHttpClient, type HttpHeaders, parseJson } from '../../providers/http/http-exchange.ts';

const timeoutMs = 15_000;
const bodyLimitBytes = 4_000_000;

/** What Telegram said to a call that a command makes itself, without a bot. */
export type TelegramAnswer<Value> =
  | {
      readonly kind: 'answered';
      readonly value: Value;
      readonly ms: number;
      /** How far Telegram's clock is ahead of this machine's, within a second; undefined when it was not told. */
      readonly clockAheadMs: number | undefined;
    }
  /** Only another token helps. */
  | { readonly kind: 'token-refused' }
  /** Another process asks for updates with this token. */
  | { readonly kind: 'conflict' }
  /** Something answered that is not Telegram. */
  | { readonly kind: 'not-telegram'; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string };

export type TelegramCalls = AsyncDisposable & {
  getMe(): Promise<TelegramAnswer<BotIdentity>>;
  /** The address to which updates are sent; empty when there is none. */
  getWebhook(): Promise<TelegramAnswer<string>>;
  /** Waits up to `waitS` seconds for updates from `offset` on, and confirms those before it. */
  getUpdates(offset: number, waitS: number): Promise<TelegramAnswer<readonly SeenUpdate[]>>;
};

export type BotIdentity = { readonly id: number; readonly username: string; readonly name: string };

export type SeenUpdate = {
  readonly updateId: number;
  /** Who wrote in a private chat; undefined for everything else. */
  readonly from: { readonly id: number; readonly name: string } | undefined;
};

const meSchema = z
  .looseObject({ id: z.number(), username: z.string().min(1), first_name: z.string().default('') })
  .transform(({ id, username, first_name: name }): BotIdentity => ({ id, username, name }));
const webhookSchema = z.looseObject({ url: z.string().default('') }).transform(({ url }) => url);
const personSchema = z.looseObject({ id: z.number(), is_bot: z.boolean(), first_name: z.string().default('') });
const updatesSchema = z.array(
  z
    .looseObject({
      update_id: z.number(),
      message: z.looseObject({ from: personSchema.optional(), chat: z.looseObject({ type: z.string() }) }).optional(),
    })
    .transform(({ update_id: updateId, message }): SeenUpdate => {
      const { from, chat } = message ?? {};
      const isPerson = from !== undefined && !from.is_bot && chat?.type === 'private';
      return { updateId, from: isPerson ? { id: from.id, name: from.first_name } : undefined };
    }),
);

export type TelegramCallsOptions = {
  readonly config: Pick<Config, 'proxies'> & { readonly telegram: Pick<Config['telegram'], 'apiRoot'> };
  readonly token: Secret;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Calls Telegram through the configured proxy and address, one call at a time; nothing is repeated. */
export function openTelegramCalls({ config, token, clock, signal }: TelegramCallsOptions): TelegramCalls {
  const http = createHttpClient({ connector: createConnector({ proxies: config.proxies }) });
  const call = async <Value>(
    method: string,
    schema: z.ZodType<Value>,
    body: object = {},
    waitMs = 0,
  ): Promise<TelegramAnswer<Value>> => {
    using deadline = clock.deadline(timeoutMs + waitMs, signal);
    const startedMs = clock.monotonicMs();
    const reply = await http.call({
      method: 'POST',
      url: `${config.telegram.apiRoot}/bot${token.reveal()}/${method}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: deadline,
      bodyLimitBytes,
    });
    const ms = clock.monotonicMs() - startedMs;
    switch (reply.kind) {
      case 'answer':
        return readAnswer(reply, schema, ms, clock.now());
      case 'timed-out':
        return { kind: 'unreachable', detail: `no answer within ${timeoutMs / 1_000} s` };
      case 'unreachable':
      case 'cut':
        return { kind: 'unreachable', detail: reply.detail };
      case 'malformed':
        return { kind: 'not-telegram', detail: reply.detail };
      case 'too-large':
        return { kind: 'not-telegram', detail: 'the answer is too large' };
    }
  };
  return {
    getMe: () => call('getMe', meSchema),
    getWebhook: () => call('getWebhookInfo', webhookSchema),
    getUpdates: (offset, waitS) =>
      call('getUpdates', updatesSchema, { offset, timeout: waitS, allowed_updates: ['message'] }, waitS * 1_000),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

type Reply = { readonly status: number; readonly headers: HttpHeaders; readonly body: Uint8Array };

const envelope = z.union([
  z.looseObject({ ok: z.literal(true), result: z.unknown() }),
  z.looseObject({ ok: z.literal(false), error_code: z.number() }),
]);

function readAnswer<Value>(
  { status, headers, body }: Reply,
  schema: z.ZodType<Value>,
  ms: number,
  nowMs: number,
): TelegramAnswer<Value> {
  const json = parseJson(body);
  const parsed = json.ok ? envelope.safeParse(json.value) : undefined;
  if (parsed?.success !== true) {
    return { kind: 'not-telegram', detail: `HTTP ${status}, ${json.ok ? 'other JSON' : json.why}` };
  }
  if (!parsed.data.ok) {
    const code = parsed.data.error_code;
    if (code === 401 || code === 404) return { kind: 'token-refused' };
    return code === 409 ? { kind: 'conflict' } : { kind: 'unreachable', detail: `it answered with code ${code}` };
  }
  const value = schema.safeParse(parsed.data.result);
  if (!value.success) return { kind: 'not-telegram', detail: `HTTP ${status}, other JSON` };
  const dateMs = Date.parse(String(headers['date'] ?? ''));
  // The header has whole seconds, and half of the way lies behind it.
  const clockAheadMs = Number.isNaN(dateMs) ? undefined : dateMs + 500 - (nowMs - ms / 2);
  return { kind: 'answered', value: value.data, ms, clockAheadMs };
}
