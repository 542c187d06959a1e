import type { Screen } from '../messages/screen.ts';
import type { BotContext } from './context.ts';
import { sayScreen } from './say-screen.ts';
import { textOptions } from './screen-options.ts';
import { troubleOf } from './telegram-trouble.ts';

/** The short words over the chat, or only the end of the waiting; a press too old for them is let be. */
export async function answer(ctx: BotContext, text?: string): Promise<void> {
  try {
    await ctx.answerCallbackQuery(text);
  } catch (error) {
    if (troubleOf(error) !== 'stale-query') throw error;
  }
}

/** The message with the button shows the news; where that cannot be, a new one does. Nobody is told in a closed chat. */
export async function edit(ctx: BotContext, screen: Screen): Promise<void> {
  try {
    await ctx.editMessageText(screen.text, textOptions(screen));
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === 'not-modified' || trouble === 'closed') return;
    if (trouble !== 'no-message') throw error;
    await sayScreen(ctx, screen);
  }
}
