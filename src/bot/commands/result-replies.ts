import { Composer } from 'grammy';
import type { Message } from 'grammy/types';
import { type JobId, jobId } from '../../domain/ids.ts';
import { readPromptOptions } from '../../jobs/request/generation-request.ts';
import { kindTraits } from '../../domain/kinds.ts';
import { readRemix } from '../../messages/remix-views.ts';
import { parseCallbackData } from '../../messages/view.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { commandIn, wordsOf } from '../message-words.ts';
import { findJob } from '../personal/remembered-job.ts';
import { pictureOf } from './remix.ts';
import { replyWithMistake, submitRequest } from './submit-request.ts';

/**
 * Text in reply to an own result starts a new request: it changes a picture where that is possible, and asks otherwise for
 * the same kind with the same options, `old prompt, new text`.
 */
export function resultReplies(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.on('message', async (ctx, next) => {
    const { reply_to_message: repliedTo } = ctx.message;
    const { text } = wordsOf(ctx.message, ctx.me.username);
    const id = repliedTo?.from?.id === ctx.me.id ? jobOfMessage(repliedTo) : undefined;
    if (id === undefined || text === '' || text.startsWith('/') || commandIn(ctx) !== undefined) return next();
    const job = await findJob(deps, id, ctx.chat.id);
    if (job === undefined || job.origin.userId !== ctx.speaker.userId || job.origin.chatId !== ctx.chat.id) {
      return next();
    }
    if (!('outcome' in job.state) || job.state.outcome.kind !== 'result') return next();
    const read = readPromptOptions(text);
    if (!read.ok) return replyWithMistake(ctx, deps, job.kind, read.mistake);
    const words = read.words.trim();
    // A picture is changed where something here can; everything else is made again of the old words and the new ones.
    const isPicture = kindTraits[job.kind].carrier === 'photo';
    if (words !== '' && isPicture && deps.service.offered().includes('edit')) {
      const picture = pictureOf(job.id, ctx);
      return submitRequest(ctx, deps, { kind: 'edit', prompt: words, options: read.options, picture });
    }
    const { chosenSeed: _chosen, ...kept } = job.options ?? {};
    return submitRequest(ctx, deps, {
      kind: job.kind,
      prompt: words === '' ? job.prompt : `${job.prompt}, ${words}`,
      options: { ...kept, ...read.options },
      isRepetition: true,
      picture: { jobId: job.id },
    });
  });
  return feature;
}

/** The job of a message of the bot, read from the button that every outcome has. */
export function jobOfMessage(message: Pick<Message, 'reply_markup'>): JobId | undefined {
  for (const button of message.reply_markup?.inline_keyboard.flat() ?? []) {
    const press = 'callback_data' in button ? parseCallbackData(button.callback_data) : undefined;
    if (press?.verb === 'again') return jobId(press.id);
    // A menu under a result, or the question what is to be changed.
    const remix = press?.verb === 'r1' ? readRemix(press.id) : undefined;
    if (remix !== undefined) return jobId(remix.id);
  }
  return undefined;
}
