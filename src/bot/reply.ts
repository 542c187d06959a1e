import type { MessageView } from '../messages/view.ts';
import type { BotContext } from './context.ts';
import { replyTo, textOptions } from './delivery/view-options.ts';
import { classifyTelegramError } from './outbox/telegram-error.ts';

/**
 * Answers in the same chat and topic; in a group as a reply, so that everybody sees to whom. Whoever has shut the chat
 * meanwhile is not answered.
 */
export async function reply(ctx: BotContext, view: MessageView): Promise<void> {
  const message = ctx.message ?? ctx.callbackQuery?.message;
  const inGroup = ctx.chat !== undefined && ctx.chat.type !== 'private';
  try {
    await ctx.reply(view.text, {
      ...textOptions(view),
      ...(inGroup && message !== undefined ? { reply_parameters: replyTo(message.message_id) } : {}),
    });
  } catch (error) {
    if (classifyTelegramError(error) !== 'closed') throw error;
  }
}

/** The short words over the chat, or only the end of the waiting; a press too old for them is let be. */
export async function answer(ctx: BotContext, text?: string): Promise<void> {
  try {
    await ctx.answerCallbackQuery(text);
  } catch (error) {
    if (classifyTelegramError(error) !== 'stale-query') throw error;
  }
}

/** The message with the button shows the news; where that cannot be, a new one does. Nobody is told in a closed chat. */
export async function edit(ctx: BotContext, view: MessageView): Promise<void> {
  try {
    await ctx.editMessageText(view.text, textOptions(view));
  } catch (error) {
    const trouble = classifyTelegramError(error);
    if (trouble === 'not-modified' || trouble === 'closed') return;
    if (trouble !== 'no-message') throw error;
    await reply(ctx, view);
  }
}
