import type { MessageView } from '../../messages/view.ts';
import { isAdminHere } from '../middleware/identify.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { Composer } from 'grammy';
import { jobId } from '../../domain/ids.ts';
import { reply } from '../reply.ts';

/** The speaker's requests; an admin in the own chat also sees the calls of each. */
export async function statusFor(ctx: BotContext, { service, messages }: BotDeps): Promise<MessageView> {
  const { userId, locale } = ctx.speaker;
  const views = await service.findAll(userId);
  if (!isAdminHere(ctx)) return messages.status(views, locale);
  const trails = await Promise.all(
    views.map(async ({ id }) => [id, (await service.explain(id))?.trail ?? []] as const),
  );
  return messages.status(views, locale, new Map(trails));
}

/** /status shows the person's requests; /cancel cancels the only one, or shows the list to choose from. */
export function statusAndCancelCommands(deps: BotDeps): Composer<BotContext> {
  const { service, messages } = deps;
  const feature = new Composer<BotContext>();
  feature.command('status', async (ctx) => {
    await reply(ctx, await statusFor(ctx, deps));
  });
  feature.command('cancel', async (ctx) => {
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
