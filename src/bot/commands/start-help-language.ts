import { Composer } from 'grammy';
import { isAdminHere } from '../middleware/identify.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { reply, replyQuoting } from '../reply.ts';
import { isCommand, wordsAfterCommand } from '../message-words.ts';

/** /start, /help, /styles and /language. */
export function guideCommands({ messages }: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('start'), (ctx) => reply(ctx, messages.start(ctx.speaker.locale, personHere(ctx))));
  feature.filter(isCommand('help'), (ctx) => reply(ctx, messages.help(ctx.speaker.locale, personHere(ctx))));
  feature.filter(isCommand('styles'), (ctx) => {
    const words = wordsAfterCommand(ctx);
    return replyQuoting(ctx, messages.styles(words, ctx.speaker.locale));
  });
  feature.filter(isCommand('language'), (ctx) => reply(ctx, messages.language(ctx.speaker.locale)));
  return feature;
}

/** Only admins, in their own chat, see that they are admins; inline mode is on where @BotFather was told so. */
function personHere(ctx: BotContext) {
  const { first_name: bot, supports_inline_queries: inline } = ctx.me;
  return { name: ctx.speaker.name, admin: isAdminHere(ctx), bot, inline };
}
