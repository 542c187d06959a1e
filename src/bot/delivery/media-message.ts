import type { Job } from '../../domain/job.ts';
import { type Carrier, traitsOf } from '../../domain/kinds.ts';
import type { MediaFile, OpenedResult } from '../../domain/media.ts';
import { basename } from 'node:path';
import type { Api } from 'grammy';
import type { InlineKeyboardMarkup, InputMedia, Message, ReplyParameters } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import type { Claim, JobDelivery } from '../../domain/job-engine.ts';
import { type SentFile, sentForms } from '../../domain/personal/past-requests.ts';
import type { MessageView } from '../../messages/view.ts';
import type { MethodKind } from '../outbox/bot-api.ts';
import { KeptUpload } from '../outbox/own-transport.ts';
import { type TelegramError, classifyTelegramError, describeTelegramError } from '../outbox/telegram-error.ts';

/** `fitting`: as what it is, when Telegram's limits allow; `document`: untouched, as a file. */
export type SendAs = 'fitting' | 'document';

/** Telegram's limits of a photo: bytes, width + height in pixels, and the ratio of the two. */
const photoLimitBytes = 10 * 1024 * 1024;
const photoLimitSides = 10_000;
const photoLimitRatio = 20;

/** The kind of message that carries a file. */
type Form = 'photo' | 'video' | 'animation' | 'audio' | 'voice' | 'document';

/** A file of a result with its bytes, which are read again for each call to Telegram. */
export type ShownFile = {
  readonly file: MediaFile;
  readonly opened: OpenedResult;
  /** What it is called where the file itself does not say; players show a sound under it. */
  readonly title?: string;
  /** It is hidden until somebody taps it. */
  readonly isHidden?: boolean;
};

/** The form of the carrier where Telegram accepts this file in it, otherwise a document. */
function formOf(file: MediaFile, carrier: Carrier, as: SendAs): Form {
  if (as === 'document') return 'document';
  if (file.mime === 'image/gif' && (carrier === 'photo' || carrier === 'video')) return 'animation';
  switch (carrier) {
    case 'photo':
      return photoTypes.has(file.mime) && fitsPhoto(file) ? 'photo' : 'document';
    case 'video':
      return file.mime === 'video/mp4' ? 'video' : 'document';
    case 'audio':
      // Telegram shows these as music; an Ogg file it plays as a voice message alone.
      if (file.mime === 'audio/mpeg' || file.mime === 'audio/mp4') return 'audio';
      return file.mime === 'audio/ogg' ? 'voice' : 'document';
    case 'voice':
      return file.mime === 'audio/ogg' ? 'voice' : 'document';
    case 'text':
    case 'document':
      return 'document';
  }
}

/** Telegram decodes these; every other picture arrives as a file. */
const photoTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp']);

function fitsPhoto({ bytes, width, height }: MediaFile): boolean {
  if (bytes > photoLimitBytes) return false;
  if (width === undefined || height === undefined) return true;
  return width + height <= photoLimitSides && Math.max(width, height) <= photoLimitRatio * Math.min(width, height);
}

/** What clients show of a moving picture before it is loaded: without these a square of 0:00. Absent where unknown. */
function shownAs(file: MediaFile) {
  const { width, height } = file;
  return { ...(width === undefined || height === undefined ? {} : { width, height }), ...lastingFor(file) };
}

/** A picture or a moving one behind a cover. */
function hiddenAs({ isHidden }: ShownFile) {
  return isHidden === true ? { has_spoiler: true } : {};
}

/** What players show of a sound: without a title the name of the file. Absent where unknown. */
function heardAs({ file, title = file.title }: ShownFile) {
  const { performer } = file;
  return {
    ...(title === undefined ? {} : { title }),
    ...(performer === undefined ? {} : { performer }),
    ...lastingFor(file),
  };
}

/** How long it lasts, in whole seconds as Telegram takes them. */
function lastingFor({ durationMs }: MediaFile) {
  return durationMs === undefined ? {} : { duration: Math.max(1, Math.round(durationMs / 1000)) };
}

/** The longest title that is made of the words of a request. */
const titleLength = 64;

