import { GrammyError, HttpError } from 'grammy';

/** What a failed call to Telegram means for whoever made it. */
export type TelegramTrouble =
  /** Exactly that is shown already: as good as done. */
  | 'not-modified'
  /** The message to edit is gone or not ours to edit: send a new one. */
  | 'no-message'
  /** Not to be sent as a photo or video: send it as a document. */
  | 'bad-media'
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

const phrases: readonly (readonly [RegExp, TelegramTrouble])[] = [
  [/message is not modified/i, 'not-modified'],
  [
    /message to edit not found|message can't be edited|there is no text in the message to edit|MESSAGE_ID_INVALID/i,
    'no-message',
  ],
  [/PHOTO_INVALID_DIMENSIONS|IMAGE_PROCESS_FAILED|PHOTO_EXT_INVALID|PHOTO_SAVE_FILE_INVALID/i, 'bad-media'],
  [/chat not found|message thread not found|PEER_ID_INVALID/i, 'closed'],
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

/** Sorts an error of a call to Telegram (texts: the Bot API server's own); rethrows what is no such error. */
export function troubleOf(error: unknown): TelegramTrouble {
  if (error instanceof HttpError) return neverConnected.has(causeName(error.error)) ? 'offline' : 'unsure';
  if (!(error instanceof GrammyError)) throw error;
  const { error_code: code, description } = error;
  if (code === 401 || code === 404) return 'unauthorized';
  if (code === 403) return 'closed';
  if (code === 409) return 'conflict';
  if (code === 413) return 'bad-media';
  if (code === 429) return 'too-many';
  if (code >= 500) return 'unsure';
  return phrases.find(([phrase]) => phrase.test(description))?.[1] ?? 'refused';
}

/** The facts of an error for a log line; never the payload, which holds people's words, nor the address, which holds the token. */
export function describeTrouble(error: unknown): string {
  if (error instanceof GrammyError) return `${error.error_code} ${error.description}`;
  if (error instanceof HttpError) return `no answer from Telegram (${causeName(error.error)})`;
  return error instanceof Error ? error.name : typeof error;
}

function causeName(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown cause';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}
