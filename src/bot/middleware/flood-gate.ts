import type { NextFunction } from 'grammy';
import type { BotContext, BotDeps } from '../context.ts';
import { commandIn } from '../commands/own-command.ts';
import { reply } from '../reply.ts';
import { type AskedNow, FloodLimit } from './flood-limit.ts';
import { identify, isForeignPress, isUserContent } from './identify.ts';

/**
 * Two middlewares. `gate` runs before all others and drops requests over the limit. `notify` runs once the speaker is known
 * and answers the requests that the gate let pass only for the notice.
 */
export function floodGate({
  messages,
  clock,
  adminIds,
  emit,
}: Pick<BotDeps, 'messages' | 'clock' | 'adminIds' | 'emit'>) {
  const limits = new FloodLimit(clock);
  const toBeNotified = new WeakSet<BotContext>();
  return {
    gate: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      const userId = identify(ctx.from, ctx.message)?.userId;
      const asked = userId === undefined || adminIds.has(userId) ? undefined : askedBy(userId, ctx);
      if (asked === undefined) return next();
      const decision = limits.decide(asked);
      if (decision === 'ignore') {
        return emit({ event: 'update.ignored', updateId: ctx.update.update_id, why: 'over the flood limit' });
      }
      if (decision === 'notify') toBeNotified.add(ctx);
      await next();
    },
    notify: async (ctx: BotContext, next: NextFunction): Promise<void> => {
      if (!toBeNotified.has(ctx)) return next();
      const { locale } = ctx.speaker;
      if (ctx.callbackQuery === undefined) await reply(ctx, messages.slowDown(locale));
      else await ctx.answerCallbackQuery(messages.answer('slow-down', locale));
    },
  };
}

/** Undefined for updates that nobody asked anything with. */
function askedBy(userId: number, ctx: BotContext): AskedNow | undefined {
  const { callbackQuery, message, chat } = ctx;
  const groupId = chat?.type === 'private' ? undefined : chat?.id;
  if (callbackQuery !== undefined)
    return { userId, groupId, isPress: true, showsNothing: isForeignPress(callbackQuery) };
  if (message === undefined || !isUserContent(message)) return undefined;
  // Most replies to the bot in a group are talk about its pictures.
  const showsNothing = groupId !== undefined && commandIn(ctx) === undefined;
  return { userId, groupId, dateMs: message.date * 1_000, showsNothing };
}
