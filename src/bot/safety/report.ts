import { type JobId, jobId } from '../../domain/ids.ts';
import { albumIds, firstOfAlbum } from '../../domain/job.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { textOptions } from '../delivery/media-message.ts';
import { isAdminHere } from '../middleware/identify.ts';
import { classifyTelegramError, describeTelegramError } from '../outbox/telegram-error.ts';
import { answer, reply } from '../reply.ts';

/** What an admin may do about a reported result, by the letter before its job's number. */
const actions = { w: 'words', d: 'remove', b: 'block' } as const;

/**
 * A press of the button under a result that others see, by anybody who sees it, or of a button under an admin's notice. A report
 * is stored; the admins are told of the first one, by the job's number and without its words.
 */
export async function pressReportButton(ctx: BotContext, deps: BotDeps, data: string): Promise<void> {
  const [letter = '', ...rest] = data.split('.');
  const action = letter in actions ? actions[letter as keyof typeof actions] : undefined;
  if (rest.length > 0 && action !== undefined) return act(ctx, deps, action, jobId(rest.join('.')));
  return report(ctx, deps, jobId(data));
}

async function report(ctx: BotContext, deps: BotDeps, id: JobId): Promise<void> {
  const { safety, service, messages, clock, emit } = deps;
  const { userId, locale } = ctx.speaker;
  const job = (await service.find(id))?.job;
  if (job === undefined || job.origin.chatId !== ctx.chat?.id) return answer(ctx, messages.answer('expired', locale));
  const noted = await safety.report(id, userId, clock.now());
  await answer(ctx, messages.answer(noted === 'again' ? 'reported-again' : 'reported', locale));
  if (noted === 'again') return;
  const reports = await safety.reportsOf(id);
  emit({ event: 'result.reported', jobId: id, reports });
  if (noted === 'first') await tellAdmins(ctx, deps, { job: id, userId: job.origin.userId, reports });
}

async function tellAdmins(
  { api }: BotContext,
  { adminIds, users, messages, matchLocale, emit }: BotDeps,
  facts: Parameters<BotDeps['messages']['reported']>[0],
): Promise<void> {
  for (const adminId of adminIds) {
    const { locale, heardLocale } = await users.find(adminId);
    const view = messages.reported(facts, locale ?? heardLocale ?? matchLocale(undefined));
    try {
      await api.sendMessage(adminId, view.text, textOptions(view));
    } catch (error) {
      // The report is stored; an admin without an open chat reads of it in the log.
      if (classifyTelegramError(error) === 'closed') continue;
      emit({ event: 'telegram.error', method: 'sendMessage', detail: describeTelegramError(error) });
    }
  }
}

async function act(
  ctx: BotContext,
  deps: BotDeps,
  action: (typeof actions)[keyof typeof actions],
  id: JobId,
): Promise<void> {
  const { messages, service, admin } = deps;
  const { locale } = ctx.speaker;
  if (!isAdminHere(ctx)) return answer(ctx, messages.answer('expired', locale));
  const job = (await service.find(id))?.job;
  if (job === undefined) {
    await answer(ctx);
    return reply(ctx, messages.reportedWords(id, undefined, locale));
  }
  switch (action) {
    case 'words':
      await answer(ctx);
      await admin.note('read-reported-words', id);
      return reply(ctx, messages.reportedWords(id, job.prompt, locale));
    case 'remove': {
      const all = albumIds(firstOfAlbum(id), job.album?.size);
      const shown = await Promise.all(all.map((one) => deps.jobs.shownIn(one)));
      const isDeleted = await deleteShown(ctx, job.origin.chatId, shown.flat());
      await admin.note('remove-reported-result', id);
      for (const one of all) await deps.forgetJob(one);
      return answer(ctx, messages.answer(isDeleted ? 'deleted' : 'cannot-delete', locale));
    }
    case 'block':
      await admin.people.block(job.origin.userId, undefined);
      return answer(ctx, messages.answer('blocked', locale));
  }
}

/** True when every message that shows the result is gone. */
async function deleteShown({ api }: BotContext, chatId: number, messageIds: readonly number[]): Promise<boolean> {
  let isDeleted = messageIds.length > 0;
  for (const messageId of messageIds) {
    try {
      await api.deleteMessage(chatId, messageId);
    } catch (error) {
      if (classifyTelegramError(error) !== 'no-message') isDeleted = false;
    }
  }
  return isDeleted;
}
