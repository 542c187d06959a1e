import type { ApiClientOptions, Transformer } from 'grammy';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { notFromTelegram, classifyRefusal } from './telegram-error.ts';
import type { Clock } from '../../kit/clock.ts';
import { type ReadAnswer, wholeAnswer, withCode } from './own-transport.ts';

type Fetch = NonNullable<ApiClientOptions['fetch']>;

/** What grammY asks for. */
type Asked = {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  readonly signal?: AbortSignal;
};

/** Far above a full batch of updates. */
const maxAnswerBytes = 64_000_000;

/**
 * Calls the Bot API. grammY drops the status of an answer that is not JSON; here such an answer becomes a refusal with its
 * status, so that an upload that is too large for a proxy is not repeated like a lost connection. An answer without JSON
 * and without an error status throws: what was done is unknown.
 */
export function telegramFetch(dispatcher: Dispatcher): Fetch {
  const call = async (url: string, asked: Asked) => {
    const body = bodyOf(await exchange(url, asked, dispatcher));
    return { json: async () => body };
  };
  return call;
}

/** The answer as the Bot API would give it. */
export function bodyOf({ status, retryAfter, body }: ReadAnswer): unknown {
  const parsed = jsonOf(body);
  if (typeof parsed === 'object' && parsed !== null && 'ok' in parsed && typeof parsed.ok === 'boolean') return parsed;
  if (status < 300 && !isPage(body)) throw withCode('The answer is no JSON', 'ERR_NO_JSON');
  const seconds = Number(retryAfter);
  return {
    ok: false,
    // A page with a success comes from a proxy that wants something of a person: Telegram has heard nothing.
    error_code: status < 400 ? 403 : status,
    description: `${notFromTelegram} (status ${status})`,
    ...(retryAfter !== undefined && seconds >= 0 ? { parameters: { retry_after: seconds } } : {}),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPage(text: string): boolean {
  return text.trimStart().startsWith('<');
}

async function exchange(url: string, asked: Asked, dispatcher: Dispatcher): Promise<ReadAnswer> {
  const { method = 'POST', headers = {}, body = '', signal } = asked;
  try {
    const sent = body instanceof Readable ? await wholeIfSmall(body) : body;
    const { origin, pathname, search } = new URL(url);
    const request = { origin, path: `${pathname}${search}`, method, headers, body: sent };
    return await wholeAnswer(dispatcher, request, { maxBytes: maxAnswerBytes, signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    const aborted = new Error('The call was aborted');
    aborted.name = 'AbortError';
    throw aborted;
  }
}

/** A larger body is sent while it is read. */
const maxWholeBytes = 1_000_000;

/** A small upload in one piece: its many small parts would each be a packet. */
async function wholeIfSmall(body: Readable): Promise<Buffer | Readable> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const rest = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    chunks.push(next.value);
    bytes += next.value.byteLength;
    if (bytes > maxWholeBytes) return Readable.from(followedBy(chunks, rest), { objectMode: false });
  }
  return Buffer.concat(chunks);
}

async function* followedBy(chunks: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** Calls that were begun a moment ago; statuses leave some of the slots to answers. */
const maxConcurrentSends = 32;
const maxConcurrentStatuses = 24;
/** A call that is silent for longer takes no slot: a slow chat delays no other. */
const silentAfterMs = 200;
/** Calls without an answer, silent ones too: Telegram refuses some of a hundred simultaneous uploads. */
const maxUnanswered = 90;
/** A call that is silent for longer is no longer counted. */
const lostAfterMs = 3_000;

/** How many calls may run at once. A call takes a slot until it is answered or falls silent. */
export class SendSlots {
  readonly #clock: Clock;
  readonly #onRoom: () => void;
  #lively = 0;
  #unanswered = 0;

  /** `onRoom` is called when a call has fallen silent, not when one has ended. */
  constructor(clock: Clock, onRoom: () => void) {
    this.#clock = clock;
    this.#onRoom = onRoom;
  }

  hasRoom(isStatus: boolean): boolean {
    const max = isStatus ? maxConcurrentStatuses : maxConcurrentSends;
    return this.#lively < max && this.#unanswered < maxUnanswered;
  }

  /** Counts a call that begins now; dispose it when the call has ended. */
  take(): Disposable {
    this.#lively += 1;
    this.#unanswered += 1;
    let state: 'lively' | 'silent' | 'lost' = 'lively';
    let timer = this.#clock.schedule(silentAfterMs, () => {
      state = 'silent';
      this.#lively -= 1;
      timer = this.#clock.schedule(lostAfterMs - silentAfterMs, () => {
        state = 'lost';
        this.#unanswered -= 1;
        this.#onRoom();
      });
      this.#onRoom();
    });
    return {
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
        if (state === 'lively') this.#lively -= 1;
        if (state !== 'lost') this.#unanswered -= 1;
      },
    };
  }
}

/** Methods that fail together: Telegram's text servers and its media servers are not the same. */
export type MethodKind = 'send-text' | 'send-media' | 'edit-text' | 'edit-media';

/** The kind of a method that shows something; undefined for others. */
export function kindOfMethod(method: string): MethodKind | undefined {
  if (method === 'sendChatAction') return undefined;
  const part = /Message|ReplyMarkup|Caption/.test(method) && !/Media/.test(method) ? 'text' : 'media';
  if (method.startsWith('send')) return `send-${part}`;
  return method.startsWith('edit') ? `edit-${part}` : undefined;
}

/** Failures of a kind older than this say nothing about now. */
const recentMs = 120_000;
/** One failure may be a single lost connection. */
const minFailures = 2;

type Health = { failures: number; failedAtMs: number };

/**
 * Whether each kind of method works, by its own calls: a server that answers getMe may still fail every upload. Only a
 * success of the kind itself ends its failures.
 */
export class MethodHealth {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #kinds = new Map<MethodKind, Health>();
  readonly #listeners = new Set<(kind: MethodKind) => void>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** True while calls of the kind have failed lately and none has succeeded since. */
  isFailing(kind: MethodKind): boolean {
    const health = this.#kinds.get(kind);
    if (health === undefined || health.failures < minFailures) return false;
    return this.#clock.monotonicMs() - health.failedAtMs < recentMs;
  }

  failed(kind: MethodKind): void {
    const failures = (this.#kinds.get(kind)?.failures ?? 0) + 1;
    this.#kinds.set(kind, { failures, failedAtMs: this.#clock.monotonicMs() });
  }

  succeeded(kind: MethodKind): void {
    if (!this.#kinds.delete(kind)) return;
    for (const listener of this.#listeners) listener(kind);
  }

  /** Calls back when a kind that failed works again. */
  onRecovery(listener: (kind: MethodKind) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

/** Notes how each call ends; a refusal of Telegram shows that the method works. */
export function methodHealthTransformer(health: MethodHealth): Transformer {
  return async (prev, method, payload, signal) => {
    const kind = kindOfMethod(method);
    if (kind === undefined) return prev(method, payload, signal);
    try {
      const answer = await prev(method, payload, signal);
      if (answer.ok) health.succeeded(kind);
      else if (classifyRefusal(answer) === 'unsure') health.failed(kind);
      return answer;
    } catch (error) {
      if (signal?.aborted !== true) health.failed(kind);
      throw error;
    }
  };
}
