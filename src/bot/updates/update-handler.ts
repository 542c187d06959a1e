import { type Bot, BotError, GrammyError, HttpError } from 'grammy';
import type { Update } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import type { Inbox, InboxUpdate, Leftovers } from '../../domain/inbox.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import type { BotContext } from '../context.ts';
import { describeTelegramError, classifyTelegramError } from '../outbox/telegram-error.ts';

/** With more unhandled updates than this there is no room for further ones. */
const maxUnhandled = 1_000;
const retryMs = 1_000;
const offlineBackoff = { baseMs: 1_000, capMs: 30_000 } as const;
/** An answer that may have arrived is given once more at most: to be seen twice is a nuisance, silence is worse. */
const maxUnsureTries = 2;

export type UpdateHandlerOptions = {
  readonly bot: Bot<BotContext>;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
};

/** The updates that the house has taken and not handled yet; the bot itself keeps those of one chat in order. */
export class UpdateHandler {
  readonly #options: UpdateHandlerOptions;
  readonly #underWay = new Set<Promise<void>>();
  #onRoom: (() => void) | undefined;

  constructor(options: UpdateHandlerOptions) {
    this.#options = options;
  }

  /** Handles what the inbox keeps; `before` says whether it was answered already, before it was kept. */
  begin(update: InboxUpdate, signal: AbortSignal, before?: Promise<boolean>): Promise<void> {
    const handling = this.#handle(update, signal, before);
    this.#watch(handling);
    return handling;
  }

  /** Goes on with what an earlier process left; what it may have died on is handled alone, after the rest was begun. */
  async takeUp(signal: AbortSignal): Promise<void> {
    const { emit } = this.#options;
    const { plain, suspects, setAside } = await this.#leftovers(signal);
    for (const updateId of setAside) {
      const error = new Error('Cannot handle the update: three processes died while they tried');
      emit({ event: 'update.failed', updateId, error, setAside: true });
    }
    for (const update of plain) void this.begin(update, signal);
    this.#watch(this.#oneByOne(suspects, signal));
  }

  async #leftovers(signal: AbortSignal): Promise<Leftovers> {
    const { inbox, clock } = this.#options;
    for (;;) {
      try {
        return await inbox.takeUp();
      } catch (error) {
        if (!isStorageRefusal(error)) throw error;
        await clock.sleep(retryMs, signal);
      }
    }
  }

  async #oneByOne(suspects: readonly InboxUpdate[], signal: AbortSignal): Promise<void> {
    for (const update of suspects) {
      if (signal.aborted) return;
      // Counted at the latest when it comes to its turn again.
      await this.#options.inbox.inHand(update.updateId).catch(() => undefined);
      await this.begin(update, signal);
    }
  }

  /** One try for what the inbox could not keep; answers whether nobody has to try again. */
  async answer(update: InboxUpdate, signal: AbortSignal): Promise<boolean> {
    const answering = this.#tryOnce(update, signal);
    this.#watch(answering);
    return answering;
  }

  #watch(work: Promise<unknown>): void {
    const handling = work.then(() => {
      this.#underWay.delete(handling);
      if (this.#underWay.size < maxUnhandled) this.#onRoom?.();
    });
    this.#underWay.add(handling);
  }

  /** Resolves when so many updates are handled that further ones may come. */
  async room(): Promise<void> {
    if (this.#underWay.size < maxUnhandled) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** Resolves when no handler runs any more. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #tryOnce({ updateId, body }: InboxUpdate, signal: AbortSignal): Promise<boolean> {
    const { bot, emit } = this.#options;
    try {
      await bot.handleUpdate(JSON.parse(body) as Update);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const cause = error instanceof BotError ? error.error : error;
      const after = this.#afterTrouble(cause, 1);
      if (after === 'failed') emit({ event: 'update.failed', updateId, error: withoutPayload(cause), setAside: false });
      return after === 'handled';
    }
  }

  async #handle({ updateId, body }: InboxUpdate, signal: AbortSignal, before?: Promise<boolean>): Promise<void> {
    const { bot, inbox, emit } = this.#options;
    let isOver = (await before) ?? false;
    for (let tries = 1; ; tries += 1) {
      let waitMs = retryMs;
      try {
        if (!isOver) await bot.handleUpdate(JSON.parse(body) as Update);
        isOver = true;
        return await inbox.handled(updateId);
      } catch (error) {
        // Left for the next start when the house closes meanwhile.
        if (signal.aborted) return;
        await inbox.survived(updateId).catch(() => undefined);
        const cause = error instanceof BotError ? error.error : error;
        const after = isOver ? 'handled' : this.#afterTrouble(cause, tries);
        if (after === 'failed') {
          const next = await inbox.failed(updateId).catch(() => 'again' as const);
          emit({ event: 'update.failed', updateId, error: withoutPayload(cause), setAside: next === 'set-aside' });
          if (next === 'set-aside') return;
        } else if (after === 'handled') isOver = true;
        else waitMs = after.waitMs;
      }
      try {
        await this.#options.clock.sleep(waitMs, signal);
      } catch {
        return;
      }
    }
  }

  /** What becomes of an update on which a handler threw; whoever asked is not to suffer for Telegram's troubles. */
  #afterTrouble(error: unknown, tries: number): 'handled' | 'failed' | { readonly waitMs: number } {
    // The machine's fault, told of elsewhere.
    if (isStorageRefusal(error)) return { waitMs: retryMs };
    if (!(error instanceof GrammyError || error instanceof HttpError)) return 'failed';
    const trouble = classifyTelegramError(error);
    const { emit, random } = this.#options;
    const facts = { event: 'telegram.error', method: 'answer', detail: describeTelegramError(error) } as const;
    if (trouble === 'closed' || trouble === 'too-many' || (trouble === 'unsure' && tries >= maxUnsureTries)) {
      emit(facts);
      return 'handled';
    }
    if (trouble !== 'offline' && trouble !== 'unsure') return 'failed';
    const waitMs = trouble === 'offline' ? backoffMs(tries, offlineBackoff, random) : retryMs;
    emit({ ...facts, retryInMs: waitMs });
    return { waitMs };
  }
}

/** What went wrong without what grammY hangs on it: its errors hold the payload, and with it people's words. */
function withoutPayload(error: unknown): unknown {
  return error instanceof GrammyError || error instanceof HttpError ? describeTelegramError(error) : error;
}
