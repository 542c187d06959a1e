import { Composer } from 'grammy';
import type { Message } from 'grammy/types';
import { type JobId, jobId } from '../../domain/ids.ts';
import { readPromptOptions } from '../../jobs/request/generation-request.ts';
import { parseCallbackData } from '../../messages/view.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { commandIn, wordsOf } from '../message-words.ts';
import { replyWithMistake, submitRequest } from './submit-request.ts';

/** Text in reply to an own result starts a new request: the same kind and options, `old prompt, new text`. */
export function resultReplies(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.on('message', async (ctx, next) => {
    const { reply_to_message: repliedTo } = ctx.message;
    const { text } = wordsOf(ctx.message, ctx.me.username);
    const id = repliedTo?.from?.id === ctx.me.id ? jobOfMessage(repliedTo) : undefined;
    if (id === undefined || text === '' || text.startsWith('/') || commandIn(ctx) !== undefined) return next();
    const job = (await deps.service.find(id))?.job;
    if (job === undefined || job.origin.userId !== ctx.speaker.userId || job.origin.chatId !== ctx.chat.id) {
      return next();
    }
    if (!('outcome' in job.state) || job.state.outcome.kind !== 'result') return next();
    const read = readPromptOptions(text);
    if (!read.ok) return replyWithMistake(ctx, deps, job.kind, read.mistake);
    const words = read.words.trim();
    return submitRequest(ctx, deps, {
      kind: job.kind,
      prompt: words === '' ? job.prompt : `${job.prompt}, ${words}`,
      options: { ...job.options, ...read.options },
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
  }
  return undefined;
}
