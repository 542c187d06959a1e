import { Composer } from 'grammy';
import { jobId } from '../domain/ids.ts';
import { type Job, jobKinds } from '../domain/job.ts';
import type { CallbackAnswer } from '../messages/message-mapper.ts';
import { parseCallbackData } from '../messages/view.ts';
import { answer, edit } from './reply.ts';
import { make } from './commands/submit-request.ts';
import { pressForgetButton } from './commands/forget.ts';
import { pressKeysButton } from './commands/keys.ts';
import { statusFor } from './commands/status-and-cancel.ts';
import type { BotContext, BotDeps } from './context.ts';

const answers = {
  cancelled: 'cancelled',
  running: 'cancelled',
  'too-late': 'too-late',
  'not-found': 'expired',
} as const satisfies Record<string, CallbackAnswer>;

/** Every press is answered; what a button may do is decided by what the database says, not by its data. */
export function buttons(deps: BotDeps): Composer<BotContext> {
  const { service, messages, users, statusMessages } = deps;
  const feature = new Composer<BotContext>();
  feature.on('callback_query', async (ctx) => {
    const { userId, locale } = ctx.speaker;
    // What we never send: a message of ours in a chat that is not ours has no chat to answer in.
    if (ctx.callbackQuery.message === undefined) return answer(ctx, messages.answer('expired', locale));
    const press = parseCallbackData(ctx.callbackQuery.data ?? '');
    switch (press?.verb) {
      case 'cancel': {
        const found = await service.find(jobId(press.id));
        if (found !== undefined && !isOwn(found.job, userId)) return answer(ctx, messages.answer('not-yours', locale));
        const { kind } = await service.cancel(jobId(press.id), userId);
        await answer(ctx, messages.answer(answers[kind], locale));
        // The receipt shows it by itself; a list of requests has to be told.
        if (found === undefined || found.job.statusMessageId === ctx.callbackQuery.message?.message_id) return;
        return edit(ctx, await statusFor(ctx, deps));
      }
      case 'again': {
        const found = await service.find(jobId(press.id));
        if (found === undefined) return answer(ctx, messages.answer('expired', locale));
        if (!isOwn(found.job, userId)) return answer(ctx, messages.answer('not-yours', locale));
        if (await isUnderWay(ctx, deps)) return answer(ctx, messages.answer('already-done', locale));
        await answer(ctx, messages.answer('accepted', locale));
        return make(ctx, deps, found.job);
      }
      case 'example': {
        const kind = jobKinds.find((known) => known === press.id);
        if (kind === undefined) return answer(ctx, messages.answer('expired', locale));
        if (await isUnderWay(ctx, deps)) return answer(ctx, messages.answer('already-done', locale));
        await answer(ctx, messages.answer('accepted', locale));
        return make(ctx, deps, { kind, prompt: messages.example(kind, locale) });
      }
      case 'status': {
        if (press.id === 'all') {
          if (isForeign(ctx)) return answer(ctx, messages.answer('not-yours', locale));
          await answer(ctx, messages.answer('refreshed', locale));
          return edit(ctx, await statusFor(ctx, deps));
        }
        const found = await service.find(jobId(press.id));
        if (found === undefined) return answer(ctx, messages.answer('expired', locale));
        if (!isOwn(found.job, userId)) return answer(ctx, messages.answer('not-yours', locale));
        await answer(ctx, messages.answer('refreshed', locale));
        const isReceipt = await statusMessages.meet(found.job, ctx.callbackQuery.message.message_id);
        return isReceipt ? undefined : edit(ctx, await statusFor(ctx, deps));
      }
      case 'language': {
        const chosen = deps.matchLocale(press.id);
        if (chosen !== press.id) return answer(ctx, messages.answer('expired', locale));
        if (isForeign(ctx)) return answer(ctx, messages.answer('not-yours', locale));
        await users.setLocale(userId, chosen);
        await answer(ctx, messages.answer('language-set', chosen));
        return edit(ctx, messages.language(chosen));
      }
      // The dialogue takes its own presses; this one is of a question that nobody asks any more.
      case 'ask':
        return answer(ctx, messages.answer(isForeign(ctx) ? 'not-yours' : 'expired', locale));
      case 'keys':
        return pressKeysButton(ctx, deps, press.id);
      case 'forget':
        return pressForgetButton(ctx, deps, press.id);
      case undefined:
        return answer(ctx, messages.answer('expired', locale));
    }
  });
  return feature;
}

function isOwn({ origin }: Job, userId: number): boolean {
  return origin.userId === userId;
}

/** One press makes one request: until that has ended, the same person's next press of the button makes none. */
async function isUnderWay(
  { update, callbackQuery, chat, speaker }: BotContext,
  { service }: BotDeps,
): Promise<boolean> {
  const views = await service.findAll(speaker.userId);
  const open = views.filter(({ phase }) => phase.kind !== 'ended');
  const found = await Promise.all(open.map(({ id }) => service.find(id)));
  return found.some((one) => {
    if (one === undefined || one.job.updateId === update.update_id) return false;
    const { chatId, messageId } = one.job.origin;
    return chatId === chat?.id && messageId === callbackQuery?.message?.message_id;
  });
}

/** In a group an answer of ours hangs on the message of the person whom it is for. */
function isForeign(ctx: BotContext): boolean {
  const asker = ctx.callbackQuery?.message?.reply_to_message?.from;
  return asker !== undefined && !asker.is_bot && asker.id !== ctx.speaker.userId;
}
