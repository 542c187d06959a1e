import type { NextFunction } from 'grammy';
import { isStorageRefusal } from '../../domain/failure.ts';
import { answer, reply } from '../reply.ts';
import type { BotContext, BotDeps } from '../context.ts';

/** Whoever asks for something while the storage refuses hears so at once; nothing was taken, and nothing is lost. */
export function storageErrorBoundary({ messages, matchLocale }: Pick<BotDeps, 'messages' | 'matchLocale'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    try {
      await next();
    } catch (error) {
      if (!isStorageRefusal(error)) throw error;
      // Whom the storage could not even look up yet is spoken to in Telegram's language.
      const speaker: BotContext['speaker'] | undefined = ctx.speaker;
      const locale = speaker?.locale ?? matchLocale(ctx.from?.language_code);
      if (ctx.callbackQuery !== undefined) await answer(ctx, messages.answer('storage-unavailable', locale));
      if (ctx.chat !== undefined && isAsked(ctx)) await reply(ctx, messages.storageUnavailable(locale));
    }
  };
}

/** What came by itself, like news of a group's members, is not answered. */
function isAsked({ message, callbackQuery }: BotContext): boolean {
  return message !== undefined || callbackQuery?.message !== undefined;
}
