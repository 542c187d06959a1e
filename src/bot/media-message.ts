import { InputFile, type Api } from 'grammy';
import type { InputMedia, ReplyParameters } from 'grammy/types';
import { basename } from 'node:path';
import type { MediaFile } from '../domain/media.ts';
import type { Screen } from '../messages/screen.ts';
import { keyboardFor } from './screen-options.ts';

/** `fitting`: as what it is, when Telegram's limits allow; `document`: untouched, as a file. */
export type SendAs = 'fitting' | 'document';

/** Telegram takes no larger file from a bot. */
export const uploadLimitBytes = 50 * 1024 * 1024;
/** Telegram's limits of a photo: bytes, width + height in pixels, and the ratio of the two. */
const photoLimitBytes = 10 * 1024 * 1024;
const photoLimitSides = 10_000;
const photoLimitRatio = 20;

type Form = 'photo' | 'video' | 'animation' | 'document';

type Place = { readonly reply_parameters: ReplyParameters; readonly message_thread_id?: number };

/** The result as something that a message can be edited into. */
export function mediaFor(file: MediaFile, screen: Screen, as: SendAs): InputMedia {
  const media = new InputFile(file.path, basename(file.path));
  const words = { caption: screen.text, parse_mode: 'HTML' as const };
  const form = formOf(file, as);
  switch (form) {
    case 'photo':
    case 'animation':
      return { type: form, media, ...words };
    case 'video':
      return { type: form, media, ...words, supports_streaming: true };
    case 'document':
      return { type: form, media, ...words, disable_content_type_detection: true };
  }
}

/** The result as a new message; answers its id. */
export async function sendMedia(
  api: Api,
  chatId: number,
  file: MediaFile,
  screen: Screen,
  as: SendAs,
  place: Place,
): Promise<number> {
  const media = new InputFile(file.path, basename(file.path));
  const other = { caption: screen.text, parse_mode: 'HTML' as const, reply_markup: keyboardFor(screen), ...place };
  switch (formOf(file, as)) {
    case 'photo':
      return (await api.sendPhoto(chatId, media, other)).message_id;
    case 'animation':
      return (await api.sendAnimation(chatId, media, other)).message_id;
    case 'video':
      return (await api.sendVideo(chatId, media, { ...other, supports_streaming: true })).message_id;
    case 'document':
      return (await api.sendDocument(chatId, media, { ...other, disable_content_type_detection: true })).message_id;
  }
}

function formOf(file: MediaFile, as: SendAs): Form {
  if (as === 'document') return 'document';
  if (file.kind === 'video') return file.mime === 'video/mp4' ? 'video' : 'document';
  if (file.mime === 'image/gif') return 'animation';
  return fitsPhoto(file) ? 'photo' : 'document';
}

function fitsPhoto({ bytes, width, height }: MediaFile): boolean {
  if (bytes > photoLimitBytes) return false;
  if (width === undefined || height === undefined) return true;
  return width + height <= photoLimitSides && Math.max(width, height) <= photoLimitRatio * Math.min(width, height);
}
