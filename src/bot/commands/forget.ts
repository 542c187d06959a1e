import { Composer } from 'grammy';
import { answer, edit, reply } from '../reply.ts';
import type { BotContext, BotDeps } from '../context.ts';

/** The buttons of the question work for this long. */
const questionValidMs = 600_000;

/** /forget asks first; only the button under the question deletes anything. */
export function forgetCommand({ messages }: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.command('forget', async (ctx) => {
    await reply(ctx, messages.forgetQuestion(ctx.speaker.userId, ctx.speaker.locale));
  });
  return feature;
}

/** The buttons of the question work only for the person who sent /forget. */
export async function pressForgetButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { messages, clock } = deps;
  const { userId, locale } = ctx.speaker;
  const [, what, whose] = /^(yes|no)-([0-9]+)$/.exec(id) ?? [];
  if (whose !== String(userId))
    return answer(ctx, messages.answer(what === undefined ? 'expired' : 'not-yours', locale));
  const askedAtMs = (ctx.callbackQuery?.message?.date ?? 0) * 1_000;
  if (clock.now() - askedAtMs > questionValidMs) return answer(ctx, messages.answer('expired', locale));
  if (what === 'no') {
    await answer(ctx);
    return edit(ctx, messages.forgetKept(locale));
  }
  const forgotten = await deps.forget(userId);
  await answer(ctx);
  return edit(ctx, messages.forgetDone(forgotten, locale));
}
