import type { Message } from 'grammy/types';
import type { NextFunction } from 'grammy';
import { jobId } from '../../domain/ids.ts';
import { defaultKind } from '../../domain/kinds.ts';
import { maxPromptLength } from '../../jobs/request/generation-request.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { wordsOf } from '../message-words.ts';
import { reply } from '../reply.ts';

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
