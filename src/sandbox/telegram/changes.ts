/** What has just changed in a chat. */
export type TelegramChange =
  | {
      readonly kind: 'message-sent';
      readonly chatId: number;
      readonly messageId: number;
      readonly from: 'bot' | 'person';
    }
  | { readonly kind: 'message-edited'; readonly chatId: number; readonly messageId: number }
  | { readonly kind: 'message-deleted'; readonly chatId: number; readonly messageId: number }
  | { readonly kind: 'message-reacted'; readonly chatId: number; readonly messageId: number; readonly emoji?: string }
  /** The bot shows words that are still growing; empty ones stand for thinking. */
  | { readonly kind: 'draft'; readonly chatId: number; readonly draftId: number; readonly text: string }
  | { readonly kind: 'action'; readonly chatId: number; readonly action: string }
  | {
      readonly kind: 'callback-answered';
      readonly chatId: number;
      readonly userId: number;
      readonly queryId: string;
      readonly text?: string;
      readonly showAlert: boolean;
    };

export type ChangeListener = (change: TelegramChange) => void;

/** Tells every listener, in the order in which they came. */
export class Changes {
  readonly #listeners = new Set<{ readonly hear: ChangeListener }>();

  listen(hear: ChangeListener): Disposable {
    const listener = { hear };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  tell(change: TelegramChange): void {
    for (const { hear } of this.#listeners) hear(change);
  }
}
