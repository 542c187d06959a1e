import type { Bot } from 'grammy';
import type { Update } from 'grammy/types';
import type { Secret } from '../../kit/secret.ts';
import type { BotContext } from '../context.ts';
import type { Inbox, InboxUpdate } from '../../domain/inbox.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import type { HandedKey } from '../admins/handed-keys.ts';
import type { MethodHealth } from '../outbox/bot-api.ts';
import { redactSecrets } from '../message-words.ts';
import { SharedUpdates, type SharedUpdatesStores } from './shared-updates.ts';
import type { UnkeptUpdates } from './update-source.ts';
import { UpdateHandler } from './update-handler.ts';
import type { Emit } from '../../domain/events.ts';
import type { Random } from '../../kit/backoff.ts';
import {
  CallRetries,
  KnownNames,
  type UpdateSink,
  type UpdateSource,
  askIdentity,
  describePollError,
} from './update-source.ts';

/** The longest wait for answers to updates that cannot be stored: one chat may be limited, and others have written meanwhile. */
const maxAnswerMs = 2_000;

export type IntakeOptions = {
  readonly inbox: Inbox;
  readonly handler: UpdateHandler;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Of several processes: called when updates are stored, in place of handling them; and whether this one may answer. */
  readonly shared?: { readonly onKept: () => void; readonly mayAnswer: () => boolean };
};

/**
 * Stores the updates of a batch and starts to handle them in the same transaction; nothing is said before that is durable
 * (see `UnkeptUpdates`). Where several processes share the inbox, the process that has them in hand begins once they are stored. While the storage is unavailable, updates are answered without
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
    const { inbox, handler, clock, shared } = this.#options;
    if (shared !== undefined) return this.#keep(batch, signal, shared);
    const decided = Promise.withResolvers<boolean>();
    const begun = new Map<number, Promise<boolean>>();
    const begin = (fresh: readonly InboxUpdate[]) => {
      for (const update of fresh) {
        const { updateId } = update;
        begun.set(
          updateId,
          handler.start(update, signal, { before: this.#unstored.get(updateId), kept: decided.promise }),
        );
      }
    };
    let fresh: readonly InboxUpdate[];
    try {
      fresh = await inbox.keep(batch, clock.now(), begin);
      decided.resolve(true);
    } catch (error) {
      decided.resolve(false);
      if (!isStorageRefusal(error)) throw error;
      for (const [updateId, answered] of begun) this.#unstored.set(updateId, answered);
      return this.#answerUnstored(batch, signal);
    }
    this.#reportKnown(batch, fresh);
    // Another batch may be in progress at the same time.
    for (const { updateId } of batch) this.#unstored.delete(updateId);
    return batch.length;
  }

  /** Resolves with whether the update was answered before it was stored; forgets it. */
  answeredBefore(updateId: number): Promise<boolean> | undefined {
    const answered = this.#unstored.get(updateId);
    this.#unstored.delete(updateId);
    return answered;
  }

  async #keep(
    batch: readonly InboxUpdate[],
    signal: AbortSignal,
    { onKept, mayAnswer }: NonNullable<IntakeOptions['shared']>,
  ): Promise<number> {
    const { inbox, clock } = this.#options;
    try {
      const fresh = await inbox.keep(batch, clock.now());
      if (fresh.length > 0) onKept();
      this.#reportKnown(batch, fresh);
      return batch.length;
    } catch (error) {
      if (!isStorageRefusal(error) || !mayAnswer()) throw error;
      return this.#answerUnstored(batch, signal);
    }
  }

  /** Telegram delivers an update again after a crash; a whole batch of known ones may also mean that the bot is mute. */
  #reportKnown(batch: readonly InboxUpdate[], fresh: readonly InboxUpdate[]): void {
    if (fresh.length === batch.length) return;
    const { emit } = this.#options;
    const isFresh = new Set(fresh.map(({ updateId }) => updateId));
    const known = batch.filter(({ updateId }) => !isFresh.has(updateId) && !this.#unstored.has(updateId));
    for (const { updateId } of known) emit({ event: 'update.ignored', updateId, why: 'seen before' });
    if (known.length === batch.length) emit({ event: 'updates.all-known', count: known.length });
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
  readonly unkept: UnkeptUpdates;
  /** Which methods of Telegram work. */
  readonly health?: Pick<MethodHealth, 'onRecovery'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** The app's own keys and tokens, masked in typed text. */
  readonly ownSecrets?: { readonly current: readonly Secret[] };
  /** Called with the key that an update hands over, which is in no stored row of it. */
  readonly onHandedKey?: (updateId: number, handed: HandedKey) => void;
  /** Where the Bot API is, where it is not Telegram's own. */
  readonly apiRoot?: string | undefined;
  /** Why an update asks nothing of the bot; undefined where a handler has to see it. */
  readonly reasonUnasked?: (update: Update) => string | undefined;
  /** Absent where this process is alone. */
  readonly shared?: SharedUpdatesStores | undefined;
};

