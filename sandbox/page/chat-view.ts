import type { SeenFile, SeenMessage } from '../telegram/messages/seen-message.ts';
import { parseRichText, type RichNode } from './rich-text.ts';

const fileKinds = ['photo', 'video', 'animation', 'audio', 'voice', 'document'] as const;

export type ShownFile = {
  readonly kind: (typeof fileKinds)[number];
  readonly url: string;
  readonly name: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
};

export type ShownMessage = {
  readonly id: number;
  /** The author; absent for the bot. */
  readonly userId?: number;
  readonly atMs: number;
  readonly words: readonly RichNode[];
  readonly file?: ShownFile;
  /** Of an invoice: what its pay button takes. */
  readonly stars?: number;
  readonly buttons: SeenMessage['buttons'];
  readonly edited: boolean;
  readonly replyTo?: { readonly userId?: number; readonly text: string };
  readonly reaction?: string;
  /** The id of the first message of its album. */
  readonly album?: number;
};

const maxMessages = 150;
const maxExcerptCharacters = 80;

/** Returns the latest messages of a chat as the page shows them; files become URLs of the page. */
export function shownMessages(messages: readonly SeenMessage[]): readonly ShownMessage[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const albums = albumsOf(messages);
  return messages.slice(-maxMessages).map((message) => {
    const { id, userId, atMs, buttons, edited, reaction } = message;
    const file = shownFile(message);
    const repliedTo = message.replyTo === undefined ? undefined : byId.get(message.replyTo);
    const album = albums.get(id);
    return {
      id,
      atMs,
      words: wordsOf(message),
      buttons,
      edited,
      ...(userId === undefined ? {} : { userId }),
      ...(file === undefined ? {} : { file }),
      ...(message.invoice === undefined ? {} : { stars: message.invoice.amount }),
      ...(repliedTo === undefined ? {} : { replyTo: excerptOf(repliedTo) }),
      ...(reaction === undefined ? {} : { reaction }),
      ...(album === undefined ? {} : { album }),
    };
  });
}

/** An invoice shows its price on the pay button. */
function wordsOf({ html, invoice }: SeenMessage): readonly RichNode[] {
  if (invoice === undefined) return parseRichText(html);
  return [{ tag: 'b', children: [invoice.title] }, `\n${invoice.description}`];
}

/** Returns the file of a message, of any kind. */
export function fileOf(message: SeenMessage): SeenFile | undefined {
  const kind = fileKinds.find((known) => message[known] !== undefined);
  return kind === undefined ? undefined : message[kind];
}

/**
 * Groups messages into albums: message id to the id of the first message of its album. Telegram marks albums, a seen
 * message does not; but the bot sends the parts of an album in one call, so they have consecutive ids, the same second
 * and no buttons.
 */
function albumsOf(messages: readonly SeenMessage[]): ReadonlyMap<number, number> {
  const albums = new Map<number, number>();
  let first: SeenMessage | undefined;
  let previous: SeenMessage | undefined;
  for (const message of messages) {
    const goesOn = previous !== undefined && message.id === previous.id + 1 && message.atMs === previous.atMs;
    if (!isAlbumPart(message)) first = undefined;
    else if (first === undefined || !goesOn) first = message;
    else {
      albums.set(first.id, first.id);
      albums.set(message.id, first.id);
    }
    previous = message;
  }
  return albums;
}

function isAlbumPart({ from, photo, video, buttons, edited }: SeenMessage): boolean {
  return from === 'bot' && (photo ?? video) !== undefined && buttons.length === 0 && !edited;
}

function shownFile(message: SeenMessage): ShownFile | undefined {
  const kind = fileKinds.find((known) => message[known] !== undefined);
  const file = kind === undefined ? undefined : message[kind];
  if (kind === undefined || file === undefined) return undefined;
  const { fileId, name, bytes, width, height } = file;
  return { kind, url: `/api/files/${fileId}`, name, bytes: bytes.byteLength, width, height };
}

function excerptOf({ userId, text, caption, photo, video }: SeenMessage): NonNullable<ShownMessage['replyTo']> {
  const words = (caption ?? text).replaceAll(/\s+/g, ' ').trim();
  const shown = words === '' ? (photo ? 'Photo' : video ? 'Video' : 'File') : words;
  const letters = Array.from(shown);
  const short = letters.length > maxExcerptCharacters ? `${letters.slice(0, maxExcerptCharacters).join('')}…` : shown;
  return { text: short, ...(userId === undefined ? {} : { userId }) };
}
