import type { JobId } from '../../domain/ids.ts';
import type { Job, Outcome } from '../../domain/job.ts';
import { type Carrier, traitsOf } from '../../domain/kinds.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Outbox } from '../outbox/outbox.ts';

/** Telegram shows an action for 5 s at most. */
const actionEveryMs = 4_500;
/** What is made sooner needs no sign that it is being made. */
const actionAfterMs = 1_000;
/** Over all chats. What exceeds it is left out: nobody misses a decoration, and messages need the room. */
const pace = { burst: 20, everyMs: 100 } as const;
const maxRemembered = 1_000;

/** The chat action while a request is made. */
const actions = {
  photo: 'upload_photo',
  video: 'record_video',
  audio: 'record_voice',
  voice: 'record_voice',
  document: 'upload_document',
  text: 'typing',
} as const satisfies Record<Carrier, string>;

/** The chat action during the upload. */
const uploadActions = {
  ...actions,
  video: 'upload_video',
  audio: 'upload_voice',
  voice: 'upload_voice',
} as const satisfies Record<Carrier, string>;

/** Of Telegram's closed list of reactions; the person's own message carries one of them at a time. */
const emoji = { accepted: '👀', result: '🎉', failed: '💔' } as const;

export type PresenceOptions = {
  readonly outbox: Pick<Outbox, 'api'>;
  readonly service: Pick<GenerationService, 'find' | 'onProgress'>;
  readonly clock: Clock;
};

/**
 * The signs beside the messages: a reaction on the message that asked, and the chat action while a request is really being
 * made. They are decorations: nothing waits for them, none is repeated or stored, and none is sent where a chat refuses
 * them, or while too many are due. In groups there are no actions, since they would show to people who asked for nothing.
 */
export class Presence implements Disposable {
  readonly #options: PresenceOptions;
  readonly #timers = new Map<JobId, Disposable>();
  readonly #withoutReactions = new Set<number>();
  readonly #listening: Disposable;
  #fullAtMs = 0;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#listening = options.service.onProgress((id) => {
      if (!this.#timers.has(id)) this.#schedule(id, actionAfterMs);
    });
  }

  accepted(job: Job): void {
    this.#react(job, emoji.accepted);
  }

  /** A cancelled request carries no reaction any more. */
  ended(job: Job, outcome: Outcome): void {
    this.#timers.get(job.id)?.[Symbol.dispose]();
    this.#timers.delete(job.id);
    this.#react(job, outcome.kind === 'cancelled' ? undefined : emoji[outcome.kind]);
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  #react(
    { origin: { chatId, messageId, pressed } }: Job,
    reaction: (typeof emoji)[keyof typeof emoji] | undefined,
  ): void {
    if (pressed === true || this.#withoutReactions.has(chatId) || !this.#hasRoom()) return;
    const reactions = reaction === undefined ? [] : [{ type: 'emoji' as const, emoji: reaction }];
    this.#options.outbox.api.setMessageReaction(chatId, messageId, reactions).catch((error: unknown) => {
      // Where a chat allows no reactions, or not this one, each further try would be refused as well.
      if (!/REACTION/.test(String(error))) return;
      if (this.#withoutReactions.size >= maxRemembered) this.#withoutReactions.clear();
      this.#withoutReactions.add(chatId);
    });
  }

  #schedule(id: JobId, ms: number): void {
    const timer = this.#options.clock.schedule(ms, () => void this.#act(id).catch(() => this.#timers.delete(id)));
    this.#timers.set(id, timer);
  }

  /** Shows the action while the job is being made, and no longer. */
  async #act(id: JobId): Promise<void> {
    const { service, outbox } = this.#options;
    const found = await service.find(id);
    const phase = found?.view.phase;
    // What waits in the queue of its provider is not being made yet.
    const isMade = phase?.kind === 'making' && (phase.queue?.ahead ?? 0) === 0;
    if (found === undefined || !isMade || found.job.origin.chatType === 'group' || !this.#timers.has(id)) {
      this.#timers.delete(id);
      return;
    }
    this.#schedule(id, actionEveryMs);
    if (!this.#hasRoom()) return;
    const { chatId, threadId } = found.job.origin;
    const topic = threadId === undefined ? {} : { message_thread_id: threadId };
    await outbox.api.sendChatAction(chatId, actions[traitsOf(found.job.kind).carrier], topic).catch(() => undefined);
  }

  #hasRoom(): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const fullAtMs = Math.max(this.#fullAtMs, nowMs) + pace.everyMs;
    if (fullAtMs - nowMs > pace.burst * pace.everyMs) return false;
    this.#fullAtMs = fullAtMs;
    return true;
  }
}

/**
 * Shows "Sending a picture…" during a long upload; failures are ignored. It is awaited, since a held chat answers 429 here,
 * and the upload must then wait too.
 */
export async function showUploading(
  { kind, origin: { chatId, threadId } }: Job,
  { api }: Pick<Outbox, 'api'>,
): Promise<void> {
  const topic = threadId === undefined ? {} : { message_thread_id: threadId };
  await api.sendChatAction(chatId, uploadActions[traitsOf(kind).carrier], topic).catch(() => undefined);
}
