import type { InlineKeyboardMarkup, ReplyParameters } from 'grammy/types';
import type { MessageView } from '../../messages/view.ts';

export function keyboardFor(view: MessageView): InlineKeyboardMarkup {
  return {
    inline_keyboard: view.rows.map((row) => row.map(({ text, data }) => ({ text, callback_data: data }))),
  };
}

/** The options of every text message: HTML, no link previews, the view's buttons. */
export function textOptions(view: MessageView) {
  return {
    parse_mode: 'HTML' as const,
    link_preview_options: { is_disabled: true },
    reply_markup: keyboardFor(view),
  };
}

/** A reply that still arrives when the replied message is gone. */
export function replyTo(messageId: number): ReplyParameters {
  return { message_id: messageId, allow_sending_without_reply: true };
}
