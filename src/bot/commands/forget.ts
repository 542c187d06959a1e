import { Composer } from 'grammy';
import { answer, edit, reply } from '../reply.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { isCommand } from '../message-words.ts';

/** The buttons of the question work for this long. */
const questionValidMs = 600_000;

/** When the question was asked is stored: the date of its message is of Telegram's clock, which may differ from ours. */
const questionKey = (userId: number) => `forget:${userId}`;

/** /forget asks first; only the button under the question deletes anything. */
export function forgetCommand({ messages, dialogues, payments, clock }: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('forget'), async (ctx) => {
    const { userId, locale } = ctx.speaker;
    await dialogues.write(questionKey(userId), '{}', clock.now());
    const hasPaid = (await payments.latest(1, userId)).length > 0;
    await reply(ctx, messages.forgetQuestion(userId, locale, hasPaid));
  });
  return feature;
}

/** The buttons of the question work only for the person who sent /forget. */
export async function pressForgetButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { messages, dialogues, clock } = deps;
  const { userId, locale } = ctx.speaker;
  const [, what, whose] = /^(yes|no)-([0-9]+)$/.exec(id) ?? [];
  if (whose !== String(userId))
    return answer(ctx, messages.answer(what === undefined ? 'expired' : 'not-yours', locale));
  const askedAtMs = (await dialogues.read(questionKey(userId)))?.writtenAtMs ?? -Infinity;
  if (clock.now() - askedAtMs > questionValidMs) return answer(ctx, messages.answer('expired', locale));
  await dialogues.delete(questionKey(userId));
  if (what === 'no') {
    await answer(ctx);
    return edit(ctx, messages.forgetKept(locale));
  }
  const forgotten = await deps.forget(userId);
  await answer(ctx);
  return edit(ctx, messages.forgetDone(forgotten, locale));
}
