import type { NextFunction } from 'grammy';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { answer, showInReply } from '../reply.ts';

/**
 * Answers a request that failed because the storage is unavailable; nothing was accepted, and nothing is lost. Throws the
 * refusal where the person cannot be told.
 */
export function storageErrorBoundary({ messages, matchLocale }: Pick<BotDeps, 'messages' | 'matchLocale'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    try {
      await next();
    } catch (error) {
      if (!isStorageRefusal(error)) throw error;
      // A person who could not be looked up yet is answered in Telegram's language.
      const speaker: BotContext['speaker'] | undefined = ctx.speaker;
      const locale = speaker?.locale ?? matchLocale(ctx.from?.language_code);
      if (ctx.callbackQuery !== undefined) await answer(ctx, messages.answer('storage-unavailable', locale));
      if (ctx.chat === undefined || !isAsked(ctx)) return;
      const toldIn = await showInReply(ctx, messages.storageUnavailable(locale));
      // Who cannot be told, because the chat is closed, is not turned away: the update is handled when writing works again.
      if (toldIn === undefined) throw error;
    }
  };
}

/** Updates that ask for nothing, like membership changes, are not answered. */
function isAsked({ message, callbackQuery }: BotContext): boolean {
  return message !== undefined || callbackQuery?.message !== undefined;
}
