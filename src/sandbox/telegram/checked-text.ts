import { badRequest } from './api-error.ts';
import { characters, type FormattedText } from './formatted-text.ts';
import { limits } from './limits.ts';

/** A text that may stand as a message; otherwise the refusal is thrown. */
export function checkText(text: FormattedText): FormattedText {
  if (text.text === '') throw badRequest('message text is empty');
  if (characters(text.text) > limits.textCharacters) throw badRequest('message is too long');
  return text;
}

/** A text that may stand under a file; otherwise the refusal is thrown. */
export function checkCaption(caption: FormattedText): FormattedText {
  if (characters(caption.text) > limits.captionCharacters) throw badRequest('message caption is too long');
  return caption;
}
