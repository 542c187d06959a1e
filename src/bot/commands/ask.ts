import type { JobKind } from '../../domain/job.ts';
import { checkPrompt, longestPrompt } from '../../generation/prompt-rules.ts';
import type { BotContext, Desk } from '../context.ts';
import { sayScreen } from '../say-screen.ts';

/** Takes a request and answers at once; whatever happens later is told by the receipt. */
export async function ask(ctx: BotContext, desk: Desk, kind: JobKind, text: string): Promise<void> {
  const { speaker, chat } = ctx;
  const message = ctx.message ?? ctx.callbackQuery?.message;
  if (chat === undefined || message === undefined) return;
  const refuse = (code: 'empty-prompt' | 'prompt-too-long' | 'queue-full' | 'quota-reached') => {
    const { waiting, perDay, messages, clock } = desk;
    const { lane, locale } = speaker;
    const limits = {
      waiting: waiting[lane],
      perDay: perDay[lane][kind],
      promptLimit: longestPrompt,
      nowMs: clock.now(),
    };
    return sayScreen(ctx, messages.refused({ code, kind, lane, ...limits }, locale));
  };
  const checked = checkPrompt(text);
  if (!checked.ok) return refuse(checked.code);
  const accepted = await desk.service.submit({
    kind,
    prompt: checked.prompt,
    lane: speaker.lane,
    locale: speaker.locale,
    updateId: ctx.update.update_id,
    origin: {
      chatId: chat.id,
      chatType: chat.type === 'private' ? 'private' : 'group',
      userId: speaker.userId,
      messageId: message.message_id,
      ...(ctx.msg?.is_topic_message === true && ctx.msg.message_thread_id !== undefined
        ? { threadId: ctx.msg.message_thread_id }
        : {}),
    },
  });
  if (accepted.kind === 'refused') return refuse(accepted.code);
  const found = await desk.service.find(accepted.job.id);
  if (found !== undefined) await desk.receipts.send(found.job, found.view);
}
