import { createHash } from 'node:crypto';
import { Composer } from 'grammy';
import type { InlineQueryResult } from 'grammy/types';
import type { PastRequest } from '../../domain/personal/past-requests.ts';
import { checkPrompt } from '../../jobs/request/generation-request.ts';
import { excerpt } from '../../messages/view.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { reportTelegramError } from '../delivery/media-message.ts';
import { isCommand, mask, wordsAfterCommand } from '../message-words.ts';
import { wordsOfStart, wordsParameter } from '../people/start-links.ts';
import { reply, replyQuoting } from '../reply.ts';

/** Telegram takes 50; a screen shows fewer. */
export const inlinePageSize = 20;
/** Seconds for which Telegram may answer for us: results are made meanwhile. */
const cacheS = 5;
const titleLimit = 64;

/**
 * Inline mode: in any chat, the person's own pictures, videos and sounds whose words have these, to be sent by Telegram's own
 * ids; over them a button that opens the private chat to make something of the words. And what that button leads to.
 */
export function inlineMode(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.on('inline_query', async (ctx) => {
    const { query, offset } = ctx.inlineQuery;
    const { userId, locale } = ctx.speaker;
    const olderThan = /^[1-9][0-9]{0,15}$/.test(offset) ? Number(offset) : undefined;
    const found = await deps.pastRequests.search(userId, query, olderThan, inlinePageSize);
    const checked = checkPrompt(query.includes(mask) ? '' : query);
    const words = checked.ok ? checked.prompt : '';
    const last = found.length < inlinePageSize ? undefined : found.at(-1);
    const button = {
      text: deps.messages.inlineButton(words !== '', locale),
      start_parameter: words === '' ? 'new' : await parameterFor(deps, userId, words),
    };
    const results = found.flatMap((entry) => resultsOf(entry));
    const options = {
      is_personal: true,
      cache_time: cacheS,
      next_offset: last === undefined ? '' : String(last.id),
      button,
    };
    try {
      await ctx.answerInlineQuery(results, options);
    } catch (error) {
      // One id that Telegram does not know any more spoils the whole answer; a query that is too old needs none.
      const failure = reportTelegramError(deps.emit, 'answerInlineQuery', error);
      if (failure !== 'bad-media') return;
      await ctx.answerInlineQuery([], { ...options, next_offset: '' }).catch(() => undefined);
    }
  });
  feature.filter(isCommand('start'), async (ctx, next) => {
    const parameter = wordsAfterCommand(ctx);
    if (ctx.chat?.type !== 'private' || !keptParameter.test(parameter)) return next();
    const { locale, userId } = ctx.speaker;
    const words = await linkedWords(deps, userId, parameter);
    if (words === undefined) return reply(ctx, deps.messages.inlineWordsGone(locale));
    return replyQuoting(ctx, deps.messages.bareWords(words, locale));
  });
  return feature;
}

/** Each file that Telegram keeps of the entry, as a result of inline mode; its id has at most 64 bytes. */
function resultsOf({ id, prompt, sent }: PastRequest): readonly InlineQueryResult[] {
  const title = excerpt(prompt, titleLimit);
  return sent.map((file, number): InlineQueryResult => {
    const base = { id: `${id}-${number}` };
    switch (file.form) {
      case 'photo':
        return { ...base, type: 'photo', photo_file_id: file.id, title };
      case 'video':
        return { ...base, type: 'video', video_file_id: file.id, title };
      case 'animation':
        return { ...base, type: 'mpeg4_gif', mpeg4_file_id: file.id, title };
      case 'audio':
        return { ...base, type: 'audio', audio_file_id: file.id };
      case 'voice':
        return { ...base, type: 'voice', voice_file_id: file.id, title };
      case 'document':
        return { ...base, type: 'document', document_file_id: file.id, title };
    }
  });
}

/** Words as the parameter of a link to the bot: themselves where they fit into it, else the name under which they are kept. */
async function parameterFor({ dialogues, clock }: BotDeps, userId: number, words: string): Promise<string> {
  const own = wordsParameter(words);
  if (own !== undefined) return own;
  await dialogues.write(keyOf(userId), words, clock.now());
  return `kept_${nameOf(words)}`;
}

/** The newest long words of a person, kept for a week and deleted by /forget like their dialogues. */
const keyOf = (userId: number) => `inline:${userId}`;

function nameOf(words: string): string {
  return createHash('sha256').update(words).digest('hex').slice(0, 16);
}

const keptParameter = /^kept_[0-9a-f]{16}$/;

/** The words that a link behind /start stands for; undefined for one that brings none, or none that are still kept. */
export async function linkedWords(
  { dialogues }: Pick<BotDeps, 'dialogues'>,
  userId: number,
  parameter: string,
): Promise<string | undefined> {
  if (!keptParameter.test(parameter)) return wordsOfStart(parameter);
  const kept = (await dialogues.read(keyOf(userId)))?.state;
  return kept !== undefined && parameter === `kept_${nameOf(kept)}` ? kept : undefined;
}
