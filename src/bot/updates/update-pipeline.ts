import { GrammyError, type NextFunction, type Bot } from 'grammy';
import type { Update } from 'grammy/types';
import type { Secret } from '../../kit/secret.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { reply } from '../reply.ts';
import type { Inbox, InboxUpdate } from '../../domain/inbox.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import { UpdateHandler } from './update-handler.ts';
import type { Emit } from '../../domain/events.ts';
import type { Random } from '../../kit/backoff.ts';
import { retryDelayMs, type UpdateSink, type UpdateSource } from './update-source.ts';
import { describeTelegramError } from '../outbox/telegram-error.ts';

/** Replaces a secret character by character, so that Telegram's entity offsets stay valid. A private-use character. */
export const mask = '\ue0e1';

/** Fields that hold typed text: messages, captions, link targets, file names. */
const typedFields: ReadonlySet<string> = new Set(['text', 'caption', 'url', 'file_name']);

/** Shapes of tokens and keys that no prompt contains. */
const shapes: readonly RegExp[] = [
  /\d{6,12}:[A-Za-z0-9_-]{30,}/g,
  /(?<![A-Za-z0-9])(?:sk|pk|rk|key|hf|r8|gsk|xai|ghp)[-_](?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}/g,
  /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}/g,
  /(?<![A-Za-z0-9])(?=[A-Za-z]{0,60}[0-9])(?=[0-9]{0,60}[A-Za-z])[A-Za-z0-9]{32,}/g,
  /\b[A-Z][A-Z0-9_]{0,40}(?:KEYS?|TOKEN|SECRET)(?:_[A-Z0-9_]{1,20}|[0-9]{1,6})?\s{0,3}=\s{0,3}\S{8,}/g,
  /\bAuthorization:\s{0,3}\S+(?:\s{1,3}\S{8,})?/gi,
];

/**
 * The JSON of an update with every typed text masked that looks like a key or is one of `ownSecrets`. It runs before the
 * inbox, so no such text reaches the database, a dialogue or a prompt.
 */
export function redactSecrets(update: Update, ownSecrets: readonly Secret[] = []): string {
  const known = ownSecrets.map((secret) => secret.reveal()).filter((secret) => secret.length >= 8);
  return JSON.stringify(update, (name, value: unknown) =>
    typedFields.has(name) && typeof value === 'string' ? masked(value, known) : value,
  );
}

function masked(text: string, known: readonly string[]): string {
  const hide = (found: string) => mask.repeat(found.length);
  const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, hide(secret)), text);
  return shapes.reduce((rest, shape) => rest.replace(shape, hide), withoutKnown);
}

/** Deletes a message in which a secret was masked and answers its author; no handler sees it. */
export function typedKeys({ messages }: Pick<BotDeps, 'messages'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { text, caption, entities, caption_entities: links, document, video, audio } = ctx.message ?? {};
    if (!JSON.stringify([text, caption, entities, links, document, video, audio]).includes(mask)) return next();
    // Messages that group members write to each other are left alone.
    if (ctx.chat?.type !== 'private' && !(text ?? caption ?? '').startsWith('/')) return;
    const isDeleted = await deleteMessage(ctx);
    await reply(ctx, messages.typedKey(isDeleted, ctx.speaker.locale));
  };
}

async function deleteMessage(ctx: BotContext): Promise<boolean> {
  try {
    return await ctx.deleteMessage();
  } catch (error) {
    if (!(error instanceof GrammyError)) throw error;
    return error.description.includes('message to delete not found');
  }
}

/** The longest wait for answers to updates that cannot be stored. */
const maxAnswerMs = 10_000;

export type IntakeOptions = {
  readonly inbox: Inbox;
  readonly handler: UpdateHandler;
  readonly clock: Clock;
};

/**
 * Stores the updates of a batch, then starts to handle them. While the storage is unavailable, updates are answered without
 * being stored; only the answered ones are confirmed, so Telegram sends the others again.
 */
