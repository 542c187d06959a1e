import type { InlineKeyboardMarkup, Message } from 'grammy/types';
import type { StoredFile } from '../files/file-store.ts';
import type { FormattedText } from '../text/formatted-text.ts';
import type { InvoiceOrder } from '../payments/invoice-order.ts';

export type Content =
  | { readonly kind: 'text'; readonly text: FormattedText }
  | {
      readonly kind: 'media';
      readonly file: StoredFile;
      readonly caption: FormattedText;
      readonly captionAbove: boolean;
      readonly spoiler: boolean;
    }
  | { readonly kind: 'invoice'; readonly order: InvoiceOrder }
  /** A service message of Telegram. */
  | {
      readonly kind: 'service';
      readonly words: string;
      readonly fields: Pick<Message, 'successful_payment' | 'refunded_payment'>;
    };

/** The current state of one message. */
export type StoredMessage = {
  readonly id: number;
  /** The user id of the author, or the bot. */
  readonly from: number | 'bot';
  readonly dateS: number;
  readonly threadId?: number;
  readonly replyTo?: number;
  readonly albumId?: string;
  /** A person chose it among what the bot offered in inline mode. */
  readonly viaBot?: true;
  /** An ephemeral message: only this member sees it. */
  readonly onlyFor?: number;
  content: Content;
  keyboard?: InlineKeyboardMarkup;
  editDateS?: number;
  /** The emoji of the reaction by the bot. */
  reaction?: string;
};

/** The text that a person reads in a message. */
export function textOf(content: Content): FormattedText {
  switch (content.kind) {
    case 'text':
      return content.text;
    case 'media':
      return content.caption;
    case 'invoice': {
      const { title, description, amount } = content.order;
      return { text: `${title}\n${description}\n⭐ ${amount}`, entities: [] };
    }
    case 'service':
      return { text: content.words, entities: [] };
  }
}
