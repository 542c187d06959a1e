/** A change in a chat. */
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
  /** The bot streams a text; an empty text means that it is thinking. */
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

/** Sends each change to every listener, in the order of their registration. */
export class Changes {
  readonly #listeners = new Set<{ readonly listener: ChangeListener }>();

  listen(listener: ChangeListener): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  emit(change: TelegramChange): void {
    for (const { listener } of this.#listeners) listener(change);
  }
}
