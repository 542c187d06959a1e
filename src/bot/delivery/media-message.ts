import { InputFile, type Api } from 'grammy';
import type { InputMedia, ReplyParameters } from 'grammy/types';
import { basename } from 'node:path';
import { type Carrier, traitsOf, type Job } from '../../domain/job.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { OpenedResult } from '../../domain/result-store.ts';
import type { MessageView } from '../../messages/view.ts';
import { keyboardFor, replyTo, textOptions } from './view-options.ts';

/** `fitting`: as what it is, when Telegram's limits allow; `document`: untouched, as a file. */
export type SendAs = 'fitting' | 'document';

/** The largest file that Telegram accepts from a bot. */
export const uploadLimitBytes = 50 * 1024 * 1024;
/** Telegram's limits of a photo: bytes, width + height in pixels, and the ratio of the two. */
const photoLimitBytes = 10 * 1024 * 1024;
const photoLimitSides = 10_000;
const photoLimitRatio = 20;

type Form = 'photo' | 'video' | 'animation' | 'audio' | 'voice' | 'document';

type Place = { readonly reply_parameters: ReplyParameters; readonly message_thread_id?: number };

/** A file of a result with its bytes, which are read again for each call to Telegram. */
export type ShownFile = { readonly file: MediaFile; readonly opened: OpenedResult };

/** The result as the media of an edited message. */
export function mediaFor({ file, opened }: ShownFile, carrier: Carrier, view: MessageView, as: SendAs): InputMedia {
  const media = uploadOf(file, opened);
  const words = { caption: view.text, parse_mode: 'HTML' as const };
  const form = formOf(file, carrier, as);
  switch (form) {
    case 'photo':
    case 'animation':
    case 'audio':
      return { type: form, media, ...words };
    case 'video':
      return { type: form, media, ...words, supports_streaming: true };
    // No message can be edited into a voice message.
    case 'voice':
    case 'document':
      return { type: 'document', media, ...words, disable_content_type_detection: true };
  }
}

/** Sends the result as a new message; returns its id. */
export async function sendMedia(
  api: Api,
  chatId: number,
  { file, opened }: ShownFile,
  carrier: Carrier,
  view: MessageView,
  as: SendAs,
  place: Place,
): Promise<number> {
  const media = uploadOf(file, opened);
  const other = { caption: view.text, parse_mode: 'HTML' as const, reply_markup: keyboardFor(view), ...place };
  switch (formOf(file, carrier, as)) {
    case 'photo':
      return (await api.sendPhoto(chatId, media, other)).message_id;
    case 'animation':
      return (await api.sendAnimation(chatId, media, other)).message_id;
    case 'audio':
      return (await api.sendAudio(chatId, media, other)).message_id;
    case 'voice':
      return (await api.sendVoice(chatId, media, other)).message_id;
    case 'video':
      return (await api.sendVideo(chatId, media, { ...other, supports_streaming: true })).message_id;
    case 'document':
      return (await api.sendDocument(chatId, media, { ...other, disable_content_type_detection: true })).message_id;
  }
}

function uploadOf({ path }: MediaFile, opened: OpenedResult): InputFile {
  return new InputFile(() => opened.stream(), basename(path));
}

/** The form of the carrier where Telegram accepts this file in it, otherwise a document. */
function formOf(file: MediaFile, carrier: Carrier, as: SendAs): Form {
  if (as === 'document') return 'document';
  switch (carrier) {
    case 'photo':
      if (file.mime === 'image/gif') return 'animation';
      return file.kind === 'image' && fitsPhoto(file) ? 'photo' : 'document';
    case 'video':
      return file.mime === 'video/mp4' ? 'video' : 'document';
    case 'audio':
      return file.mime === 'audio/mpeg' || file.mime === 'audio/mp4' ? 'audio' : 'document';
    case 'voice':
      return file.mime === 'audio/ogg' ? 'voice' : 'document';
    case 'text':
    case 'document':
      return 'document';
  }
}

function fitsPhoto({ bytes, width, height }: MediaFile): boolean {
  if (bytes > photoLimitBytes) return false;
  if (width === undefined || height === undefined) return true;
  return width + height <= photoLimitSides && Math.max(width, height) <= photoLimitRatio * Math.min(width, height);
}

/** One message that shows an outcome or a part of it: a file with the view as its caption, or the view alone. */
export type OutcomeForm = {
  readonly file?: ShownFile | undefined;
  readonly as: SendAs;
  readonly view: MessageView;
};

/** Edits a message of the bot into the outcome. */
export async function editIntoOutcome(api: Api, job: Job, messageId: number, form: OutcomeForm): Promise<void> {
  const { chatId } = job.origin;
  const { file, as, view } = form;
  if (file === undefined) await api.editMessageText(chatId, messageId, view.text, textOptions(view));
  else {
    const media = mediaFor(file, traitsOf(job.kind).carrier, view, as);
    await api.editMessageMedia(chatId, messageId, media, { reply_markup: keyboardFor(view) });
  }
}

/** Sends the outcome as a new message in reply to the request; returns its id. */
export async function sendOutcome(api: Api, job: Job, { file, as, view }: OutcomeForm): Promise<number> {
  const { chatId, messageId } = job.origin;
  const place = placeOf(job, messageId);
  if (file !== undefined) {
    return sendMedia(api, chatId, file, traitsOf(job.kind).carrier, view, as, place);
  }
  return (await api.sendMessage(chatId, view.text, { ...textOptions(view), ...place })).message_id;
}

/** The reply target and the topic of a further message about the job. */
export function placeOf({ origin: { threadId } }: Job, messageId: number) {
  return {
    reply_parameters: replyTo(messageId),
    ...(threadId === undefined ? {} : { message_thread_id: threadId }),
  };
}
