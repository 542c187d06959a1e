import type { MessageView } from '../../messages/view.ts';
import { isAdminHere } from '../middleware/identify.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { Composer } from 'grammy';
import { jobId } from '../../domain/ids.ts';
import { jobKinds, perKind } from '../../domain/kinds.ts';
import type { DayUsage } from '../../messages/guide-views.ts';
import { reply } from '../reply.ts';
import { isCommand } from '../message-words.ts';

/** The speaker's requests and what is used of today; an admin in the own chat also sees the calls of each. */
export async function statusFor(ctx: BotContext, deps: BotDeps): Promise<MessageView> {
  const { service, messages } = deps;
  const { userId, locale } = ctx.speaker;
  const views = await service.findAll(userId);
  const day = await usageOf(ctx, deps);
  if (!isAdminHere(ctx)) return messages.status(views, locale, { day });
  const trails = await Promise.all(
    views.map(async ({ id }) => [id, (await service.explain(id))?.trail ?? []] as const),
  );
  return messages.status(views, locale, { day, trails: new Map(trails) });
}

async function usageOf(
  { speaker: { userId, lane } }: BotContext,
  { users, perDay, clock }: BotDeps,
): Promise<DayUsage> {
  const nowMs = clock.now();
  const used = await Promise.all(jobKinds.map((kind) => users.usedToday(userId, kind, nowMs)));
  return { used: perKind((kind) => used[jobKinds.indexOf(kind)] ?? 0), perDay: perDay[lane] };
}

/** /status shows the person's requests; /cancel cancels the only one, or shows the list to choose from. */
export function statusAndCancelCommands(deps: BotDeps): Composer<BotContext> {
  const { service, messages } = deps;
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('status'), async (ctx) => {
    await reply(ctx, await statusFor(ctx, deps));
  });
  feature.filter(isCommand('cancel'), async (ctx) => {
    const { userId, locale } = ctx.speaker;
    const open = (await service.findAll(userId)).filter(({ phase }) => phase.kind !== 'ended');
    const [only, ...others] = open;
    if (only === undefined) return reply(ctx, messages.cancelled('not-found', locale));
    if (others.length > 0) return reply(ctx, messages.status(open, locale));
    const cancelled = await service.cancel(jobId(only.id), userId);
    return reply(ctx, messages.cancelled(cancelled.kind, locale));
  });
  return feature;
}
