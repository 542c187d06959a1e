import type { NextFunction } from 'grammy';
import type { BotContext, BotDeps } from '../context.ts';
import { reply } from '../reply.ts';
import { senderOf } from './identify.ts';

const minIntervalMs = 600_000;
const maxChats = 1_000;

/** Tells anonymous admins and channels that name the bot, once a while in each chat, that it has to know who asks. */
export function hiddenSenders({
  messages,
  matchLocale,
  clock,
  emit,
}: Pick<BotDeps, 'messages' | 'matchLocale' | 'clock' | 'emit'>) {
  const toldAtMs = new Map<number, number>();
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { message, chat } = ctx;
    if (message === undefined || chat === undefined || senderOf(message) !== 'hidden') return next();
    const nowMs = clock.monotonicMs();
    if (nowMs - (toldAtMs.get(chat.id) ?? -Infinity) < minIntervalMs) {
      return emit({ event: 'update.ignored', updateId: ctx.update.update_id, why: 'not written by a person' });
    }
    toldAtMs.delete(chat.id);
    toldAtMs.set(chat.id, nowMs);
    const [oldest] = toldAtMs.keys();
    if (toldAtMs.size > maxChats && oldest !== undefined) toldAtMs.delete(oldest);
    await reply(ctx, messages.hiddenSender(ctx.me.username, matchLocale(undefined)));
  };
}
