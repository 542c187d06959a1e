import { answer, edit } from '../answer-press.ts';
import { make, sayMistake } from '../commands/ask.ts';
import type { BotContext, Desk } from '../context.ts';
import { sayScreen } from '../say-screen.ts';
import type { DialogueTurn } from './dialogue-turn.ts';

/** Does what the dialogue has decided; doing it again repeats a question at worst, never a request. */
export async function carryOut(ctx: BotContext, desk: Desk, turn: DialogueTurn): Promise<void> {
  const { messages } = desk;
  const { locale } = ctx.speaker;
  const isPress = ctx.callbackQuery !== undefined;
  switch (turn.kind) {
    case 'ask': {
      const { question, hint } = turn;
      const screen = messages.question(question, locale, { hint, inGroup: ctx.chat?.type !== 'private' });
      if (!isPress) return sayScreen(ctx, screen);
      await answer(ctx, messages.answer('accepted', locale));
      return edit(ctx, screen);
    }
    case 'mistake':
      return sayMistake(ctx, desk, turn.job, turn.mistake);
    case 'make': {
      const { kind, words, options, style } = turn.wish;
      const prompt = messages.styled(words, style, locale);
      await answer(ctx, messages.answer('accepted', locale));
      await edit(ctx, messages.dialogueDone(prompt, locale));
      return make(ctx, desk, { kind, prompt, options });
    }
    case 'give-up':
      return sayScreen(ctx, messages.dialogueGivenUp(locale));
    case 'outdated':
      if (isPress) await answer(ctx, messages.answer('expired', locale));
      return sayScreen(ctx, messages.dialogueOutdated(locale));
  }
}
