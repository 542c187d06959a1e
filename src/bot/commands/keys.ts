import { Composer } from 'grammy';
import { isAdminHere } from '../admin-here.ts';
import { answer, edit } from '../answer-press.ts';
import type { BotContext, Desk } from '../context.ts';
import { sayScreen } from '../say-screen.ts';

/** /keys for admins; for anybody else it does not exist, but admins hear that somebody tried. */
export function keysCommand({ messages, keys, clock, tell }: Desk): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isAdminHere).command('keys', async (ctx) => {
    await sayScreen(ctx, messages.keys(keys.snapshot(), clock.now(), ctx.speaker.locale));
  });
  feature.command('keys', async ({ speaker }, next) => {
    if (!speaker.admin) tell({ event: 'admin.refused', userId: speaker.userId });
    await next();
  });
  return feature;
}

/** The buttons under /keys; the list edits itself. */
export async function pressKeysButton(ctx: BotContext, { messages, keys, clock }: Desk, id: string): Promise<void> {
  const { locale } = ctx.speaker;
  if (!isAdminHere(ctx)) return answer(ctx, messages.answer('expired', locale));
  const list = () => messages.keys(keys.snapshot(), clock.now(), locale);
  if (id === 'open') {
    await answer(ctx);
    return sayScreen(ctx, list());
  }
  let words = messages.answer('refreshed', locale);
  if (id === 'test') words = messages.keysTested(await keys.testAll(), locale);
  else if (id === 'wake') words = messages.keysWoken(keys.wakeAll(), locale);
  await answer(ctx, words);
  await edit(ctx, list());
}
