import type { Clock } from '../../../kit/clock.ts';
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
  /** Does the call that a bot may put into its answer. */
  readonly perform: (method: string, params: CallParams) => Promise<unknown>;
};

/**
 * Posts waiting updates to the bot, one at a time a place, several places at once: a chat for messages, a person for
 * presses, another one for payments. What is not acknowledged by a 2xx comes again: at once, then after 2, 4, 8 … 60 s.
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
      this.#note('Connection refused: the sandbox reaches this machine only');
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

  /** Answers nothing when the bot has taken the update, otherwise how long to rest before it comes again. */
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
      const reason = await response.text();
      if (response.ok) {
        await performCallIn(reason, response.headers.get('content-type') ?? '', perform);
        return undefined;
      }
      this.#note(`Wrong response from the webhook: ${response.status} ${response.statusText}`);
      const asked = Number(response.headers.get('retry-after') ?? Number.NaN);
      return asked >= 0 ? Math.min(asked, limits.webhook.maxRequestedRetryS) : backoffS;
    } catch (error) {
      signal.throwIfAborted();
      const isSlow = error instanceof Error && error.name === 'TimeoutError';
      this.#note(isSlow ? 'Read timeout expired' : 'Connection refused');
      return backoffS;
    }
  }

  #note(reason: string): void {
    this.#lastError = { dateS: Math.floor(this.#options.clock.now() / 1000), reason };
  }
}

export function isOnThisMachine(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}

/** A JSON answer may name one method; what becomes of it nobody learns. */
async function performCallIn(reason: string, contentType: string, perform: Options['perform']): Promise<void> {
  const asked = /^application\/json\b/i.test(contentType) ? readCall(reason) : undefined;
  if (asked !== undefined) await perform(asked.method, asked.params);
}

function readCall(reason: string): { readonly method: string; readonly params: CallParams } | undefined {
  try {
    const { method, ...rest } = JSON.parse(reason) as Record<string, unknown>;
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

/** Updates of one place keep their order. */
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
