import type { Transformer } from 'grammy';
import type { Clock } from '../../kit/clock.ts';
import { classifyRefusal } from './telegram-error.ts';

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
