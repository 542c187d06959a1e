import type { Bot } from 'grammy';
import type { Update, UserFromGetMe } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import type { BotContext } from '../context.ts';
import { StrangeAnswer } from './update-source.ts';

/** Asks Telegram who the bot is. */
export async function askIdentity(bot: Bot<BotContext>, signal: AbortSignal): Promise<UserFromGetMe> {
  const me: Partial<UserFromGetMe> | null = await bot.api.getMe(signal as Parameters<typeof bot.api.getMe>[0]);
  if (typeof me?.id !== 'number' || typeof me.username !== 'string') throw new StrangeAnswer('getMe');
  return me as UserFromGetMe;
}

/** A name that was asked about is not asked about again for this long. */
const rememberedMs = 600_000;
const minIntervalMs = 1_000;
/** Other updates wait for the answer at most this long. */
const maxWaitMs = 200;

/**
 * Notices that the bot was renamed: a command names a bot that is not known, and Telegram delivers it, so Telegram is asked
 * who this bot is.
 */
export class KnownNames {
  readonly #options: { readonly bot: Bot<BotContext>; readonly clock: Clock; readonly emit: Emit };
  readonly #others = new Set<string>();
  #othersSinceMs = 0;
  #askedAtMs = -Infinity;

  constructor(options: { readonly bot: Bot<BotContext>; readonly clock: Clock; readonly emit: Emit }) {
    this.#options = options;
  }

  /** Resolves soon, whatever Telegram does. */
  async check(batch: readonly Update[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const names = batch.flatMap(({ message }) => namedBot(message?.text ?? message?.caption) ?? []);
    if (names.length === 0) return;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#othersSinceMs >= rememberedMs) {
      this.#others.clear();
      this.#othersSinceMs = nowMs;
    }
    const { username } = this.#options.bot.botInfo;
    const unknown = names.filter((name) => name !== username.toLowerCase() && !this.#others.has(name));
    if (unknown.length === 0 || nowMs - this.#askedAtMs < minIntervalMs) return;
    this.#askedAtMs = nowMs;
    await atMost(clock, maxWaitMs, this.#ask(unknown, signal));
  }

  async #ask(names: readonly string[], signal: AbortSignal): Promise<void> {
    const { bot, emit } = this.#options;
    try {
      const before = bot.botInfo.username;
      bot.botInfo = await askIdentity(bot, signal);
      const { username } = bot.botInfo;
      for (const name of names) this.#others.add(name);
      if (username !== before) emit({ event: 'bot.renamed', bot: `@${username}` });
    } catch {
      // The next command that names an unknown bot asks again.
    }
  }
}

function namedBot(text: string | undefined): string | undefined {
  return /^\P{L}{0,4}\/\w{1,64}@(\w{1,64})/u.exec(text ?? '')?.[1]?.toLowerCase();
}