/** The title of a sound: the person's, else the one in the file, else the first words of the request. */
function titleFor({ options, prompt }: Job, { title }: MediaFile): string | undefined {
  const [line = ''] = prompt.trim().split('\n');
  const start = line.slice(0, titleLength - 1).toWellFormed();
  const words = line.length <= titleLength ? line : `${start.trimEnd()}…`;
  return [options?.title, title, words].find((one) => one !== undefined && one !== '');
}

/** The file with the title under which it is shown, hidden where that was asked for. */
export function named(job: Job, shown: ShownFile): ShownFile {
  const title = shown.file.kind === 'audio' ? titleFor(job, shown.file) : undefined;
  const hidden = job.options?.spoiler === true ? { isHidden: true } : {};
  return title === undefined ? { ...shown, ...hidden } : { ...shown, ...hidden, title };
}

/** False for a file that is shown as a voice message: no message can be edited into one. */
export function canReplaceText(file: MediaFile, { kind }: Job): boolean {
  return formOf(file, traitsOf(kind).carrier, 'fitting') !== 'voice';
}

export function keyboardFor(view: MessageView): InlineKeyboardMarkup {
  return {
    inline_keyboard: view.rows.map((row) =>
      row.map(({ data, url, copy, ...look }) => {
        if (copy !== undefined) return { ...look, copy_text: { text: copy } };
        return url === undefined ? { ...look, callback_data: data } : { ...look, url };
      }),
    ),
  };
}

/** The options of every text message: HTML, no link previews, the view's buttons. */
export function textOptions(view: MessageView) {
  return {
    parse_mode: 'HTML' as const,
    link_preview_options: { is_disabled: true },
    reply_markup: keyboardFor(view),
  };
}

/** A reply that still arrives when the replied message is gone. */
export function replyTo(messageId: number): ReplyParameters {
  return { message_id: messageId, allow_sending_without_reply: true };
}

/** The largest file that Telegram accepts from a bot. */
export const uploadLimitBytes = 50 * 1024 * 1024;
type Place = ReturnType<typeof placeOf>;

/** The result as the media of an edited message. */
export function mediaFor(shown: ShownFile, carrier: Carrier, view: MessageView, as: SendAs): InputMedia {
  const { file, opened } = shown;
  const media = uploadOf(file, opened);
  const words = { caption: view.text, parse_mode: 'HTML' as const };
  const form = formOf(file, carrier, as);
  switch (form) {
    case 'photo':
      return { type: form, media, ...words, ...hiddenAs(shown) };
    case 'audio':
      return { type: form, media, ...words, ...heardAs(shown) };
    case 'animation':
      return { type: form, media, ...words, ...shownAs(file), ...hiddenAs(shown) };
    case 'video':
      return { type: form, media, ...words, ...shownAs(file), ...hiddenAs(shown), supports_streaming: true };
    // No message can be edited into a voice message.
    case 'voice':
    case 'document':
      return { type: 'document', media, ...words, disable_content_type_detection: true };
  }
}

/** A message that was sent, and what Telegram keeps of its file; that is not known of a message that was sent earlier. */
export type SentMessage = {
  readonly messageId: number;
  readonly sent: readonly SentFile[];
  /** Of the other pictures of an album. */
  readonly otherIds?: readonly number[];
};

/** The file in a message; a photo in its largest size. An animation is a document as well, and named first. */
export function sentFileIn(message: Message | true): readonly SentFile[] {
  if (message === true) return [];
  const form = sentForms
    .toSorted((one, other) => rank(one) - rank(other))
    .find((known) => message[known] !== undefined);
  if (form === undefined) return [];
  const id = form === 'photo' ? message.photo?.at(-1)?.file_id : message[form]?.file_id;
  return id === undefined ? [] : [{ form, id }];
}

function rank(form: SentFile['form']): number {
  return form === 'document' ? 1 : 0;
}

function sentAs(message: Message): SentMessage {
  return { messageId: message.message_id, sent: sentFileIn(message) };
}

