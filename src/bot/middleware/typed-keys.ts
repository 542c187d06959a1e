import { GrammyError, type NextFunction } from 'grammy';
import type { BotContext, BotDeps } from '../context.ts';
import { reply } from '../reply.ts';
import { mask } from '../updates/redact-secrets.ts';

/** Deletes a message in which a secret was masked and answers its author; no handler sees it. */
export function typedKeys({ messages }: Pick<BotDeps, 'messages'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { text, caption, entities, caption_entities: links, document, video, audio } = ctx.message ?? {};
    if (!JSON.stringify([text, caption, entities, links, document, video, audio]).includes(mask)) return next();
    // Messages that group members write to each other are left alone.
    if (ctx.chat?.type !== 'private' && !(text ?? caption ?? '').startsWith('/')) return;
    const isDeleted = await deleteMessage(ctx);
    await reply(ctx, messages.typedKey(isDeleted, ctx.speaker.locale));
  };
}

async function deleteMessage(ctx: BotContext): Promise<boolean> {
  try {
    return await ctx.deleteMessage();
  } catch (error) {
    if (!(error instanceof GrammyError)) throw error;
    return error.description.includes('message to delete not found');
  }
}
