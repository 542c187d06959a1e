import { Composer } from 'grammy';
import type { BotContext, BotDeps } from '../context.ts';
import { isCommand, wordsAfterCommand } from '../message-words.ts';
import { isAdminHere } from '../middleware/identify.ts';
import { answer, edit, reply } from '../reply.ts';

/** In UTF-16 units. */
const maxWords = 3_500;

/** /broadcast of an admin: shows the message as everybody would get it, and asks before anything is sent. */
export function broadcastCommand({ messages, broadcasts, clock }: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('broadcast')).filter(isAdminHere, async (ctx) => {
    const { locale, userId } = ctx.speaker;
    const words = wordsAfterCommand(ctx);
    if (words === '') return reply(ctx, messages.broadcastUsage(locale));
    if (words.length > maxWords) return reply(ctx, messages.broadcastTooLong(maxWords, locale));
    const count = await broadcasts.audience();
    if (count === 0) return reply(ctx, messages.broadcastNobody(locale));
    const id = await broadcasts.draft({ adminId: userId, locale, words }, clock.now());
    await reply(ctx, messages.news(words, locale));
    await reply(ctx, messages.broadcastQuestion(id, count, locale));
  });
  return feature;
}

/** The buttons of messages to everybody: `send-<id>`, `drop-<id>` and `stop-<id>` of the admin, `off` and `on` of anybody. */
export async function pressNewsButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { messages, people, broadcasts, broadcaster, admin } = deps;
  const { locale, userId } = ctx.speaker;
  if (id === 'off' || id === 'on') {
    if (ctx.chat?.type !== 'private') return answer(ctx, messages.answer('expired', locale));
    await people.setNews(userId, id === 'on');
    await answer(ctx, messages.answer(`news-${id}`, locale));
    const keyboard = messages.newsKeyboard(id === 'on', locale);
    // The message is the admin's: only its button changes.
    await ctx.editMessageReplyMarkup({ reply_markup: keyboard }).catch(() => undefined);
    return;
  }
  const [, what, number] = /^(send|drop|stop)-([1-9][0-9]{0,9})$/.exec(id) ?? [];
  const broadcast = number === undefined ? undefined : await broadcasts.find(Number(number));
  if (!isAdminHere(ctx) || broadcast === undefined) return answer(ctx, messages.answer('expired', locale));
  if (broadcast.adminId !== userId) return answer(ctx, messages.answer('not-yours', locale));
  switch (what) {
    case 'send': {
      const messageId = ctx.callbackQuery?.message?.message_id;
      if (!(await broadcasts.start(broadcast.id, messageId)))
        return answer(ctx, messages.answer('already-done', locale));
      await admin.note('broadcast', String(broadcast.id));
      await answer(ctx, messages.answer('accepted', locale));
      return broadcaster.begin({ ...broadcast, state: 'sending', ...(messageId === undefined ? {} : { messageId }) });
    }
    case 'drop':
      await answer(ctx);
      if (broadcast.state === 'draft') await edit(ctx, messages.broadcastDropped(locale));
      return;
    case undefined:
    default: {
      const isStopped = await broadcaster.stop(broadcast.id);
      if (isStopped) await admin.note('stop-broadcast', String(broadcast.id));
      return answer(ctx, messages.answer(isStopped ? 'cancelled' : 'too-late', locale));
    }
  }
}
