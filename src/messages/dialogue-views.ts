import type { Aspect } from '../domain/job.ts';
import { defaultKind, type JobKind, kindTraits, type StyleName, stylesOf } from '../domain/kinds.ts';
import type { MessageId } from './message-ids.ts';
import { inRows, lines, promptLimit, quote } from './phrases.ts';
import { usageView } from './guide-views.ts';
import { callbackData, escapeHtml, type MessageView, type MessageButton } from './view.ts';
import type { Localizer } from './catalog.ts';

export const shapes = ['square', 'wide', 'tall', 'any'] as const;
/** `any` leaves the shape to the model. */
export type Shape = (typeof shapes)[number];

/** What a dialogue offers for a kind; `none` adds nothing to the words. */
export type Style = StyleName | 'none';

export function stylesFor(kind: JobKind): readonly Style[] {
  return [...stylesOf(kind), 'none'];
}

export const shapeAspects = { square: '1:1', wide: '16:9', tall: '9:16' } as const satisfies Record<
  Exclude<Shape, 'any'>,
  Aspect
>;

/** What the bot asks in a dialogue; `dialogue` is the id in the data of its buttons. */
export type DialogueQuestion =
  | { readonly kind: 'what'; readonly job: JobKind }
  /** Which picture is to be changed, and what in it. */
  | { readonly kind: 'picture' }
  | { readonly kind: 'change' }
  /** Whether a song has a singer. */
  | { readonly kind: 'voice'; readonly words: string; readonly dialogue: string }
  | { readonly kind: 'shape'; readonly words: string; readonly dialogue: string }
  | { readonly kind: 'style'; readonly job: JobKind; readonly words: string; readonly dialogue: string };

const shapeLabels = {
  square: 'button.shape-square',
  wide: 'button.shape-wide',
  tall: 'button.shape-tall',
  any: 'button.shape-any',
} as const satisfies Record<Shape, MessageId>;

export const voices = ['sung', 'none'] as const;
/** `none` is an instrumental. */
export type Voice = (typeof voices)[number];

export type DialogueHint = 'text-needed' | 'button-needed' | 'picture-needed';

/** A question with its buttons; a hint about the last answer stands before it. */
export function questionView(
  localizer: Localizer,
  question: DialogueQuestion,
  how: { readonly hint?: DialogueHint | undefined; readonly inGroup: boolean },
): MessageView {
  const hint = how.hint === undefined ? '' : `${localizer.say(`dialogue.${how.hint}`)}\n`;
  if (question.kind === 'what') {
    const { text, rows } = usageView(localizer, question.job);
    const now = how.inGroup ? localizer.say('dialogue.or-reply') : localizer.say('dialogue.or-now');
    return { text: lines(hint, text, `\n${now}`), rows };
  }
  if (question.kind === 'picture') return { text: lines(hint, localizer.say('dialogue.picture')), rows: [] };
  if (question.kind === 'change') return { text: lines(hint, localizer.say('remix.edit-how')), rows: [] };
  const choices = choicesOf(question);
  const buttons = choices.map(([choice, label]): MessageButton => ({
    text: localizer.plain(label),
    data: callbackData('ask', `${question.kind}.${choice}.${question.dialogue}`),
  }));
  return {
    text: lines(hint, localizer.say(`dialogue.${question.kind}`), quote(question.words, promptLimit)),
    rows: inRows(buttons, question.kind === 'style' ? 3 : 2),
  };
}

type ChoiceLabel = (typeof shapeLabels)[Shape] | `button.voice-${Voice}` | `button.style-${Style}`;

function choicesOf(
  question: Extract<DialogueQuestion, { readonly words: string }>,
): readonly (readonly [string, ChoiceLabel])[] {
  switch (question.kind) {
    case 'shape':
      return shapes.map((shape) => [shape, shapeLabels[shape]]);
    case 'voice':
      return voices.map((voice) => [voice, `button.voice-${voice}`]);
    case 'style':
      return stylesFor(question.job).map((style) => [style, `button.style-${style}`]);
  }
}

/** The last question after the dialogue has ended: without buttons. */
export function dialogueDoneView(localizer: Localizer, words: string, style: Style): MessageView {
  const look = style === 'none' ? '' : localizer.say(`button.style-${style}`);
  return { text: lines(localizer.say('dialogue.done'), quote(words, promptLimit), look), rows: [] };
}

/**
 * Every style with a button, for what can be made here. With words, a button uses them; without, it uses the style's
 * example, which stands in the list as a command.
 */
export function stylesView(localizer: Localizer, words: string, offered: readonly JobKind[]): MessageView {
  const kind = offered.find((one) => kindTraits[one].needs === 'words' && stylesOf(one).length > 0) ?? defaultKind;
  const names = stylesOf(kind);
  const buttons = names.map((name): MessageButton => ({
    text: localizer.plain(`button.style-${name}`),
    data: callbackData('style', name),
  }));
  const list = names.map((name) => {
    const command = `/${kindTraits[kind].command} ${localizer.plain(`example.style-${name}`)} --style ${name}`;
    return `${localizer.say(`button.style-${name}`)}: <code>${escapeHtml(command)}</code>`;
  });
  const text =
    words === ''
      ? lines(localizer.say('styles.header'), ...list)
      : lines(localizer.say('styles.header-words'), quote(words, promptLimit));
  return { text, rows: inRows(buttons, 3) };
}
