import { Composer } from 'grammy';
import { jobId } from '../../domain/ids.ts';
import type { BotContext, Desk } from '../context.ts';
import { sayScreen } from '../say-screen.ts';
import { statusFor } from './status.ts';

/** /status says where the person's requests stand; /cancel ends the one, or lets them choose among several. */
export function requestCommands(desk: Desk): Composer<BotContext> {
  const { service, messages } = desk;
  const feature = new Composer<BotContext>();
  feature.command('status', async (ctx) => {
    await sayScreen(ctx, await statusFor(ctx, desk));
  });
  feature.command('cancel', async (ctx) => {
    const { userId, locale } = ctx.speaker;
    const open = (await service.findAll(userId)).filter(({ phase }) => phase.kind !== 'ended');
    const [only, ...others] = open;
    if (only === undefined) return sayScreen(ctx, messages.cancelled('not-found', locale));
    if (others.length > 0) return sayScreen(ctx, messages.status(open, locale));
    const cancelled = await service.cancel(jobId(only.id), userId);
    return sayScreen(ctx, messages.cancelled(cancelled.kind, locale));
  });
  return feature;
}
