import { GrammyError, HttpError } from 'grammy';
import { proxyErrorCodes } from '../../kit/network/connect.ts';

/** What a failed call to Telegram means for its caller. */
export type TelegramError =
  /** The message already has this content: done. */
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
  /** This kind of message may not be sent in the chat; words may. */
  | 'no-right'
  /** Nothing may be written in this topic; the chat's other topics are open. */
  | 'topic-closed'
  /** The group became a supergroup with another id: send it there. */
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
  /** No connection was made: certainly not done. */
  | 'offline'
  /** Telegram or the network failed; it may have been done. */
  | 'unsure'
  /** Something between us and Telegram refused it: worth a few tries, and no word of Telegram on chat or token. */
  | 'gateway'
  /** Telegram refused for another reason and will refuse the same call again. */
  | 'refused';

/** A refusal of the Bot API server. */
export type Refusal = {
  readonly error_code: number;
  readonly description: string;
  readonly parameters?: { readonly retry_after?: unknown; readonly migrate_to_chat_id?: number };
};

/** Begins the description of an answer that is not Telegram's own; its status is all that is known. */
export const notFromTelegram = 'an answer that is not from Telegram';

const phrases: readonly (readonly [RegExp, TelegramError])[] = [
  [/message is not modified/i, 'not-modified'],
  // A later edit of ours took its place: this one was not carried out.
  [/canceled by new \w+ request/i, 'unsure'],
  [
    /message to edit not found|message can't be edited|there is no text in the message to edit|MESSAGE_ID_INVALID|MESSAGE_EDIT_TIME_EXPIRED|MESSAGE_AUTHOR_REQUIRED/i,
    'no-message',
  ],
  [/message to be replied not found|replied message not found|REPLY_MESSAGE_ID_INVALID/i, 'no-reply-target'],
  [/message thread not found|TOPIC_DELETED/i, 'no-thread'],
  [/TOPIC_CLOSED|topic is closed/i, 'topic-closed'],
  [/can't parse entities/i, 'bad-markup'],
  [
    /not enough rights to send (?!a message|text|messages?\b)|CHAT_SEND_(?!PLAIN)\w+_FORBIDDEN|VOICE_MESSAGES_FORBIDDEN|(?:voice|video) messages? (?:is|are)? ?(?:forbidden|not allowed)/i,
    'no-right',
  ],
  [
    /PHOTO_\w*INVALID\w*|IMAGE_PROCESS_FAILED|MEDIA_(?:INVALID|EMPTY)|VIDEO_\w*INVALID|wrong file identifier|wrong type of the web page content|failed to get HTTP URL content|can't upload file by URL/i,
    'bad-media',
  ],
  [/file is too big|Request Entity Too Large/i, 'too-big'],
  [
    /chat not found|PEER_ID_INVALID|have no rights to send a message|not enough rights to send (?:a message|text messages|messages)|CHAT_WRITE_FORBIDDEN|CHAT_SEND_PLAIN_FORBIDDEN|CHAT_RESTRICTED|CHAT_ADMIN_REQUIRED|CHANNEL_PRIVATE|USER_IS_BLOCKED|USER_IS_DEACTIVATED|USER_BANNED_IN_CHANNEL|need administrator rights|not a member of|group chat was (?:deactivated|deleted)/i,
    'closed',
  ],
  [/query is too old|query ID is invalid/i, 'stale-query'],
];

/** System error codes of a connection that was never made. */
const neverConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  ...proxyErrorCodes,
]);

const transientErrors: ReadonlySet<TelegramError> = new Set([
  'offline',
  'unsure',
  'too-many',
  'unauthorized',
  'conflict',
  'gateway',
]);

/** Classifies an error of a call to Telegram; rethrows every other error. */
export function classifyTelegramError(error: unknown): TelegramError {
  if (error instanceof HttpError) return neverConnected.has(causeName(error.error)) ? 'offline' : 'unsure';
  if (!(error instanceof GrammyError)) throw error;
  return classifyRefusal(error);
}

export function classifyRefusal({ error_code: code, description, parameters }: Refusal): TelegramError {
  if (description.startsWith(notFromTelegram)) return classifyStatus(code);
  if (code === 401 || code === 404) return 'unauthorized';
  if (code === 403) return worded(description, ['no-right', 'topic-closed']) ?? 'closed';
  if (code === 409) return 'conflict';
  if (code === 413) return 'too-big';
  if (code === 429) return 'too-many';
  // An answer without a code is not from Telegram.
  if (!(code < 500)) return 'unsure';
  if (parameters?.migrate_to_chat_id !== undefined) return 'moved';
  return worded(description) ?? 'refused';
}

function worded(description: string, among?: readonly TelegramError[]): TelegramError | undefined {
  return phrases.find(([phrase, error]) => among?.includes(error) !== false && phrase.test(description))?.[1];
}

/** What a bare status means, without Telegram's own words. */
function classifyStatus(status: number): TelegramError {
  if (status === 413) return 'too-big';
  if (status === 429) return 'too-many';
  // A success that cannot be read was probably carried out.
  if (status < 300 || status === 408 || status >= 500) return 'unsure';
  return 'gateway';
}

/** Statuses of a server that waited in vain for the one behind it, which may have done the work. */
const waitedInVain: ReadonlySet<number> = new Set([504, 522, 524]);
/** An answer after this long may come from a server that was at work. */
const atWorkMs = 5_000;

/**
 * Whether the failed call is most likely not carried out, so that it is safer to repeat than one whose connection was cut:
 * a server refused it at once with an error of its own.
 */
export function isLikelyUndone(error: unknown, tookMs: number): boolean {
  if (!(error instanceof GrammyError) || tookMs > atWorkMs) return false;
  const { error_code: code } = error;
  return code >= 400 && code !== 408 && !waitedInVain.has(code);
}

/** Words were to be edited into a message that holds a file. */
export function holdsFile(error: unknown): boolean {
  return error instanceof GrammyError && /there is no text in the message to edit/i.test(error.description);
}

/** Whether the same call may succeed later. */
export function isTransient(error: TelegramError): boolean {
  return transientErrors.has(error);
}

/** Whether nothing may be written there. */
export function isShut(error: TelegramError): boolean {
  return error === 'closed' || error === 'topic-closed';
}

const missingRetryAfterMs = 5_000;
/** Longer waits are not credible; Telegram's own are seconds to days. */
export const maxHoldMs = 20 * 86_400_000;

/** Milliseconds that Telegram asks to wait; undefined when it does not. */
export function retryAfterOf(answer: Refusal | { readonly ok: true }): number | undefined {
  if (!('error_code' in answer) || answer.error_code !== 429) return undefined;
  const seconds = answer.parameters?.retry_after;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return missingRetryAfterMs;
  return Math.min(Math.max(1, seconds) * 1_000, maxHoldMs);
}

/** Whether we aborted the call ourselves because the app stops; it may have had its effect. */
export function isAborted(error: unknown): boolean {
  return error instanceof HttpError && causeName(error.error) === 'AbortError';
}

/** An error for a log line, without the payload (people's words) and the address (the token). */
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
