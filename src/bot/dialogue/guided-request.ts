import type { Conversation } from '@grammyjs/conversations';
import type { Context } from 'grammy';
import type { GenerationOptions } from '../../domain/job.ts';
import { type JobKind, kindTraits } from '../../domain/kinds.ts';
import { readPromptOptions, checkPrompt } from '../../jobs/request/generation-request.ts';
import {
  type DialogueHint,
  type DialogueQuestion,
  shapeAspects,
  shapes,
  stylesFor,
  voices,
} from '../../messages/dialogue-views.ts';
import { parseCallbackData } from '../../messages/view.ts';
import type { BotContext } from '../context.ts';
import { pictureIn } from '../message-words.ts';
import type { PictureReference } from '../commands/sent-pictures.ts';
import type { DialogueStart, DialogueTurn } from './dialogue-state.ts';

export const guidedRequestId = 'guided-request';
/** Raise it with every change in the order of waits and decisions below; stored dialogues of older versions then end. */
export const dialogueVersion = 2;
/** The dialogue ends with this many unusable answers. */
export const maxBadAnswers = 3;

type GuidedConversation = Conversation<BotContext>;
type Prompt = { readonly words: string; readonly options: GenerationOptions };

/**
 * Asks for what a request lacks: the picture and the prompt; the voice of a song; of what has a look, shape and style where
 * the person has not chosen them once for all. Then it submits the request. It is replayed from its log at every answer, so
 * it makes no call to Telegram and uses no clock and no random number; decisions leave through `external`.
 */
export async function guidedRequest(
  conversation: GuidedConversation,
  start: Context,
  kind: JobKind,
  given: DialogueStart = {},
): Promise<void> {
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
    question: Extract<DialogueQuestion, { readonly dialogue: string }>,
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

  const needsPicture = kindTraits[kind].needs === 'picture';
  let { picture, words = '' } = given;
  if (needsPicture && picture === undefined) {
    await decide({ kind: 'ask', question: { kind: 'picture' } });
    const sent = await waitForPicture(conversation, rejectAnswer);
    if (sent === undefined) return;
    picture = sent.picture;
    words = words === '' ? sent.words : words;
  }
  const question: DialogueQuestion = needsPicture ? { kind: 'change' } : { kind: 'what', job: kind };
  const read: ReadPrompt = words === '' ? { kind: 'ask' } : await readPrompt(conversation, kind, words);
  if (read.kind !== 'prompt') await decide(read.kind === 'ask' ? { kind: 'ask', question } : read);
  const asked = read.kind === 'prompt' ? read : await waitForPrompt(conversation, kind, question, rejectAnswer);
  if (asked === undefined) return;
  let { options } = asked;
  if (needsPicture) {
    const request = { kind, words: asked.words, options, style: 'none', ...(picture && { picture }) } as const;
    return decide({ kind: 'make', request });
  }
  if (
    kind === 'music' &&
    options.instrumental === undefined &&
    (await mistakeIn(conversation, kind, { ...options, instrumental: true })) === null
  ) {
    const voice = await choose({ kind: 'voice', words: asked.words, dialogue }, voices);
    if (voice === undefined) return;
    if (voice === 'none') options = { ...options, instrumental: true };
  }
  const preferences = await conversation.external((ctx) => ctx.speaker.preferences ?? {});
  if (
    preferences.aspect === undefined &&
    options.aspect === undefined &&
    (await mistakeIn(conversation, kind, { ...options, aspect: '1:1' })) === null
  ) {
    const shape = await choose({ kind: 'shape', words: asked.words, dialogue }, shapes);
    if (shape === undefined) return;
    if (shape !== 'any') options = { ...options, aspect: shapeAspects[shape] };
  }
  if (!kindTraits[kind].isVisual || options.style !== undefined || preferences.preset !== undefined) {
    await decide({ kind: 'make', request: { kind, words: asked.words, options, style: 'none' } });
    return;
  }
  const style = await choose({ kind: 'style', job: kind, words: asked.words, dialogue }, stylesFor(kind));
  if (style === undefined) return;
  await decide({ kind: 'make', request: { kind, words: asked.words, options, style } });
}

type ReadPrompt =
  | ({ readonly kind: 'prompt' } & Prompt)
  | { readonly kind: 'ask' }
  | Extract<DialogueTurn, { readonly kind: 'mistake' }>;

type RejectAnswer = (turn: DialogueTurn) => Promise<boolean>;

/** The prompt with its options, or what is wrong with them; `ask` for one that has no words. */
async function readPrompt(conversation: GuidedConversation, kind: JobKind, text: string): Promise<ReadPrompt> {
  const read = readPromptOptions(text);
  const mistake = read.ok ? await mistakeIn(conversation, kind, read.options) : read.mistake;
  const checked = checkPrompt(read.ok ? read.words : '');
  if (mistake !== null) return { kind: 'mistake', job: kind, mistake };
  if (!read.ok || !checked.ok) return { kind: 'ask' };
  return { kind: 'prompt', words: checked.prompt, options: read.options };
}

/** Waits for a usable prompt; undefined after too many unusable answers. */
async function waitForPrompt(
  conversation: GuidedConversation,
  kind: JobKind,
  question: DialogueQuestion,
  rejectAnswer: RejectAnswer,
): Promise<Prompt | undefined> {
  for (;;) {
    const { message } = await conversation.waitUntil((ctx) => ctx.message !== undefined, { next: true });
    const read = await readPrompt(conversation, kind, message?.text ?? message?.caption ?? '');
    if (read.kind === 'prompt') return read;
    const hint: DialogueHint = 'text-needed';
    if (!(await rejectAnswer(read.kind === 'mistake' ? read : { kind: 'ask', question, hint }))) return undefined;
  }
}

/** Waits for a picture; with the words under it. Undefined after too many unusable answers. */
async function waitForPicture(
  conversation: GuidedConversation,
  rejectAnswer: RejectAnswer,
): Promise<{ readonly picture: PictureReference; readonly words: string } | undefined> {
  for (;;) {
    const { message } = await conversation.waitUntil((ctx) => ctx.message !== undefined, { next: true });
    const picture = pictureIn(message) ?? pictureIn(message?.reply_to_message);
    if (picture !== undefined) return { picture, words: message?.caption ?? message?.text ?? '' };
    const turn = { kind: 'ask', question: { kind: 'picture' }, hint: 'picture-needed' } as const;
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
