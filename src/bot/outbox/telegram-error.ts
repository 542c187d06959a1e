import { GrammyError, HttpError } from 'grammy';

/** What a failed call to Telegram means for whoever made it. */
export type TelegramError =
  /** Exactly that is shown already: as good as done. */
  | 'not-modified'
  /** The message to edit is gone or not ours to edit: send a new one. */
  | 'no-message'
  /** The message to answer is gone: send it as an answer to none. */
  | 'no-reply-target'
  /** The topic is gone: send it to the chat. */
  | 'no-thread'
  /** The markup cannot be read: send plain text. */
  | 'bad-markup'
  /** Not to be sent as a photo or video: send it as a document. */
  | 'bad-media'
  /** More bytes than Telegram takes: nothing but words can be sent. */
  | 'too-big'
  /** The group lives on under another id: send it there. */
  | 'moved'
  /** The person blocked us, or the chat is gone: stop writing there. */
  | 'closed'
  /** The button was pressed too long ago to be answered. */
  | 'stale-query'
  /** The token was refused. */
  | 'unauthorized'
  /** Another process polls with this token, or a webhook is set. */
  | 'conflict'
  | 'too-many'
  /** No connection came about: certainly not done. */
  | 'offline'
  /** Telegram or the network failed; it may have been done. */
  | 'unsure'
  /** Telegram refused for another reason: the same call will be refused again. */
  | 'refused';

/** What Telegram says when it refuses; the texts are the Bot API server's own. */
export type Refusal = {
  readonly error_code: number;
  readonly description: string;
  readonly parameters?: { readonly retry_after?: unknown; readonly migrate_to_chat_id?: number };
};

const phrases: readonly (readonly [RegExp, TelegramError])[] = [
  [/message is not modified/i, 'not-modified'],
  [
    /message to edit not found|message can't be edited|there is no text in the message to edit|MESSAGE_ID_INVALID/i,
    'no-message',
  ],
  [/message to be replied not found|replied message not found|REPLY_MESSAGE_ID_INVALID/i, 'no-reply-target'],
  [/message thread not found|TOPIC_DELETED/i, 'no-thread'],
  [/can't parse entities/i, 'bad-markup'],
  [
    /PHOTO_INVALID_DIMENSIONS|IMAGE_PROCESS_FAILED|PHOTO_EXT_INVALID|PHOTO_SAVE_FILE_INVALID|wrong file identifier|wrong type of the web page content|failed to get HTTP URL content|can't upload file by URL/i,
    'bad-media',
  ],
  [/file is too big|Request Entity Too Large/i, 'too-big'],
  [
    /chat not found|PEER_ID_INVALID|have no rights to send a message|not enough rights to send text messages|CHAT_WRITE_FORBIDDEN|group chat was (?:deactivated|deleted)/i,
    'closed',
  ],
  [/query is too old|query ID is invalid/i, 'stale-query'],
];

/** The system's words for a connection that was never made. */
const neverConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EADDRNOTAVAIL',
]);

const passing: ReadonlySet<TelegramError> = new Set(['offline', 'unsure', 'too-many', 'unauthorized', 'conflict']);

/** Sorts an error of a call to Telegram; rethrows what is no such error. */
export function telegramErrorOf(error: unknown): TelegramError {
  if (error instanceof HttpError) return neverConnected.has(causeName(error.error)) ? 'offline' : 'unsure';
  if (!(error instanceof GrammyError)) throw error;
  return refusalTrouble(error);
}

export function refusalTrouble({ error_code: code, description, parameters }: Refusal): TelegramError {
  if (code === 401 || code === 404) return 'unauthorized';
  if (code === 403) return 'closed';
  if (code === 409) return 'conflict';
  if (code === 413) return 'too-big';
  if (code === 429) return 'too-many';
  // What has no code at all was not said by Telegram.
  if (!(code < 500)) return 'unsure';
  if (parameters?.migrate_to_chat_id !== undefined) return 'moved';
  return phrases.find(([phrase]) => phrase.test(description))?.[1] ?? 'refused';
}

/** Another time the same call may succeed. */
export function isPassing(trouble: TelegramError): boolean {
  return passing.has(trouble);
}

const missingRetryAfterMs = 5_000;
/** Nothing waits longer before Telegram is asked again. */
export const longestHoldMs = 3_600_000;

/** How long Telegram asks to wait; undefined when it does not. */
export function holdOf(answer: Refusal | { readonly ok: true }): number | undefined {
  if (!('error_code' in answer) || answer.error_code !== 429) return undefined;
  const seconds = answer.parameters?.retry_after;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return missingRetryAfterMs;
  return Math.min(Math.max(1, seconds) * 1_000, longestHoldMs);
}

/** We broke the call off ourselves, because the house closes; it may have been done. */
export function isCalledOff(error: unknown): boolean {
  return error instanceof HttpError && causeName(error.error) === 'AbortError';
}

/** The facts of an error for a log line; never the payload, which holds people's words, nor the address, which holds the token. */
export function describeTelegramError(error: unknown): string {
  if (error instanceof GrammyError) return describeRefusal(error);
  if (error instanceof HttpError) return `no answer from Telegram (${causeName(error.error)})`;
  return error instanceof Error ? error.name : typeof error;
}

export function describeRefusal({ error_code: code, description }: Refusal): string {
  return `${code} ${description}`;
}

function causeName(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown cause';
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return /timed out after [\d.]+ seconds$/.test(cause.message) ? 'timed out' : cause.name;
}
