import type { Conversation } from '@grammyjs/conversations';
import type { Context } from 'grammy';
import type { GenerationOptions } from '../../domain/job.ts';
import { type JobKind, kindTraits } from '../../domain/kinds.ts';
import { readPromptOptions, checkPrompt } from '../../jobs/request/generation-request.ts';
import { type DialogueQuestion, shapeAspects, shapes, stylesFor } from '../../messages/dialogue-views.ts';
import { parseCallbackData } from '../../messages/view.ts';
import type { BotContext } from '../context.ts';
import type { DialogueTurn } from './dialogue-state.ts';

export const guidedRequestId = 'guided-request';
/** Raise it with every change in the order of waits and decisions below; stored dialogues of older versions then end. */
export const dialogueVersion = 1;
/** The dialogue ends with this many unusable answers. */
const maxBadAnswers = 3;

type GuidedConversation = Conversation<BotContext>;
type Prompt = { readonly words: string; readonly options: GenerationOptions };

/**
 * Asks for the prompt and, of what has a look, for shape and style, then submits the request. It is replayed from its log at every answer, so it
 * makes no call to Telegram and uses no clock and no random number; decisions leave through `external`.
 */
export async function guidedRequest(conversation: GuidedConversation, start: Context, kind: JobKind): Promise<void> {
  const dialogue = String(start.update.update_id);
  const decide = (turn: DialogueTurn) => conversation.external((ctx) => void ctx.turns.push(turn));
  let badAnswers = 0;
  /** Answers with the turn and goes on waiting, or gives up; returns whether it goes on. */
  const rejectAnswer = async (turn: DialogueTurn): Promise<boolean> => {
    badAnswers += 1;
    await decide(badAnswers < maxBadAnswers ? turn : { kind: 'give-up', job: kind });
    return badAnswers < maxBadAnswers;
  };
  const choose = async <Choice extends string>(
    question: Extract<DialogueQuestion, { kind: 'shape' | 'style' }>,
    choices: readonly Choice[],
  ): Promise<Choice | undefined> => {
    await decide({ kind: 'ask', question });
    for (;;) {
      const choiceIn = (ctx: Context) =>
        choices.find((choice) => pressed(ctx) === `${question.kind}.${choice}.${dialogue}`);
      // Buttons of older questions are left to the other handlers.
      const answer = await conversation.waitUntil((ctx) => ctx.message !== undefined || choiceIn(ctx) !== undefined, {
        next: true,
      });
      const choice = choiceIn(answer);
      if (choice !== undefined) return choice;
      if (!(await rejectAnswer({ kind: 'ask', question, hint: 'button-needed' }))) return undefined;
    }
  };

  await decide({ kind: 'ask', question: { kind: 'what', job: kind } });
  const asked = await waitForPrompt(conversation, kind, rejectAnswer);
  if (asked === undefined) return;
  let { options } = asked;
  if (options.aspect === undefined && (await mistakeIn(conversation, kind, { ...options, aspect: '1:1' })) === null) {
    const shape = await choose({ kind: 'shape', words: asked.words, dialogue }, shapes);
    if (shape === undefined) return;
    if (shape !== 'any') options = { ...options, aspect: shapeAspects[shape] };
  }
  if (!kindTraits[kind].isVisual || options.style !== undefined) {
    await decide({ kind: 'make', request: { kind, words: asked.words, options, style: 'none' } });
    return;
  }
  const style = await choose({ kind: 'style', job: kind, words: asked.words, dialogue }, stylesFor(kind));
  if (style === undefined) return;
  await decide({ kind: 'make', request: { kind, words: asked.words, options, style } });
}

/** Waits for a usable prompt; undefined after too many unusable answers. */
async function waitForPrompt(
  conversation: GuidedConversation,
  kind: JobKind,
  rejectAnswer: (turn: DialogueTurn) => Promise<boolean>,
): Promise<Prompt | undefined> {
  for (;;) {
    const { message } = await conversation.waitUntil((ctx) => ctx.message !== undefined, { next: true });
    const read = readPromptOptions(message?.text ?? message?.caption ?? '');
    const mistake = read.ok ? await mistakeIn(conversation, kind, read.options) : read.mistake;
    const checked = checkPrompt(read.ok ? read.words : '');
    if (read.ok && mistake === null && checked.ok) return { words: checked.prompt, options: read.options };
    const turn: DialogueTurn =
      mistake === null
        ? { kind: 'ask', question: { kind: 'what', job: kind }, hint: 'text-needed' }
        : { kind: 'mistake', job: kind, mistake };
    if (!(await rejectAnswer(turn))) return undefined;
  }
}

/** The mistake in the options; null, which JSON keeps, when there is none. */
function mistakeIn(conversation: GuidedConversation, kind: JobKind, options: GenerationOptions) {
  return conversation.external((ctx) => ctx.mistakeIn(kind, options) ?? null);
}

function pressed(ctx: Context): string | undefined {
  const press = parseCallbackData(ctx.callbackQuery?.data ?? '');
  return press?.verb === 'ask' ? press.id : undefined;
}
