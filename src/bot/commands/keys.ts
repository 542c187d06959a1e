import { Composer } from 'grammy';
import { emptyProviders } from '../../domain/admin-api.ts';
import { poolViewOf } from '../../domain/views.ts';
import type { MessageView } from '../../messages/view.ts';
import { isAdminHere } from '../middleware/identify.ts';
import { answer, edit, reply } from '../reply.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { manageKeys } from '../admins/manage-keys.ts';
import { isCommand, wordsAfterCommand } from '../message-words.ts';

/** /keys for admins; others are answered as for an unknown command, and the attempt is reported. */
export function keysCommand(deps: BotDeps): Composer<BotContext> {
  const { emit, onStranger } = deps;
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('keys')).filter(isAdminHere, async (ctx) => {
    const words = wordsAfterCommand(ctx);
    if (words !== '') return manageKeys(ctx, deps, words);
    return reply(ctx, await keyList(deps, ctx.speaker.locale));
  });
  feature.filter(isCommand('keys'), async ({ speaker, chat }, next) => {
    if (!speaker.admin) emit({ event: 'admin.refused', userId: speaker.userId });
    if (!speaker.admin && chat?.id === speaker.userId) onStranger(speaker.userId);
    await next();
  });
  return feature;
}

/** The buttons under /keys; the list edits itself. */
export async function pressKeysButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { messages, admin } = deps;
  const { locale } = ctx.speaker;
  if (!isAdminHere(ctx)) return answer(ctx, messages.answer('expired', locale));
  if (id === 'open') {
    await answer(ctx);
    return reply(ctx, await keyList(deps, locale));
  }
  let words = messages.answer('refreshed', locale);
  if (id === 'test') words = messages.keysTested(await admin.keys.test('all'), locale);
  else if (id === 'wake') {
    const woken = await admin.keys.wake('all');
    if (woken.kind === 'done') words = messages.keysWoken(woken.value, locale);
  }
  await answer(ctx, words);
  await edit(ctx, await keyList(deps, locale));
}

async function keyList({ messages, admin, clock }: BotDeps, locale: string): Promise<MessageView> {
  const empty = emptyProviders(await admin.alerts());
  return messages.keys(poolViewOf(await admin.keys.list()), clock.now(), locale, empty);
}
