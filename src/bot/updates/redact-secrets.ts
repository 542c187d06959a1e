import { GrammyError, type NextFunction } from 'grammy';
import type { Update } from 'grammy/types';
import type { Secret } from '../../kit/secret.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { wordsOf } from '../message-words.ts';
import { reply } from '../reply.ts';

/** Replaces a secret character by character, so that Telegram's entity offsets stay valid. A private-use character. */
export const mask = '\ue0e1';

/** Fields that hold typed text: messages, captions, link targets, file names. */
const typedFields: ReadonlySet<string> = new Set(['text', 'caption', 'url', 'file_name']);

/** Shapes of tokens and keys that no prompt contains. */
const shapes: readonly RegExp[] = [
  /\d{6,12}:[A-Za-z0-9_-]{30,}/g,
  /(?<![A-Za-z0-9])(?:sk|pk|rk|key|hf|r8|gsk|xai|ghp)[-_](?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}/g,
  /(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{30,}|AQ\.[A-Za-z0-9_-]{20,})/g,
  /(?<![A-Za-z0-9])(?=[A-Za-z]{0,60}[0-9])(?=[0-9]{0,60}[A-Za-z])[A-Za-z0-9]{32,}/g,
  /\b[A-Z][A-Z0-9_]{0,40}(?:KEYS?|TOKEN|SECRET)(?:_[A-Z0-9_]{1,20}|[0-9]{1,6})?\s{0,3}=\s{0,3}\S{8,}/g,
  /\bAuthorization:\s{0,3}\S+(?:\s{1,3}\S{8,})?/gi,
];

/**
 * The JSON of an update with every typed text masked that looks like a key or is one of `ownSecrets`. It runs before the
 * inbox, so no such text reaches the database, a dialogue or a prompt.
 */
export function redactSecrets(update: Update, ownSecrets: readonly Secret[] = []): string {
  const known = ownSecrets.map((secret) => secret.reveal()).filter((secret) => secret.length >= 8);
  return JSON.stringify(update, (name, value: unknown) =>
    typedFields.has(name) && typeof value === 'string' ? masked(value, known) : value,
  );
}

function masked(text: string, known: readonly string[]): string {
  const hide = (found: string) => mask.repeat(found.length);
  const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, hide(secret)), text);
  return shapes.reduce((rest, shape) => rest.replace(shape, hide), withoutKnown);
}

/** Deletes a message in which a secret was masked and answers its author; no handler sees it. */
export function typedKeys({ messages, emit }: Pick<BotDeps, 'messages' | 'emit'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { text, caption, entities, caption_entities: links, document, video, audio } = ctx.message ?? {};
    if (!JSON.stringify([text, caption, entities, links, document, video, audio]).includes(mask)) return next();
    // Messages that group members write to each other are left alone.
    if (ctx.chat?.type !== 'private' && wordsOf(ctx.message, ctx.me.username).command === undefined) {
      return emit({ event: 'update.ignored', updateId: ctx.update.update_id, why: 'a masked secret in a group' });
    }
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
