import { GrammyError, type NextFunction } from 'grammy';
import type { Update, Message } from 'grammy/types';
import type { Secret } from '../../kit/secret.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { wordsOf } from '../message-words.ts';
import { reply } from '../reply.ts';
import { jobId } from '../../domain/ids.ts';
import { defaultKind } from '../../domain/kinds.ts';
import { maxPromptLength } from '../../jobs/request/generation-request.ts';

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

/** Clients cut a text that is too long for one message at the limit, or at a line or word in its second half. */
const minFirstPart = maxPromptLength / 2;
/** Parts are sent at once; nobody writes so fast. */
const maxGapS = 2;
const maxRemembered = 1_000;

type Part = { readonly messageId: number; readonly dateS: number; readonly isTold: boolean };

/**
 * One thing that a person said in several messages. An album is answered once, whichever of its messages has the words.
 * A text that Telegram cut in two is longer than a prompt may be: none of its parts is made, and this is said once.
 */
export function splitMessages(deps: BotDeps) {
  const albums = new Map<string, true>();
  const parts = new Map<string, Part>();
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { message, chat, update } = ctx;
    if (message === undefined || chat === undefined) return next();
    const ignore = (why: string) => deps.emit({ event: 'update.ignored', updateId: update.update_id, why });
    const { command, text } = wordsOf(message, ctx.me.username);
    const album = message.media_group_id;
    if (album !== undefined) {
      const isFirst = remember(albums, `${chat.id}:${album}`, true);
      return isFirst || command !== undefined ? next() : ignore('another message of the same album');
    }
    if (chat.type !== 'private' || message.text === undefined || message.forward_origin !== undefined) return next();
    const key = String(chat.id);
    const before = command === undefined ? parts.get(key) : undefined;
    parts.delete(key);
    const isRest = before !== undefined && isNext(before, message);
    if (isRest || text.length > minFirstPart) {
      remember(parts, key, { messageId: message.message_id, dateS: message.date, isTold: isRest });
    }
    if (!isRest) return next();
    if (before.isTold) return ignore('another part of the same text');
    await dropFirstPart(ctx, deps, before.messageId);
    return replyTooLong(ctx, deps);
  };
}

function isNext({ messageId, dateS }: Part, message: Message): boolean {
  return message.message_id === messageId + 1 && message.date - dateS <= maxGapS;
}

/** Returns whether the key is new. */
function remember<Value>(entries: Map<string, Value>, key: string, value: Value): boolean {
  const isNew = !entries.has(key);
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > maxRemembered && oldest !== undefined) entries.delete(oldest);
  return isNew;
}

/** Ends what the first part has begun. */
async function dropFirstPart({ speaker, chat }: BotContext, deps: BotDeps, messageId: number): Promise<void> {
  const { service, dialogues } = deps;
  await dialogues.delete(`${chat?.id}:${speaker.userId}`);
  const views = await service.findAll(speaker.userId);
  for (const { id, phase } of views) {
    const job = phase.kind === 'ended' ? undefined : (await service.find(id))?.job;
    if (job?.origin.messageId === messageId) await service.cancel(jobId(id), speaker.userId);
  }
}

async function replyTooLong(
  ctx: BotContext,
  { messages, waiting, perDay, quotaDay: day, clock }: BotDeps,
): Promise<void> {
  const { lane, locale } = ctx.speaker;
  const limits = { waiting: waiting[lane], perDay: perDay[lane][defaultKind], promptLimit: maxPromptLength };
  const refusal = { code: 'prompt-too-long', kind: defaultKind, lane, ...limits, day, nowMs: clock.now() } as const;
  await reply(ctx, messages.refused(refusal, locale));
}
