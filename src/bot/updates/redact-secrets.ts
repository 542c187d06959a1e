import { GrammyError, type NextFunction } from 'grammy';
import type { Update } from 'grammy/types';
import type { Secret } from '../../kit/secret.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { reply } from '../reply.ts';

/** Stands where a key stood, sign for sign, so that what Telegram marked in the text stays in its place. */
const mask = '\ue0e1';

/** Where people write: what they say, where a link of theirs leads, and how they name a file. */
const written: ReadonlySet<string> = new Set(['text', 'caption', 'url', 'file_name']);

/** What no sentence about a picture contains; nobody's key is needed to see it. */
const shapes: readonly RegExp[] = [
  /\d{6,12}:[A-Za-z0-9_-]{30,}/g,
  /(?<![A-Za-z0-9])(?:sk|pk|rk|key|hf|r8|gsk|xai|ghp)[-_](?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}/g,
  /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}/g,
  /(?<![A-Za-z0-9])(?=[A-Za-z]{0,60}[0-9])(?=[0-9]{0,60}[A-Za-z])[A-Za-z0-9]{32,}/g,
  /\b[A-Z][A-Z0-9_]{0,40}(?:KEYS?|TOKEN|SECRET)(?:_[A-Z0-9_]{1,20}|[0-9]{1,6})?\s{0,3}=\s{0,3}\S{8,}/g,
  /\bAuthorization:\s{0,3}\S+(?:\s{1,3}\S{8,})?/gi,
];

/**
 * The JSON of an update, in which everything that somebody wrote and that looks like a key, or is one of ours, is masked:
 * from here on it is nowhere, not in the inbox, not in a dialogue, not in a prompt.
 */
export function withoutKeys(update: Update, ours: readonly Secret[] = []): string {
  const known = ours.map((secret) => secret.reveal()).filter((secret) => secret.length >= 8);
  return JSON.stringify(update, (name, value: unknown) =>
    written.has(name) && typeof value === 'string' ? masked(value, known) : value,
  );
}

function masked(text: string, known: readonly string[]): string {
  const hide = (found: string) => mask.repeat(found.length);
  const withoutOurs = known.reduce((rest, secret) => rest.replaceAll(secret, hide(secret)), text);
  return shapes.reduce((rest, shape) => rest.replace(shape, hide), withoutOurs);
}

/** Whoever wrote a key here is told, and the message is deleted; nothing else ever sees it. */
export function typedKeys({ messages }: Pick<BotDeps, 'messages'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { text, caption, entities, caption_entities: links, document, video, audio } = ctx.message ?? {};
    if (!JSON.stringify([text, caption, entities, links, document, video, audio]).includes(mask)) return next();
    // In groups people may write what they like among themselves.
    if (ctx.chat?.type !== 'private' && !(text ?? caption ?? '').startsWith('/')) return;
    const isGone = await deleted(ctx);
    await reply(ctx, messages.typedKey(isGone, ctx.speaker.locale));
  };
}

async function deleted(ctx: BotContext): Promise<boolean> {
  try {
    return await ctx.deleteMessage();
  } catch (error) {
    if (!(error instanceof GrammyError)) throw error;
    return error.description.includes('message to delete not found');
  }
}
