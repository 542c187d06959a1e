import { basename } from 'node:path';
import { type Api, InputFile } from 'grammy';
import type { InlineKeyboardMarkup, InputMedia, ReplyParameters } from 'grammy/types';
import type { ChatLimit, ChatStore } from '../../domain/chat-store.ts';
import type { Emit } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Claim, JobDelivery } from '../../domain/job-engine.ts';
import type { Job, Origin } from '../../domain/job.ts';
import { type Carrier, type JobKind, traitsOf } from '../../domain/kinds.ts';
import type { MediaFile, OpenedResult } from '../../domain/media.ts';
import { type Clock, atMost } from '../../kit/clock.ts';
import type { MessageView } from '../../messages/view.ts';
import type { MethodKind } from '../outbox/method-health.ts';
import { type TelegramError, classifyTelegramError, describeTelegramError } from '../outbox/telegram-error.ts';
import { formOf, heardAs, lastingFor, named, type SendAs, type ShownFile, shownAs } from './media-form.ts';

function keyboardFor(view: MessageView): InlineKeyboardMarkup {
  return {
    inline_keyboard: view.rows.map((row) => row.map(({ text, data }) => ({ text, callback_data: data }))),
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
      return { type: form, media, ...words };
    case 'audio':
      return { type: form, media, ...words, ...heardAs(shown) };
    case 'animation':
      return { type: form, media, ...words, ...shownAs(file) };
    case 'video':
      return { type: form, media, ...words, ...shownAs(file), supports_streaming: true };
    // No message can be edited into a voice message.
    case 'voice':
    case 'document':
      return { type: 'document', media, ...words, disable_content_type_detection: true };
  }
}

/** Sends the result as a new message; returns its id. */
async function sendMedia(
  api: Api,
  chatId: number,
  shown: ShownFile,
  carrier: Carrier,
  view: MessageView,
  as: SendAs,
  place: Place,
): Promise<number> {
  const { file, opened } = shown;
  const media = uploadOf(file, opened);
  const other = { caption: view.text, parse_mode: 'HTML' as const, reply_markup: keyboardFor(view), ...place };
  switch (formOf(file, carrier, as)) {
    case 'photo':
      return (await api.sendPhoto(chatId, media, other)).message_id;
    case 'animation':
      return (await api.sendAnimation(chatId, media, { ...other, ...shownAs(file) })).message_id;
    case 'audio':
      return (await api.sendAudio(chatId, media, { ...other, ...heardAs(shown) })).message_id;
    case 'voice':
      return (await api.sendVoice(chatId, media, { ...other, ...lastingFor(file) })).message_id;
    case 'video':
      return (await api.sendVideo(chatId, media, { ...other, ...shownAs(file), supports_streaming: true })).message_id;
    case 'document':
      return (await api.sendDocument(chatId, media, { ...other, disable_content_type_detection: true })).message_id;
  }
}

function uploadOf({ path }: MediaFile, opened: OpenedResult): InputFile {
  return new InputFile(() => opened.stream(), basename(path));
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
    const media = mediaFor(named(job, file), traitsOf(job.kind).carrier, view, as);
    await api.editMessageMedia(chatId, messageId, media, { reply_markup: keyboardFor(view) });
  }
}

/** Sends the outcome as a new message in reply to the request; returns its id. */
export async function sendOutcome(api: Api, job: Job, { file, as, view }: OutcomeForm): Promise<number> {
  const { chatId, messageId } = job.origin;
  const place = placeOf(job, messageId);
  if (file !== undefined) {
    return sendMedia(api, chatId, named(job, file), traitsOf(job.kind).carrier, view, as, place);
  }
  return (await api.sendMessage(chatId, view.text, { ...textOptions(view), ...place })).message_id;
}

/** The reply target and the topic of a further message about the job. */
export function placeOf({ origin: { threadId, directTopicId } }: Job, messageId: number) {
  return {
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

/** How long a job waits, with its key, for the first answer to its person. */
const maxWaitMs = 1_000;
/** After a first answer took longer, Telegram is slow: for so long no job waits for one. */
const slowForMs = 30_000;

type WayBackOptions = {
  readonly chats: ChatStore;
  readonly clock: Clock;
};

/**
 * Whether the bot may write to who asked. It is asked before a provider is: the first answer to a request shows that a
 * chat is closed before anything is paid.
 */
export class WayBack {
  readonly #chats: ChatStore;
  readonly #clock: Clock;
  readonly #firstAnswers = new Map<JobId, Promise<void>>();
  #slowUntilMs = 0;

  constructor({ chats, clock }: WayBackOptions) {
    this.#chats = chats;
    this.#clock = clock;
  }

  /** The first answer to this request is about to be sent; dispose it when Telegram has taken or refused it. */
  expectAnswer(id: JobId): Disposable {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#firstAnswers.set(id, promise);
    return {
      [Symbol.dispose]: () => {
        this.#firstAnswers.delete(id);
        resolve();
      },
    };
  }

  /** Whether the outcome of the job could be shown now. */
  async isOpen({ id, origin }: Job): Promise<boolean> {
    await this.#answered(id);
    const { chatId, threadId } = origin;
    if ((await this.#chats.find(chatId)).isClosed) return false;
    return threadId === undefined || !(await this.#limits(chatId)).has(topicLimit(threadId));
  }

  /** Whether a result of the kind may be sent in the chat, as far as that is known. */
  async mayCarry(kind: JobKind, { chatId }: Pick<Origin, 'chatId'>): Promise<boolean> {
    return !(await this.#limits(chatId)).has(carrierLimit(kind));
  }

  #limits(chatId: number): Promise<ReadonlySet<string>> {
    return this.#chats.limits(chatId, this.#clock.now());
  }

  async #answered(id: JobId): Promise<void> {
    const answer = this.#firstAnswers.get(id);
    if (answer === undefined || this.#clock.monotonicMs() < this.#slowUntilMs) return;
    await atMost(this.#clock, maxWaitMs, answer);
    if (this.#firstAnswers.has(id)) this.#slowUntilMs = this.#clock.monotonicMs() + slowForMs;
  }
}

export function topicLimit(threadId: number): ChatLimit {
  return `topic ${threadId}`;
}

export function carrierLimit(kind: JobKind): ChatLimit {
  return `carrier ${traitsOf(kind).carrier}`;
}