/** The way of an update from any source: redacted -> stored in the inbox -> handlers, in order per chat -> handled. */
export class UpdatePipeline implements UpdateSink {
  readonly #options: UpdatePipelineOptions;
  readonly #handler: UpdateHandler;
  readonly #intake: Intake;
  readonly #names: KnownNames;
  readonly #shared: SharedUpdates | undefined;
  #introducedMonotonicMs: number | undefined;
  #purgedMs = 0;

  constructor(options: UpdatePipelineOptions) {
    this.#options = options;
    const { shared, ...own } = options;
    this.#handler = new UpdateHandler(options);
    this.#names = new KnownNames(options);
    const amongOthers = shared && {
      onKept: () => this.#shared?.kept(),
      mayAnswer: () => shared.processes.termOf('telegram') !== undefined,
    };
    this.#intake = new Intake({ ...own, handler: this.#handler, ...(amongOthers && { shared: amongOthers }) });
    const answeredBefore = (updateId: number) => this.#intake.answeredBefore(updateId);
    this.#shared = shared && new SharedUpdates({ ...options, ...shared, handler: this.#handler, answeredBefore });
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
    const { bot, clock, random, emit, inbox, apiRoot } = this.#options;
    // A token with which updates came before was accepted once.
    const retries = new CallRetries(clock, random, () => inbox.hasAny().catch(() => false));
    for (;;) {
      try {
        // `bot.init` retries by itself, without a log line and without listening to the signal.
        bot.botInfo = await askIdentity(bot, signal);
        this.#introducedMonotonicMs = clock.monotonicMs();
        return;
      } catch (error) {
        signal.throwIfAborted();
        const waitMs = await retries.afterFailure(error);
        const hint = apiRoot === undefined ? '' : '; TELEGRAM_API_ROOT has to be the address of a Bot API server';
        const detail = `${describePollError(error)}${hint}`;
        emit({ event: 'telegram.error', method: 'getMe', detail, retryInMs: waitMs });
        await clock.sleep(waitMs, signal);
      }
    }
  }

  /** Handles the updates of an earlier process, then those of the source, until the signal aborts; throws TokenRefused. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#shared !== undefined) return this.#shared.run(this, signal);
    const { source } = this.#options;
    await this.#handler.resume(signal);
    source.listen?.(this, signal);
    await source.deliver(this, signal);
  }

  capacity(): Promise<void> {
    return this.#handler.capacity();
  }

  async take(batch: readonly Update[], signal: AbortSignal): Promise<number> {
    await this.#names.check(batch, signal);
    if (this.#shared?.isForHolder(batch) === true) return 0;
    const updates = batch.filter((update) => this.#asks(update)).flatMap((update) => this.#toRow(update));
    const taken = await this.#intake.take(updates, signal);
    await this.#purge();
    if (taken === updates.length) return batch.length;
    const first = updates[taken]?.updateId;
    return batch.findIndex(({ update_id: id }) => id === first);
  }

  /** The process ends in order: what it did not handle killed nothing. Another process takes updates from now on. */
  async leave(): Promise<void> {
    const { inbox, shared } = this.#options;
    if (shared === undefined) return inbox.survived();
    const term = shared.processes.termOf('telegram');
    if (term !== undefined) await shared.inbox.survived(term.fence);
    await shared.processes.release('telegram');
  }

  /** Resolves when no handler is running. */
  async idle(): Promise<void> {
    await this.#handler.idle();
  }

  /** Updates that ask nothing end here: before they are stored, and before they could delay others. */
  #asks(update: Update): boolean {
    const { emit, reasonUnasked } = this.#options;
    try {
      const why = reasonUnasked?.(update);
      if (why === undefined) return true;
      emit({ event: 'update.ignored', updateId: update.update_id, why });
      return false;
    } catch {
      // An update of another shape fails with its handler and is set aside; it holds up no other.
      return true;
    }
  }

  /** The redacted row of an update; none for an update that cannot be serialized (nested too deep). */
  #toRow(update: Update): readonly InboxUpdate[] {
    const { emit, ownSecrets, onHandedKey } = this.#options;
    const updateId = update.update_id;
    try {
      const onHanded = (handed: HandedKey) => onHandedKey?.(updateId, handed);
      return [{ updateId, body: redactSecrets(update, ownSecrets?.current, onHanded) }];
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
