import type { BotContext } from './context.ts';

/**
 * Rights come from the numeric id alone, and only in the admin's own chat, for words that the admin writes there now:
 * what was forwarded, written by another bot or through a business account, or pressed under a message that is gone
 * carries none.
 */
export function isAdminHere({ speaker, chat, message, callbackQuery }: BotContext): boolean {
  if (!speaker.admin || chat?.type !== 'private' || chat.id !== speaker.userId) return false;
  if (message !== undefined) {
    return (
      message.forward_origin === undefined &&
      message.via_bot === undefined &&
      message.business_connection_id === undefined
    );
  }
  // Telegram dates a message that it no longer shows to the bot 0.
  return callbackQuery?.message !== undefined && callbackQuery.message.date !== 0;
}
