import type { MessageEntity } from 'grammy/types';
import { badRequest } from '../api-error.ts';
import { limits } from '../limits.ts';

/** A text as people see it, with its formatting beside it; offsets and lengths are UTF-16 units. */
export type FormattedText = {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
};

/** Telegram counts characters, not UTF-16 units, for its lengths. */
export function characterCount(text: string): number {
  return Array.from(text).length;
}

export function sameText(a: FormattedText, b: FormattedText): boolean {
  return a.text === b.text && JSON.stringify(a.entities) === JSON.stringify(b.entities);
}

/** A text that may stand as a message; otherwise the refusal is thrown. */
export function checkText(text: FormattedText): FormattedText {
  if (text.text === '') throw badRequest('message text is empty');
  if (characterCount(text.text) > limits.textCharacters) throw badRequest('message is too long');
  return text;
}

/** A text that may stand under a file; otherwise the refusal is thrown. */
export function checkCaption(caption: FormattedText): FormattedText {
  if (characterCount(caption.text) > limits.captionCharacters) throw badRequest('message caption is too long');
  return caption;
}
