import type { BotContext, BotDeps } from '../context.ts';
import { reportTelegramError, textOptions } from '../delivery/media-message.ts';
import type { FailedRequest } from '../dialogue/dialogue-state.ts';
import { findJob } from './remembered-job.ts';
import { answer, reply } from '../reply.ts';
import { feedbackId } from '../dialogue/feedback.ts';

/** The button under a failure: asks what went wrong, once about each request and not too often. */
export async function pressFeedbackButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { messages, feedback, clock } = deps;
  const { userId, locale } = ctx.speaker;
  const job = await findJob(deps, id, ctx.chat?.id);
  if (job === undefined) return answer(ctx, messages.answer('expired', locale));
  if (job.origin.userId !== userId) return answer(ctx, messages.answer('not-yours', locale));
  if (!(await feedback.mayGive(userId, job.id, clock.now()))) {
    return answer(ctx, messages.answer('already-done', locale));
  }
  await answer(ctx);
  const outcome = 'outcome' in job.state ? job.state.outcome : undefined;
  const code = outcome?.kind === 'failed' ? outcome.code : (outcome?.kind ?? 'open');
  await ctx.conversation.enter(feedbackId, { jobId: job.id, kind: job.kind, code });
}

/** Stores what the person said, and tells the admins unless they were told of much already. */
export async function tellFeedback(
  ctx: BotContext,
  deps: BotDeps,
  { jobId, kind, code }: FailedRequest,
  words: string,
): Promise<void> {
  const { feedback, messages, clock, users, adminIds, matchLocale } = deps;
  const { userId, locale } = ctx.speaker;
  const said = { jobId, userId, kind, code, words, atMs: clock.now() };
  const kept = await feedback.keep(said);
  await reply(ctx, messages.feedbackTaken(kept !== 'refused', locale));
  if (kept !== 'told') return;
  for (const adminId of adminIds) {
    const admin = await users.find(adminId);
    const view = messages.feedbackToAdmins(said, admin.locale ?? admin.heardLocale ?? matchLocale(undefined));
    // It is stored; an admin who cannot be reached now has no chat with the bot, or Telegram is in trouble.
    await ctx.api.sendMessage(adminId, view.text, textOptions(view)).catch((error: unknown) => {
      reportTelegramError(deps.emit, 'sendMessage', error);
    });
  }
}
