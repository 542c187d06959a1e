import type { NextFunction } from 'grammy';
import { laneOf } from '../domain/users.ts';
import type { BotContext, Desk, Speaker } from './context.ts';
import { identify } from './identity.ts';

/** Finds out who speaks; an update of nobody ends here. */
export function introduce({
  users,
  adminIds,
  premiumIds,
  clock,
  matchLocale,
}: Pick<Desk, 'users' | 'adminIds' | 'premiumIds' | 'clock' | 'matchLocale'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const identity = identify(ctx.from, ctx.message ?? ctx.editedMessage);
    if (identity === undefined) return;
    const { userId, name } = identity;
    const user = await users.find(userId);
    const untilMs = user.premiumUntilMs ?? 0;
    const always = premiumIds.has(userId);
    const speaker: Speaker = {
      userId,
      name,
      admin: adminIds.has(userId),
      lane: laneOf(user, premiumIds, clock.now()),
      ...(!always && untilMs > clock.now() ? { premiumUntilMs: untilMs } : {}),
      locale: user.locale ?? matchLocale(identity.languageCode),
    };
    ctx.speaker = speaker;
    await next();
  };
}
