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
  /** What Telegram itself says in a chat. */
  | {
      readonly kind: 'service';
      readonly words: string;
      readonly fields: Pick<Message, 'successful_payment' | 'refunded_payment'>;
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

/** What is to be read of a message. */
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
