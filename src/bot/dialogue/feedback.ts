import type { Conversation } from '@grammyjs/conversations';
import type { Context } from 'grammy';
import { feedbackLimit } from '../../domain/personal/feedback.ts';
import { checkPrompt } from '../../jobs/request/generation-request.ts';
import type { BotContext } from '../context.ts';
import type { DialogueTurn, FailedRequest } from './dialogue-state.ts';
import { maxBadAnswers } from './guided-request.ts';

export const feedbackId = 'feedback';

/** Asks what went wrong with a request; replayed from its log like `guidedRequest`, so it has no effect of its own. */
export async function feedback(
  conversation: Conversation<BotContext>,
  _start: Context,
  about: FailedRequest,
): Promise<void> {
  const decide = (turn: DialogueTurn) => conversation.external((ctx) => void ctx.turns.push(turn));
  await decide({ kind: 'ask-feedback' });
  for (let badAnswers = 1; ; badAnswers += 1) {
    const { message } = await conversation.waitUntil((ctx) => ctx.message !== undefined, { next: true });
    const checked = checkPrompt((message?.text ?? message?.caption ?? '').slice(0, feedbackLimit));
    if (checked.ok) return decide({ kind: 'feedback', about, words: checked.prompt });
    if (badAnswers >= maxBadAnswers) return decide({ kind: 'give-up', job: about.kind });
    await decide({ kind: 'ask-feedback' });
  }
}
