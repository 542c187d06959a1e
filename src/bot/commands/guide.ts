import { Composer } from 'grammy';
import type { BotContext, Desk } from '../context.ts';
import { sayScreen } from '../say-screen.ts';

/** /start, /help and /language. */
export function guideCommands({ messages }: Desk): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.command('start', (ctx) => sayScreen(ctx, messages.start(ctx.speaker.locale, ctx.speaker)));
  feature.command('help', (ctx) => sayScreen(ctx, messages.help(ctx.speaker.locale, ctx.speaker)));
  feature.command('language', (ctx) => sayScreen(ctx, messages.language(ctx.speaker.locale)));
  return feature;
}