export class Intake {
  readonly #options: IntakeOptions;
  /** Answered, or being answered, without being stored; Telegram still holds them. */
  readonly #unstored = new Map<number, Promise<boolean>>();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Resolves with how many updates of the batch, from its start, may be confirmed to Telegram. */
  async take(batch: readonly InboxUpdate[], signal: AbortSignal): Promise<number> {
    const { inbox, handler, clock } = this.#options;
    let fresh: readonly InboxUpdate[];
    try {
      fresh = await inbox.keep(batch, clock.now());
    } catch (error) {
      if (!isStorageRefusal(error)) throw error;
      return this.#answerUnstored(batch, signal);
    }
    for (const update of fresh) void handler.start(update, signal, this.#unstored.get(update.updateId));
    // Another batch may be in progress at the same time.
    for (const { updateId } of batch) this.#unstored.delete(updateId);
    return batch.length;
  }

  async #answerUnstored(batch: readonly InboxUpdate[], signal: AbortSignal): Promise<number> {
    const { handler, clock } = this.#options;
    const done = new Set<number>();
    const answers = batch.map(async (update) => {
      const { updateId } = update;
      const answer = this.#unstored.get(updateId) ?? handler.handleOnce(update, signal);
      this.#unstored.set(updateId, answer);
      if (await answer) done.add(updateId);
      else this.#unstored.delete(updateId);
    });
    await atMost(clock, maxAnswerMs, Promise.all(answers));
    const first = batch.findIndex(({ updateId }) => !done.has(updateId));
    const count = first === -1 ? batch.length : first;
    for (const { updateId } of batch.slice(0, count)) this.#unstored.delete(updateId);
    return count;
  }
}

const purgeEveryMs = 3_600_000;

export type UpdatePipelineOptions = {
  readonly bot: Bot<BotContext>;
  readonly source: UpdateSource;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** The app's own keys and tokens, masked in typed text. */
  readonly ownSecrets?: () => readonly Secret[];
};

/** The way of an update from any source: redacted -> stored in the inbox -> handlers, in order per chat -> handled. */
export class UpdatePipeline implements UpdateSink {
  readonly #options: UpdatePipelineOptions;
  readonly #handler: UpdateHandler;
  readonly #intake: Intake;
  #introducedMonotonicMs: number | undefined;
  #purgedMs = 0;

  constructor(options: UpdatePipelineOptions) {
    this.#options = options;
    this.#handler = new UpdateHandler(options);
    this.#intake = new Intake({ ...options, handler: this.#handler });
  }

  /** The bot's username; known after `identifyBot`. */
  get username(): string {
    return this.#options.bot.botInfo.username;
  }

  /** When Telegram answered last, in monotonic milliseconds. */
  get lastAnswerMonotonicMs(): number | undefined {
    return this.#options.source.lastAnswerMonotonicMs ?? this.#introducedMonotonicMs;
  }

  /** Asks Telegram for the bot's identity until it answers; throws TokenRefused. */
  async identifyBot(signal: AbortSignal): Promise<void> {
    const { bot, clock, random, emit } = this.#options;
    for (let failures = 1; ; failures += 1) {
      try {
        // `bot.init` retries by itself, without a log line and without listening to the signal.
        bot.botInfo = await bot.api.getMe(signal as Parameters<typeof bot.api.getMe>[0]);
        this.#introducedMonotonicMs = clock.monotonicMs();
        return;
      } catch (error) {
        signal.throwIfAborted();
        const waitMs = retryDelayMs(error, failures, random);
        emit({ event: 'telegram.error', method: 'getMe', detail: describeTelegramError(error), retryInMs: waitMs });
        await clock.sleep(waitMs, signal);
      }
    }
  }

  /** Handles the updates of an earlier process, then those of the source, until the signal aborts; throws TokenRefused. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#handler.resume(signal);
    await this.#options.source.deliver(this, signal);
  }

  capacity(): Promise<void> {
    return this.#handler.capacity();
  }

  async take(batch: readonly Update[], signal: AbortSignal): Promise<number> {
    const updates = batch.flatMap((update) => this.#toRow(update));
    const taken = await this.#intake.take(updates, signal);
    await this.#purge();
    if (taken === updates.length) return batch.length;
    const first = updates[taken]?.updateId;
    return batch.findIndex(({ update_id: id }) => id === first);
  }

  /** Resolves when no handler is running. */
  async idle(): Promise<void> {
    await this.#handler.idle();
  }

  /** The redacted row of an update; none for an update that cannot be serialized (nested too deep). */
  #toRow(update: Update): readonly InboxUpdate[] {
    const { emit, ownSecrets = () => [] } = this.#options;
    const updateId = update.update_id;
    try {
      return [{ updateId, body: redactSecrets(update, ownSecrets()) }];
    } catch (error) {
      emit({ event: 'update.failed', updateId, error, setAside: true });
      return [];
    }
  }

  /** Never rejects: the batch was taken and has to be confirmed. */
  async #purge(): Promise<void> {
    const { inbox, clock, emit } = this.#options;
    const nowMs = clock.now();
    if (nowMs - this.#purgedMs < purgeEveryMs) return;
    this.#purgedMs = nowMs;
    try {
      await inbox.purge(nowMs);
    } catch (error) {
      emit({ event: 'app.error', what: 'delete old updates', error });
    }
  }
}
