import type { InlineKeyboardMarkup } from 'grammy/types';
import type { StoredFile } from './file-shelf.ts';
import type { FormattedText } from './formatted-text.ts';

export type Content =
  | { readonly kind: 'text'; readonly text: FormattedText }
  | {
      readonly kind: 'media';
      readonly file: StoredFile;
      readonly caption: FormattedText;
      readonly captionAbove: boolean;
      readonly spoiler: boolean;
    };

/** One message of a chat as it stands now. */
export type StoredMessage = {
  readonly id: number;
  /** A person's id, or the bot. */
  readonly from: number | 'bot';
  readonly dateS: number;
  readonly threadId?: number;
  readonly replyTo?: number;
  readonly albumId?: string;
  content: Content;
  keyboard?: InlineKeyboardMarkup;
  editDateS?: number;
  /** The bot's reaction to it. */
  reaction?: string;
};

/** The text or caption of a message. */
export function wordsOf(content: Content): FormattedText {
  return content.kind === 'text' ? content.text : content.caption;
}
