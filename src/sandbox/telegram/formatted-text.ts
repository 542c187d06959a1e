import type { MessageEntity } from 'grammy/types';

/** A text as people see it, with its formatting beside it; offsets and lengths are UTF-16 units. */
export type FormattedText = {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
};

/** Telegram counts characters, not UTF-16 units, for its lengths. */
export function characters(text: string): number {
  return Array.from(text).length;
}

export function sameText(a: FormattedText, b: FormattedText): boolean {
  return a.text === b.text && JSON.stringify(a.entities) === JSON.stringify(b.entities);
}
