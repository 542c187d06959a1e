import { Composer } from 'grammy';
import type { Message } from 'grammy/types';
import { type JobId, jobId } from '../../domain/ids.ts';
import { readPromptOptions } from '../../jobs/request/prompt-options.ts';
import { parseCallbackData } from '../../messages/view.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { make, replyWithMistake } from './submit-request.ts';

/** New words in reply to an own result go on from the old ones: the same kind, `old words, new words`, old options kept. */
export function resultReplies(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.on('message:text', async (ctx, next) => {
    const { text, reply_to_message: repliedTo } = ctx.message;
    const id = repliedTo?.from?.id === ctx.me.id ? jobOfMessage(repliedTo) : undefined;
    if (id === undefined || text.startsWith('/')) return next();
    const job = (await deps.service.find(id))?.job;
    if (job === undefined || job.origin.userId !== ctx.speaker.userId || job.origin.chatId !== ctx.chat.id) {
      return next();
    }
    if (!('outcome' in job.state) || job.state.outcome.kind !== 'result') return next();
    const read = readPromptOptions(text);
    if (!read.ok) return replyWithMistake(ctx, deps, job.kind, read.mistake);
    const words = read.words.trim();
    return make(ctx, deps, {
      kind: job.kind,
      prompt: words === '' ? job.prompt : `${job.prompt}, ${words}`,
      options: { ...job.options, ...read.options },
    });
  });
  return feature;
}

/** The job that the bot's own message tells of: under every ending stands the button that asks for it again. */
export function jobOfMessage(message: Pick<Message, 'reply_markup'>): JobId | undefined {
  for (const button of message.reply_markup?.inline_keyboard.flat() ?? []) {
    const press = 'callback_data' in button ? parseCallbackData(button.callback_data) : undefined;
    if (press?.verb === 'again') return jobId(press.id);
  }
  return undefined;
}
