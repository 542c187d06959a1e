import type { InlineKeyboardButton } from 'grammy/types';
import type { StoredFile } from '../files/file-store.ts';
import { htmlFor } from '../text/html-for.ts';
import type { InvoiceOrder } from '../payments/invoice-order.ts';
import { type StoredMessage, textOf } from './stored-message.ts';

export type SeenFile = {
  readonly fileId: string;
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly durationS: number;
  readonly title?: string;
  readonly performer?: string;
};

export type SeenButton = {
  readonly text: string;
  readonly data?: string;
  readonly url?: string;
  /** What it puts on the clipboard. */
  readonly copy?: string;
  /** Its colour: red, green or blue. */
  readonly style?: 'danger' | 'success' | 'primary';
};

/** One message as a person sees it. */
export type SeenMessage = {
  readonly id: number;
  readonly from: 'bot' | 'person';
  /** The author; undefined for the bot. */
  readonly userId?: number;
  readonly atMs: number;
  /** The text without formatting; empty for a message with a file. */
  readonly text: string;
  /** Text or caption with formatting, as HTML that is safe to show. */
  readonly html: string;
  readonly caption?: string;
  /** The file is hidden until somebody taps it. */
  readonly spoiler?: true;
  readonly photo?: SeenFile;
  readonly video?: SeenFile;
  readonly document?: SeenFile;
  readonly animation?: SeenFile;
  readonly audio?: SeenFile;
  readonly voice?: SeenFile;
  /** The invoice that `pay()` pays. */
  readonly invoice?: InvoiceOrder;
  readonly buttons: readonly (readonly SeenButton[])[];
  readonly edited: boolean;
  readonly replyTo?: number;
  readonly threadId?: number;
  readonly reaction?: string;
};

/** Returns the message as a person sees it. */
export function seenMessage(message: StoredMessage): SeenMessage {
  const { content, from } = message;
  const isMedia = content.kind === 'media';
  return {
    id: message.id,
    from: from === 'bot' ? 'bot' : 'person',
    ...(from === 'bot' ? {} : { userId: from }),
    atMs: message.dateS * 1000,
    text: isMedia ? '' : textOf(content).text,
    // Only the chat page shows it, and who waits for a message looks at all of them after each change.
    get html() {
      return htmlFor(textOf(content));
    },
    ...(isMedia ? { caption: content.caption.text, [content.file.kind]: seenFile(content.file) } : {}),
    ...(isMedia && content.spoiler ? { spoiler: true } : {}),
    ...(content.kind === 'invoice' ? { invoice: content.order } : {}),
    buttons: (message.keyboard?.inline_keyboard ?? []).map((row) => row.map(seenButton)),
    edited: message.editDateS !== undefined,
    ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
    ...(message.threadId === undefined ? {} : { threadId: message.threadId }),
    ...(message.reaction === undefined ? {} : { reaction: message.reaction }),
  };
}

function seenFile({ fileId, name, mime, bytes, width, height, durationS, title, performer }: StoredFile): SeenFile {
  return {
    fileId,
    name,
    mime,
    bytes,
    width,
    height,
    durationS,
    ...(title === undefined ? {} : { title }),
    ...(performer === undefined ? {} : { performer }),
  };
}

/** Returns the button as a person sees it. */
export function seenButton(button: InlineKeyboardButton): SeenButton {
  return {
    text: button.text,
    ...('callback_data' in button ? { data: button.callback_data } : {}),
    ...('url' in button ? { url: button.url } : {}),
    ...('copy_text' in button ? { copy: button.copy_text.text } : {}),
    ...(button.style === undefined ? {} : { style: button.style }),
  };
}
