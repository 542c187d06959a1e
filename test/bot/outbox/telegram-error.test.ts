import { GrammyError, HttpError } from 'grammy';
import { expect, test } from 'vitest';
import { bodyOf } from '../../../src/bot/outbox/bot-api.ts';
import {
  isLikelyUndone,
  retryAfterOf,
  isTransient,
  type TelegramError,
  classifyTelegramError,
} from '../../../src/bot/outbox/telegram-error.ts';

/** What Telegram says, as its server says it, and what it means. */
const refusals: readonly (readonly [number, string, TelegramError])[] = [
  [
    400,
    'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    'not-modified',
  ],
  [400, 'Bad Request: message to edit not found', 'no-message'],
  [400, "Bad Request: message can't be edited", 'no-message'],
  [400, 'Bad Request: there is no text in the message to edit', 'no-message'],
  [400, 'Bad Request: MESSAGE_ID_INVALID', 'no-message'],
  [400, 'Bad Request: message to be replied not found', 'no-reply-target'],
  [400, 'Bad Request: replied message not found', 'no-reply-target'],
  [400, 'Bad Request: query is too old and response timeout expired or query ID is invalid', 'stale-query'],
  [400, 'Bad Request: chat not found', 'closed'],
  [400, 'Bad Request: have no rights to send a message', 'closed'],
  [400, 'Bad Request: not enough rights to send text messages to the chat', 'closed'],
  [400, 'Bad Request: group chat was deactivated', 'closed'],
  [400, 'Bad Request: CHAT_SEND_PLAIN_FORBIDDEN', 'closed'],
  [400, 'Bad Request: CHAT_RESTRICTED', 'closed'],
  [400, 'Bad Request: need administrator rights in the channel chat', 'closed'],
  [400, 'Bad Request: not enough rights to send photos to the chat', 'no-right'],
  [400, 'Bad Request: not enough rights to send videos to the chat', 'no-right'],
  [400, 'Bad Request: not enough rights to send documents to the chat', 'no-right'],
  [400, 'Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN', 'no-right'],
  [400, 'Bad Request: CHAT_SEND_MEDIA_FORBIDDEN', 'no-right'],
  [403, 'Forbidden: CHAT_SEND_GIFS_FORBIDDEN', 'no-right'],
  [400, 'Bad Request: VOICE_MESSAGES_FORBIDDEN', 'no-right'],
  [400, 'Bad Request: TOPIC_CLOSED', 'topic-closed'],
  [403, 'Forbidden: TOPIC_CLOSED', 'topic-closed'],
  [400, 'Bad Request: canceled by new editMessageMedia request', 'unsure'],
  [400, 'Bad Request: MEDIA_INVALID', 'bad-media'],
  [400, 'Bad Request: PHOTO_INVALID', 'bad-media'],
  [400, 'Bad Request: MESSAGE_EDIT_TIME_EXPIRED', 'no-message'],
  [400, 'Bad Request: message thread not found', 'no-thread'],
  [400, 'Bad Request: can\'t parse entities: Unsupported start tag "fox" at byte offset 3', 'bad-markup'],
  [400, 'Bad Request: wrong file identifier/HTTP URL specified', 'bad-media'],
  [400, 'Bad Request: wrong type of the web page content', 'bad-media'],
  [400, 'Bad Request: failed to get HTTP URL content', 'bad-media'],
  [400, "Bad Request: can't upload file by URL", 'bad-media'],
  [400, 'Bad Request: PHOTO_INVALID_DIMENSIONS', 'bad-media'],
  [400, 'Bad Request: IMAGE_PROCESS_FAILED', 'bad-media'],
  [400, 'Bad Request: file is too big', 'too-big'],
  [413, 'Request Entity Too Large', 'too-big'],
  [400, 'Bad Request: BUTTON_DATA_INVALID', 'refused'],
  [400, 'Bad Request', 'refused'],
  [401, 'Unauthorized', 'unauthorized'],
  [403, 'Forbidden: bot was blocked by the user', 'closed'],
  [403, 'Forbidden: user is deactivated', 'closed'],
  [403, 'Forbidden: bot was kicked from the supergroup chat', 'closed'],
  [403, 'Forbidden: bot is not a member of the channel chat', 'closed'],
  [403, "Forbidden: bot can't initiate conversation with a user", 'closed'],
  [404, 'Not Found', 'unauthorized'],
  [409, 'Conflict: terminated by other getUpdates request', 'conflict'],
  [409, "Conflict: can't use getUpdates method while webhook is active", 'conflict'],
  [429, 'Too Many Requests: retry after 35', 'too-many'],
  [500, 'Internal Server Error', 'unsure'],
  [502, 'Bad Gateway', 'unsure'],
  [504, 'Gateway Timeout', 'unsure'],
];