/** Sends the result as a new message. */
async function sendMedia(
  api: Api,
  chatId: number,
  shown: ShownFile,
  carrier: Carrier,
  view: MessageView,
  as: SendAs,
  place: Place,
): Promise<SentMessage> {
  const { file, opened } = shown;
  const media = uploadOf(file, opened);
  const other = { caption: view.text, parse_mode: 'HTML' as const, reply_markup: keyboardFor(view), ...place };
  switch (formOf(file, carrier, as)) {
    case 'photo':
      return sentAs(await api.sendPhoto(chatId, media, { ...other, ...hiddenAs(shown) }));
    case 'animation':
      return sentAs(await api.sendAnimation(chatId, media, { ...other, ...shownAs(file), ...hiddenAs(shown) }));
    case 'audio':
      return sentAs(await api.sendAudio(chatId, media, { ...other, ...heardAs(shown) }));
    case 'voice':
      return sentAs(await api.sendVoice(chatId, media, { ...other, ...lastingFor(file) }));
    case 'video':
      return sentAs(
        await api.sendVideo(chatId, media, {
          ...other,
          ...shownAs(file),
          ...hiddenAs(shown),
          supports_streaming: true,
        }),
      );
    case 'document':
      return sentAs(await api.sendDocument(chatId, media, { ...other, disable_content_type_detection: true }));
  }
}

export function uploadOf({ path }: MediaFile, opened: OpenedResult): KeptUpload {
  return new KeptUpload(opened, basename(path));
}

/** One message that shows an outcome or a part of it: a file with the view as its caption, or the view alone. */
export type OutcomeForm = {
  readonly file?: ShownFile | undefined;
  readonly as: SendAs;
  readonly view: MessageView;
};

/** Edits a message of the bot into the outcome. */
export async function editIntoOutcome(api: Api, job: Job, messageId: number, form: OutcomeForm): Promise<SentMessage> {
  const { chatId } = job.origin;
  const { file, as, view } = form;
  if (file === undefined) {
    await api.editMessageText(chatId, messageId, view.text, textOptions(view));
    return { messageId, sent: [] };
  }
  const media = mediaFor(named(job, file), traitsOf(job.kind).carrier, view, as);
  const edited = await api.editMessageMedia(chatId, messageId, media, { reply_markup: keyboardFor(view) });
  return { messageId, sent: sentFileIn(edited) };
}

/** Sends the outcome as a new message in reply to the request. */
export async function sendOutcome(api: Api, job: Job, { file, as, view }: OutcomeForm): Promise<SentMessage> {
  const { chatId, messageId } = job.origin;
  const place = placeOf(job, messageId);
  if (file !== undefined) {
    return sendMedia(api, chatId, named(job, file), traitsOf(job.kind).carrier, view, as, place);
  }
  return sentAs(await api.sendMessage(chatId, view.text, { ...textOptions(view), ...place }));
}

/** The reply target and the topic of a further message about the job; without a sound where its person wishes so. */
export function placeOf({ origin: { threadId, directTopicId }, wishes }: Job, messageId: number) {
  return {
    ...(wishes?.quiet === true ? { disable_notification: true } : {}),
    reply_parameters: replyTo(messageId),
    ...(directTopicId === undefined ? {} : { direct_messages_topic_id: directTopicId }),
    ...(threadId === undefined ? {} : { message_thread_id: threadId }),
  };
}

/**
 * A try to deliver an outcome that failed. `isUndone`: a server refused the message at once, so it was most likely not
 * sent; otherwise it may have arrived.
 */
export type FailedTry = { readonly kind: MethodKind; readonly isUndone: boolean };

/** Telegram did not accept it this time; the job stays undelivered and is tried again. */
export class TryLater extends Error {
  /** What failed; absent when nothing of the outcome was tried: no connection, a pause, another owner. */
  readonly failed: FailedTry | undefined;

  constructor(failed?: FailedTry) {
    super('Telegram did not take the outcome');
    this.failed = failed;
  }
}

/** Throws TryLater when the job was claimed by somebody else meanwhile. */
export async function assertLeaseHeld(delivery: JobDelivery, claim: Claim): Promise<void> {
  if (!(await delivery.holds(claim.lease))) throw new TryLater();
}

/** Classifies the error and reports it, except for a 429, which the transformer reports. */
export function reportTelegramError(emit: Emit, method: string, error: unknown): TelegramError {
  const failure = classifyTelegramError(error);
  if (failure !== 'too-many') emit({ event: 'telegram.error', method, detail: describeTelegramError(error) });
  return failure;
}
