import type { InlineKeyboardMarkup, ReplyParameters } from 'grammy/types';
import type { Screen } from '../messages/screen.ts';
import type { BotContext } from './context.ts';
import { troubleOf } from './telegram-trouble.ts';

export function keyboardFor(screen: Screen): InlineKeyboardMarkup {
  return {
    inline_keyboard: screen.rows.map((row) => row.map(({ text, data }) => ({ text, callback_data: data }))),
  };
}

/** How every text of ours is sent: HTML, no link previews, the screen's buttons. */
export function textOptions(screen: Screen) {
  return {
    parse_mode: 'HTML' as const,
    link_preview_options: { is_disabled: true },
    reply_markup: keyboardFor(screen),
  };
}

/** An answer that hangs on the message it belongs to, and still arrives when that message is gone. */
export function replyTo(messageId: number): ReplyParameters {
  return { message_id: messageId, allow_sending_without_reply: true };
}

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
