import { Composer } from 'grammy';
import { isAdminHere } from '../middleware/identify.ts';
import type { BotContext, Desk } from '../context.ts';
import { sayScreen } from '../reply.ts';

/** /start, /help and /language. */
export function guideCommands({ messages }: Desk): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.command('start', (ctx) => sayScreen(ctx, messages.start(ctx.speaker.locale, personHere(ctx))));
  feature.command('help', (ctx) => sayScreen(ctx, messages.help(ctx.speaker.locale, personHere(ctx))));
  feature.command('language', (ctx) => sayScreen(ctx, messages.language(ctx.speaker.locale)));
  return feature;
}

/** Who is an admin is told to nobody but the admin. */
function personHere(ctx: BotContext) {
  return { name: ctx.speaker.name, admin: isAdminHere(ctx) };
}
