import type { Aspect } from '../domain/job.ts';
import type { JobKind } from '../domain/kinds.ts';
import type { MessageId } from './message-ids.ts';
import { lines, promptLimit, quote } from './phrases.ts';
import { usageView } from './guide-views.ts';
import { callbackData, type MessageView, type MessageButton } from './view.ts';
import type { Localizer } from './catalog.ts';

export const shapes = ['square', 'wide', 'tall', 'any'] as const;
/** `any` leaves the shape to the model. */
export type Shape = (typeof shapes)[number];

export const styles = ['photo', 'painting', 'anime', 'none'] as const;
export type Style = (typeof styles)[number];

export const shapeAspects = { square: '1:1', wide: '16:9', tall: '9:16' } as const satisfies Record<
  Exclude<Shape, 'any'>,
  Aspect
>;

/** What the bot asks in a dialogue; `dialogue` is the id in the data of its buttons. */
export type DialogueQuestion =
  | { readonly kind: 'what'; readonly job: JobKind }
  | { readonly kind: 'shape' | 'style'; readonly words: string; readonly dialogue: string };

const labels = {
  square: 'button.shape-square',
  wide: 'button.shape-wide',
  tall: 'button.shape-tall',
  any: 'button.shape-any',
  photo: 'button.style-photo',
  painting: 'button.style-painting',
  anime: 'button.style-anime',
  none: 'button.style-none',
} as const satisfies Record<Shape | Style, MessageId>;

const styleMessages = {
  photo: 'style.photo',
  painting: 'style.painting',
  anime: 'style.anime',
} as const satisfies Record<Exclude<Style, 'none'>, MessageId>;

export type DialogueHint = 'text-needed' | 'button-needed';

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
  const choices = question.kind === 'shape' ? shapes : styles;
  const buttons = choices.map((choice): MessageButton => ({
    text: localizer.plain(labels[choice]),
    data: callbackData('ask', `${question.kind}.${choice}.${question.dialogue}`),
  }));
  return {
    text: lines(hint, localizer.say(`dialogue.${question.kind}`), quote(question.words, promptLimit)),
    rows: [buttons.slice(0, 2), buttons.slice(2)],
  };
}

/** The last question after the dialogue has ended: without buttons. */
export function dialogueDoneView(localizer: Localizer, words: string): MessageView {
  return { text: lines(localizer.say('dialogue.done'), quote(words, promptLimit)), rows: [] };
}

/** The prompt with the words of the style appended. */
export function styledWords(localizer: Localizer, words: string, style: Style): string {
  return style === 'none' ? words : `${words}, ${localizer.plain(styleMessages[style])}`;
}
