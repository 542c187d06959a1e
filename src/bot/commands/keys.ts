import { Composer } from 'grammy';
import { isAdminHere } from '../admin-here.ts';
import type { BotContext, Desk } from '../context.ts';
import { sayScreen } from '../say-screen.ts';
import { textOptions } from '../screen-options.ts';
import { troubleOf } from '../telegram-trouble.ts';

/** /keys for admins; for anybody else it does not exist. */
export function keysCommand({ messages, keys, clock }: Desk): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isAdminHere).command('keys', async (ctx) => {
    await sayScreen(ctx, messages.keys(keys.snapshot(), clock.now(), ctx.speaker.locale));
  });
  return feature;
}

/** The buttons under /keys; the list edits itself. */
export async function pressKeysButton(ctx: BotContext, { messages, keys, clock }: Desk, id: string): Promise<void> {
  const { locale } = ctx.speaker;
  if (!isAdminHere(ctx)) {
    await ctx.answerCallbackQuery(messages.answer('expired', locale)).catch(ignoreStale);
    return;
  }
  if (id === 'open') {
    await ctx.answerCallbackQuery().catch(ignoreStale);
    await sayScreen(ctx, messages.keys(keys.snapshot(), clock.now(), locale));
    return;
  }
  let words = messages.answer('refreshed', locale);
  if (id === 'test') words = messages.keysTested(await keys.testAll(), locale);
  else if (id === 'wake') words = messages.keysWoken(keys.wakeAll(), locale);
  await ctx.answerCallbackQuery(words).catch(ignoreStale);
  const screen = messages.keys(keys.snapshot(), clock.now(), locale);
  try {
    await ctx.editMessageText(screen.text, textOptions(screen));
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === 'no-message') await sayScreen(ctx, screen);
    else if (trouble !== 'not-modified') throw error;
  }
}

function ignoreStale(error: unknown): void {
  if (troubleOf(error) !== 'stale-query') throw error;
}
