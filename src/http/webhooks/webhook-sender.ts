import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { StoredWebhook, WebhookMessage, WebhookOutbox } from '../../domain/gateway/webhook-outbox.ts';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import { type WebhookRequest, webhookRequest, type WebhookTarget } from './webhook-format.ts';

/** What a receiver answered, or why it did not; without its address. */
export type WebhookAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs?: number }
  | { readonly kind: 'unanswered'; readonly why: string };

export type PostWebhook = (request: WebhookRequest, signal: AbortSignal) => Promise<WebhookAnswer>;

export type WebhookSenderOptions = {
  readonly outbox: WebhookOutbox;
  /** Where messages of this target go now; undefined where nowhere any more. */
  readonly targetOf: (target: string) => WebhookTarget | undefined;
  readonly signingKey: Secret | undefined;
  readonly post: PostWebhook;
  /** Whether this process tells what waits: of several, one does. */
  readonly mayTell?: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
};

const lookEveryMs = 1_000;
const atOnce = 8;
const tryMs = 10_000;
/** A message is tried for a day. */
export const webhookPatienceMs = 86_400_000;
const keptMs = 7 * 86_400_000;
const purgeEveryMs = 3_600_000;
const backoff = { baseMs: 5_000, capMs: 3_600_000 } as const;

/** Tells what waits in the outbox: at once, and again with growing waits until the receiver takes it or a day is over. */
export class WebhookSender implements AsyncDisposable {
  readonly #options: WebhookSenderOptions;
  readonly #closing = new AbortController();
  readonly #timers: readonly Disposable[];
  #work: Promise<void> | undefined;
  #isPoked = false;
  #isFailing = false;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    const { clock, outbox } = options;
    this.#timers = [
      every(clock, lookEveryMs, () => this.#look()),
      every(clock, purgeEveryMs, () => void this.#guarded(() => outbox.purge(clock.now() - keptMs))),
    ];
  }

  /** Keeps the message and tells it as soon as it is durable. Never rejects. */
  async send(message: WebhookMessage): Promise<void> {
    await this.#guarded(() => this.#options.outbox.add(message, message.createdAtMs + webhookPatienceMs));
    this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#closing.abort(new Error('The app is stopping'));
    await this.#work;
  }

  #look(): void {
    this.#isPoked = true;
    if (this.#closing.signal.aborted || this.#options.mayTell?.() === false) return;
    this.#work ??= this.#guarded(() => this.#sendDue()).finally(() => {
      this.#work = undefined;
    });
  }

  async #sendDue(): Promise<void> {
    const { outbox, clock } = this.#options;
    while (this.#isPoked && !this.#closing.signal.aborted) {
      this.#isPoked = false;
      const due = await outbox.due(clock.now(), atOnce);
      await Promise.all(due.map((message) => this.#tell(message)));
      if (due.length === atOnce) this.#isPoked = true;
    }
  }

  async #tell(message: StoredWebhook): Promise<void> {
    const { outbox, targetOf, signingKey, post, clock, emit } = this.#options;
    const { id, target, type, tries } = message;
    const where = targetOf(target);
    if (where === undefined) return outbox.failed(id, 'nobody is told this any more', clock.now());
    using deadline = clock.deadline(tryMs, this.#closing.signal);
    const answer = await post(webhookRequest(message, where, signingKey, clock.now()), deadline);
    // A stop is no failure of the receiver.
    if (this.#closing.signal.aborted && answer.kind === 'unanswered') return;
    if (answer.kind === 'answered' && answer.status >= 200 && answer.status < 300) {
      return outbox.delivered(id, clock.now());
    }
    const problem = answer.kind === 'answered' ? `HTTP ${answer.status}` : answer.why;
    const statedMs = answer.kind === 'answered' ? (answer.retryAfterMs ?? 0) : 0;
    const dueAtMs = clock.now() + Math.max(statedMs, backoffMs(tries + 1, backoff, this.#options.random));
    // 410: the receiver wants to hear nothing more.
    const isOver = dueAtMs > message.giveUpAtMs || (answer.kind === 'answered' && answer.status === 410);
    if (!isOver) return outbox.postpone(id, problem, dueAtMs);
    await outbox.failed(id, problem, clock.now());
    emit({ event: 'webhook.failed', target, type, tries: tries + 1, why: problem });
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#isFailing = false;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      // The storage reports its outages itself.
      if (!this.#isFailing && !isStorageRefusal(error)) {
        this.#options.emit({ event: 'app.error', what: 'send what waits for other programs', error });
      }
      this.#isFailing = true;
    }
  }
}
