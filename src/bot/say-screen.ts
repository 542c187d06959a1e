import type { Screen } from '../messages/screen.ts';
import type { BotContext } from './context.ts';
import { replyTo, textOptions } from './screen-options.ts';
import { troubleOf } from './telegram-trouble.ts';

/**
 * Answers in the same chat and topic; in a group as a reply, so that everybody sees to whom. Whoever has shut the chat
 * meanwhile is not answered.
 */
export async function sayScreen(ctx: BotContext, screen: Screen): Promise<void> {
  const message = ctx.message ?? ctx.callbackQuery?.message;
  const inGroup = ctx.chat !== undefined && ctx.chat.type !== 'private';
  try {
    await ctx.reply(screen.text, {
      ...textOptions(screen),
      ...(inGroup && message !== undefined ? { reply_parameters: replyTo(message.message_id) } : {}),
    });
  } catch (error) {
    if (troubleOf(error) !== 'closed') throw error;
  }
}
