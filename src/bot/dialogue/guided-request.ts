import type { Conversation } from '@grammyjs/conversations';
import type { Context } from 'grammy';
import type { GenerationOptions, JobKind } from '../../domain/job.ts';
import { readPromptOptions, checkPrompt } from '../../jobs/request/prompt-options.ts';
import { type DialogueQuestion, shapeAspects, shapes, styles } from '../../messages/dialogue-views.ts';
import { parseCallbackData } from '../../messages/view.ts';
import type { BotContext } from '../context.ts';
import type { DialogueTurn } from './dialogue-state.ts';

export const guidedRequestId = 'guided-request';
/** To be raised with every change in the order of what is waited for and decided below: kept dialogues end kindly. */
export const dialogueVersion = 1;
/** Answers that are none, in one dialogue; with the last of them it ends. */
const maxBadAnswers = 3;

type GuidedConversation = Conversation<BotContext>;
type Said = { readonly words: string; readonly options: GenerationOptions };

/**
 * What to make, in which shape, in which style; then it is made. Runs from its beginning at every answer, fed from its
 * log: so no call to Telegram, no clock and no chance in here, only decisions that go out through `external`.
 */
export async function guidedRequest(talk: GuidedConversation, start: Context, kind: JobKind): Promise<void> {
  const dialogue = String(start.update.update_id);
  const decide = (turn: DialogueTurn) => talk.external((ctx) => void ctx.turns.push(turn));
  let badAnswers = 0;
  /** Answers kindly and goes on waiting, or gives up; answers which. */
  const rejectAnswer = async (turn: DialogueTurn): Promise<boolean> => {
    badAnswers += 1;
    await decide(badAnswers < maxBadAnswers ? turn : { kind: 'give-up' });
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
      // Buttons of older questions go on to whoever answers for them.
      const answer = await talk.waitUntil((ctx) => ctx.message !== undefined || choiceIn(ctx) !== undefined, {
        next: true,
      });
      const choice = choiceIn(answer);
      if (choice !== undefined) return choice;
      if (!(await rejectAnswer({ kind: 'ask', question, hint: 'button-needed' }))) return undefined;
    }
  };

  await decide({ kind: 'ask', question: { kind: 'what', job: kind } });
  const said = await hear(talk, kind, rejectAnswer);
  if (said === undefined) return;
  let { options } = said;
  if (options.aspect === undefined && (await mistakeIn(talk, kind, { ...options, aspect: '1:1' })) === null) {
    const shape = await choose({ kind: 'shape', words: said.words, dialogue }, shapes);
    if (shape === undefined) return;
    if (shape !== 'any') options = { ...options, aspect: shapeAspects[shape] };
  }
  const style = await choose({ kind: 'style', words: said.words, dialogue }, styles);
  if (style === undefined) return;
  await decide({ kind: 'make', wish: { kind, words: said.words, options, style } });
}

/** Waits for words that can be followed; nothing when too many answers were something else. */
async function hear(
  talk: GuidedConversation,
  kind: JobKind,
  rejectAnswer: (turn: DialogueTurn) => Promise<boolean>,
): Promise<Said | undefined> {
  for (;;) {
    const { message } = await talk.waitUntil((ctx) => ctx.message !== undefined, { next: true });
    const read = readPromptOptions(message?.text ?? '');
    const mistake = read.ok ? await mistakeIn(talk, kind, read.options) : read.mistake;
    const checked = checkPrompt(read.ok ? read.words : '');
    if (read.ok && mistake === null && checked.ok) return { words: checked.prompt, options: read.options };
    const turn: DialogueTurn =
      mistake === null
        ? { kind: 'ask', question: { kind: 'what', job: kind }, hint: 'text-needed' }
        : { kind: 'mistake', job: kind, mistake };
    if (!(await rejectAnswer(turn))) return undefined;
  }
}

/** What the models have against the options; null, which survives the log, when nothing. */
function mistakeIn(talk: GuidedConversation, kind: JobKind, options: GenerationOptions) {
  return talk.external((ctx) => ctx.mistakeIn(kind, options) ?? null);
}

function pressed(ctx: Context): string | undefined {
  const press = parseCallbackData(ctx.callbackQuery?.data ?? '');
  return press?.verb === 'ask' ? press.id : undefined;
}