/** Answers of whatever stands between us and Telegram. */
const pages: readonly (readonly [number, TelegramError])[] = [
  [200, 'gateway'],
  [302, 'gateway'],
  [400, 'gateway'],
  [401, 'gateway'],
  [403, 'gateway'],
  [404, 'gateway'],
  [408, 'unsure'],
  [413, 'too-big'],
  [429, 'too-many'],
  [502, 'unsure'],
  [504, 'unsure'],
];

test.each(pages)(
  'bodyOf() keeps the status %i of a page, which classifyTelegramError() takes as %s',
  (status, failure) => {
    const body = bodyOf({ status, retryAfter: '7', body: '<html><body>no</body></html>' }) as ReturnType<
      typeof answered
    >;
    expect(classifyTelegramError(answered(body))).toBe(failure);
    expect(retryAfterOf(answered(body))).toBe(status === 429 ? 7_000 : undefined);
  },
);

test('bodyOf() passes on what Telegram says, and throws where it is unknown what was done', () => {
  expect(bodyOf({ status: 200, retryAfter: undefined, body: '{"ok":true,"result":1}' })).toEqual({
    ok: true,
    result: 1,
  });
  expect(() => bodyOf({ status: 200, retryAfter: undefined, body: '{"ok":tr' })).toThrow('no JSON');
  expect(bodyOf({ status: 502, retryAfter: undefined, body: '{"error":"bad gateway"}' })).toMatchObject({
    ok: false,
    error_code: 502,
  });
});

test('isLikelyUndone() holds for a quick error of a server, not for a cut or a server that waited or was at work', () => {
  const error = (code: number) => refusal(code, 'no');
  expect([500, 502, 503, 504, 408].map((code) => isLikelyUndone(error(code), 10))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(isLikelyUndone(error(502), 30_000)).toBe(false);
  expect(isLikelyUndone(new HttpError('', new Error('cut')), 10)).toBe(false);
});

function answered(body: ConstructorParameters<typeof GrammyError>[1]) {
  return new GrammyError('', body, 'sendPhoto', {});
}

function refusal(code: number, description: string, parameters = {}) {
  return new GrammyError('', { ok: false, error_code: code, description, parameters }, 'sendMessage', {});
}

test.each(refusals)('classifyTelegramError() takes %i "%s" as %s', (code, says, failure) => {
  expect(classifyTelegramError(refusal(code, says))).toBe(failure);
});

test('classifyTelegramError() knows a group that became a supergroup', () => {
  const says = 'Bad Request: group chat was upgraded to a supergroup chat';
  expect(classifyTelegramError(refusal(400, says, { migrate_to_chat_id: -1_000_000_000_100 }))).toBe('moved');
});

test.each([
  ['ECONNREFUSED', 'offline'],
  ['PROXY_UNREACHABLE', 'offline'],
  ['ENOTFOUND', 'offline'],
  ['EAI_AGAIN', 'offline'],
  ['ECONNRESET', 'unsure'],
  ['UND_ERR_SOCKET', 'unsure'],
])('classifyTelegramError() takes a connection that failed with %s as %s', (code, failure) => {
  expect(classifyTelegramError(new HttpError('', Object.assign(new Error('failed'), { code })))).toBe(failure);
});

test('classifyTelegramError() rethrows every other error', () => {
  const bug = new TypeError('broken');
  expect(() => classifyTelegramError(bug)).toThrow(bug);
});

test.each([
  [undefined, 5_000],
  [0, 1_000],
  [35, 35_000],
  [13_938, 13_938_000],
  [86_400, 86_400_000],
  [1e12, 1_728_000_000],
  ['35', 5_000],
  [-1, 5_000],
])('holdOf() takes a retry_after of %s as %i ms', (seconds, ms) => {
  expect(retryAfterOf({ error_code: 429, description: '', parameters: { retry_after: seconds } })).toBe(ms);
});

test('holdOf() knows of no hold when Telegram asks for none', () => {
  expect(retryAfterOf({ error_code: 400, description: '', parameters: { retry_after: 3 } })).toBeUndefined();
  expect(retryAfterOf({ ok: true })).toBeUndefined();
});

test('isPassing() is true of what another time may bring', () => {
  const all = [...new Set(refusals.map(([, , failure]) => failure))];
  expect(all.filter(isTransient).toSorted()).toEqual(['conflict', 'too-many', 'unauthorized', 'unsure']);
});
