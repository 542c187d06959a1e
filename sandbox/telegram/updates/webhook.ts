import type { Clock } from '../../../src/kit/clock.ts';
import { CallParams, isObject } from '../call-params.ts';
import { limits } from '../limits.ts';
import type { RawUpdate, UpdateQueue } from './update-queue.ts';

export type WebhookSettings = {
  readonly url: string;
  readonly secret: string;
  readonly maxConnections: number;
};

type Options = {
  readonly updates: UpdateQueue;
  readonly clock: Clock;
  /** Carries out the method call that a bot may put into its response. */
  readonly perform: (method: string, params: CallParams) => Promise<unknown>;
};

/**
 * Posts the pending updates to the bot: one at a time per ordering key, different keys in parallel. The key is the chat
 * for messages, the person for presses, and the kind for payments. An update without a 2xx is posted again: at once,
 * then after 2, 4, 8 … 60 s.
 */
export class Webhook {
  readonly #options: Options;
  #settings: WebhookSettings | undefined;
  #stop = new AbortController();
  #busy = new Set<string>();
  #lastError: { readonly dateS: number; readonly reason: string } | undefined;

  constructor(options: Options) {
    this.#options = options;
    options.updates.onArrival(() => this.#dispatch());
  }

  get settings(): WebhookSettings | undefined {
    return this.#settings;
  }

  get lastError() {
    return this.#lastError;
  }

  set(settings: WebhookSettings | undefined): void {
    this.#stop.abort(new Error('The webhook has changed'));
    this.#stop = new AbortController();
    this.#busy = new Set();
    this.#lastError = undefined;
    this.#settings = settings;
    this.#dispatch();
  }

  #dispatch(): void {
    const settings = this.#settings;
    if (settings === undefined) return;
    const waiting = this.#options.updates.waiting();
    if (waiting.length > 0 && !isOnThisMachine(settings.url)) {
      this.#recordError('Connection refused: the sandbox reaches this machine only');
      return;
    }
    for (const update of waiting) {
      const key = orderingKey(update);
      if (this.#busy.has(key) || this.#busy.size >= settings.maxConnections) continue;
      this.#busy.add(key);
      void this.#deliver(update, key, settings, this.#busy, this.#stop.signal);
    }
  }

  async #deliver(
    update: RawUpdate,
    key: string,
    settings: WebhookSettings,
    busy: Set<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { updates, clock } = this.#options;
    try {
      for (let failures = 0; updates.isWaiting(update); failures += 1) {
        const retryAfterS = await this.#post(update, settings, failures, signal);
        if (retryAfterS === undefined) updates.drop(update);
        else if (retryAfterS > 0) await clock.sleep(retryAfterS * 1000, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      busy.delete(key);
      if (!signal.aborted) this.#dispatch();
    }
  }

  /** Resolves with undefined when the bot accepted the update, otherwise with the seconds until the next attempt. */
  async #post(
    update: RawUpdate,
    { url, secret }: WebhookSettings,
    failures: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { clock, perform } = this.#options;
    const backoffS = failures === 0 ? 0 : Math.min(limits.webhook.maxRetryS, 2 ** failures);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(secret === '' ? {} : { 'x-telegram-bot-api-secret-token': secret }),
        },
        body: JSON.stringify(update),
        redirect: 'manual',
        signal: clock.deadline(limits.webhook.answerMs, signal),
      });
      const body = await response.text();
      if (response.ok) {
        await performCallIn(body, response.headers.get('content-type') ?? '', perform);
        return undefined;
      }
      this.#recordError(`Wrong response from the webhook: ${response.status} ${response.statusText}`);
      const requestedS = Number(response.headers.get('retry-after') ?? Number.NaN);
      return requestedS >= 0 ? Math.min(requestedS, limits.webhook.maxRequestedRetryS) : backoffS;
    } catch (error) {
      signal.throwIfAborted();
      const isTimeout = error instanceof Error && error.name === 'TimeoutError';
      this.#recordError(isTimeout ? 'Read timeout expired' : 'Connection refused');
      return backoffS;
    }
  }

  #recordError(reason: string): void {
    this.#lastError = { dateS: Math.floor(this.#options.clock.now() / 1000), reason };
  }
}

/** True for a URL on a loopback host. */
export function isOnThisMachine(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}

/** A JSON response may name one method to call; its result is discarded. */
async function performCallIn(body: string, contentType: string, perform: Options['perform']): Promise<void> {
  const call = /^application\/json\b/i.test(contentType) ? readCall(body) : undefined;
  if (call !== undefined) await perform(call.method, call.params);
}

function readCall(body: string): { readonly method: string; readonly params: CallParams } | undefined {
  try {
    const { method, ...rest } = JSON.parse(body) as Record<string, unknown>;
    if (typeof method !== 'string') return undefined;
    const given = Object.entries(rest).filter(([, value]) => value !== null);
    const texts = given.map(
      ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
    );
    return { method, params: new CallParams(new Map(texts)) };
  } catch {
    return undefined;
  }
}

/** Updates with the same key keep their order. */
function orderingKey(update: RawUpdate): string {
  for (const [kind, content] of Object.entries(update)) {
    if (!isObject(content)) continue;
    const { chat, from } = content;
    if (['pre_checkout_query', 'shipping_query', 'inline_query'].includes(kind)) return kind;
    if (isObject(chat)) return `chat ${String(chat['id'])}`;
    if (isObject(from)) return `person ${String(from['id'])}`;
  }
  return 'other';
}
