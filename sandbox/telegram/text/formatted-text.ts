import type { MessageEntity } from 'grammy/types';
import { badRequest } from '../api-error.ts';
import { limits } from '../limits.ts';

/** A text and its formatting; offsets and lengths are in UTF-16 units. */
export type FormattedText = {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
};

/** The length of a text as Telegram counts it: in code points, not UTF-16 units. */
export function characterCount(text: string): number {
  return Array.from(text).length;
}

/** True when text and formatting are equal. */
export function sameText(a: FormattedText, b: FormattedText): boolean {
  return a.text === b.text && JSON.stringify(a.entities) === JSON.stringify(b.entities);
}

/** Returns the text when a message may hold it; throws 400 when it is empty or too long. */
export function checkText(text: FormattedText): FormattedText {
  if (text.text === '') throw badRequest('message text is empty');
  if (characterCount(text.text) > limits.textCharacters) throw badRequest('message is too long');
  return text;
}

/** Returns the text when a caption may hold it; throws 400 when it is too long. */
export function checkCaption(caption: FormattedText): FormattedText {
  if (characterCount(caption.text) > limits.captionCharacters) throw badRequest('message caption is too long');
  return caption;
}
