import type { NextFunction } from 'grammy';
import type { BotContext, Desk } from './context.ts';
import { identify } from './identity.ts';
import { Limits } from './limits.ts';
import { sayScreen } from './say-screen.ts';
import { isSaid } from './what-people-send.ts';

/**
 * Lets through what a person may ask for at that pace. `door` stands before everything else and turns away at no cost;
 * `notice` says to whom the door let pass for that alone, once they are known, that it was too much.
 */
export function limiting({ messages, clock, adminIds }: Pick<Desk, 'messages' | 'clock' | 'adminIds'>) {
  const limits = new Limits(clock);
  const toBeNoticed = new WeakSet<BotContext>();
  const ours = new Set(messages.commands('en', { admin: true }).map(({ command }) => command));
  return {
    door: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      const userId = identify(ctx.from, ctx.message)?.userId;
      if (userId === undefined || adminIds.has(userId) || !asksUs(ctx, ours)) return next();
      const ruling = limits.judge(userId, ctx.chat?.type === 'private' ? undefined : ctx.chat?.id);
      if (ruling === 'silence') return;
      if (ruling === 'notice') toBeNoticed.add(ctx);
      await next();
    },
    notice: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      if (!toBeNoticed.has(ctx)) return next();
      const { locale } = ctx.speaker;
      if (ctx.callbackQuery === undefined) await sayScreen(ctx, messages.slowDown(locale));
      else await ctx.answerCallbackQuery(messages.answer('slowDown', locale));
    },
  };
}

/** Whether the bot may have to answer: in a group that is a command of ours, a button, or a reply to us. */
function asksUs({ callbackQuery, message, chat, me }: BotContext, ours: ReadonlySet<string>): boolean {
  if (callbackQuery !== undefined) return true;
  if (message === undefined || !isSaid(message)) return false;
  if (chat?.type === 'private' || message.reply_to_message?.from?.id === me.id) return true;
  const [, command = '', target] = /^\/(\w+)(?:@(\w+))?/.exec(message.text ?? message.caption ?? '') ?? [];
  return target === undefined ? ours.has(command) : target.toLowerCase() === me.username.toLowerCase();
}
