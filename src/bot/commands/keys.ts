import { Composer } from 'grammy';
import { poolViewOf } from '../../domain/views.ts';
import type { Screen } from '../../messages/view.ts';
import { isAdminHere } from '../middleware/identify.ts';
import { answer, edit, sayScreen } from '../reply.ts';
import type { BotContext, Desk } from '../context.ts';

/** /keys for admins; for anybody else it does not exist, but admins hear that somebody tried. */
export function keysCommand(desk: Desk): Composer<BotContext> {
  const { tell } = desk;
  const feature = new Composer<BotContext>();
  feature.filter(isAdminHere).command('keys', async (ctx) => {
    await sayScreen(ctx, await keyList(desk, ctx.speaker.locale));
  });
  feature.command('keys', async ({ speaker }, next) => {
    if (!speaker.admin) tell({ event: 'admin.refused', userId: speaker.userId });
    await next();
  });
  return feature;
}

/** The buttons under /keys; the list edits itself. */
export async function pressKeysButton(ctx: BotContext, desk: Desk, id: string): Promise<void> {
  const { messages, admin } = desk;
  const { locale } = ctx.speaker;
  if (!isAdminHere(ctx)) return answer(ctx, messages.answer('expired', locale));
  if (id === 'open') {
    await answer(ctx);
    return sayScreen(ctx, await keyList(desk, locale));
  }
  let words = messages.answer('refreshed', locale);
  if (id === 'test') words = messages.keysTested(await admin.keys.test('all'), locale);
  else if (id === 'wake') {
    const woken = await admin.keys.wake('all');
    if (woken.kind === 'done') words = messages.keysWoken(woken.value, locale);
  }
  await answer(ctx, words);
  await edit(ctx, await keyList(desk, locale));
}

async function keyList({ messages, admin, clock }: Desk, locale: string): Promise<Screen> {
  return messages.keys(poolViewOf(await admin.keys.list()), clock.now(), locale);
}
