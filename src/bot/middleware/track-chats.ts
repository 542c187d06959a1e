import type { NextFunction } from 'grammy';
import type { ChatStore } from '../../domain/chat-store.ts';
import type { Clock } from '../../kit/clock.ts';
import type { BotContext } from '../context.ts';

/** Stores which chats are open: one is when somebody writes there, and is not after the bot was removed or blocked. */
export function trackChats({ chats, clock }: { readonly chats: ChatStore; readonly clock: Clock }) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const chatId = ctx.chat?.id;
    const status = ctx.myChatMember?.new_chat_member.status;
    const movedTo = ctx.message?.migrate_to_chat_id;
    if (chatId !== undefined) {
      if (status === 'kicked' || status === 'left') await chats.close(chatId, clock.now());
      else await chats.open(chatId);
      if (movedTo !== undefined) await chats.move(chatId, movedTo);
    }
    await next();
  };
}
