import { expect, test } from 'vitest';
import { type CallKind, rateLimitTransformer } from '../../../src/bot/outbox/rate-limit-transformer.ts';
import { RateLimiter } from '../../../src/bot/outbox/rate-limiter.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { Rest } from '../../../src/domain/chats/chat-store.ts';
import { fakeClock } from '../../support/fake-clock.ts';

type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error_code: number; readonly description: string; readonly parameters?: object };
/** What Telegram does with a call: it answers, or the connection is cut. */
type Deed = Answer | 'cut';

const fine: Answer = { ok: true, result: true };
const limited = (seconds?: unknown): Answer => ({
  ok: false,
  error_code: 429,
  description: 'Too Many Requests',
  ...(seconds === undefined ? {} : { parameters: { retry_after: seconds } }),
});
const broken: Answer = { ok: false, error_code: 502, description: 'Bad Gateway' };
const refused: Answer = { ok: false, error_code: 400, description: 'Bad Request: chat not found' };

/** A Telegram that does the deeds one after the other, then answers well. */
function aTelegram(...deeds: Deed[]) {
  return aTelegramFor('reply', ...deeds);
}

function aTelegramFor(manner: CallKind, ...deeds: Deed[]) {
  const clock = fakeClock();
  const startMs = clock.now();
  const events: AppEvent[] = [];
  const closing = new AbortController();
  const asked: { readonly method: string; readonly chatId: unknown; readonly atMs: number }[] = [];
  const meaningFor: unknown[] = [];
  const rateLimiter = new RateLimiter(clock);
  const kept: Rest[] = [];
  const rests = { active: async () => [], keep: async (rest: Rest) => void kept.push(rest) };
  const options = {
    rateLimiter,
    rests,
    clock,
    emit: (event: AppEvent) => void events.push(event),
    closing: closing.signal,
  };
  const polite = rateLimitTransformer(options, manner) as unknown as (
    prev: (method: string, payload: object, signal?: AbortSignal) => Promise<Answer>,
    method: string,
    payload: object,
  ) => Promise<Answer>;
  const call = (
    method: string,
    chatId?: number,
    messageId?: number,
    more: { readonly media?: readonly number[]; readonly until?: Promise<void> } = {},
  ) =>
    polite(
      async (name, payload, signal) => {
        asked.push({
          method: name,
          chatId: 'chat_id' in payload ? payload.chat_id : undefined,
          atMs: clock.now() - startMs,
        });
        meaningFor.push(signal);
        await more.until;
        const deed = deeds.shift() ?? fine;
        if (deed === 'cut') throw new Error('socket hang up');
        return deed;
      },
      method,
      {
        ...(chatId === undefined ? {} : { chat_id: chatId }),
        ...(messageId === undefined ? {} : { message_id: messageId }),
        ...(more.media === undefined ? {} : { media: more.media }),
      },
    );
  return {
    clock,
    rateLimiter,
    kept,
    rests,
    events,
    closing,
    asked,
    meaningFor,
    call,
    times: () => asked.map(({ atMs }) => atMs),
  };
}

test('rateLimitTransformer() waits exactly as long as Telegram asks, and reports it', async () => {
  const telegram = aTelegram(limited(3));
  const answer = telegram.call('sendMessage', 7);
  await telegram.clock.advance(2_999);
  expect(telegram.times()).toEqual([0]);
  await telegram.clock.advance(1);
  expect(await answer).toEqual(fine);
  expect(telegram.times()).toEqual([0, 3_000]);
  expect(telegram.events).toEqual([
    { event: 'telegram.error', method: 'sendMessage', detail: '429 Too Many Requests', retryInMs: 3_000 },
  ]);
});

test('rateLimitTransformer() holds other calls to the same chat, and to no other chat', async () => {
  const telegram = aTelegram(limited(10));
  const first = telegram.call('editMessageText', 7);
  await telegram.clock.advance(0);
  const sameChat = telegram.call('sendMessage', 7);
  const otherChat = telegram.call('sendMessage', 8);
  const noChat = telegram.call('setMyName');
  await Promise.all([otherChat, noChat]);
  expect(telegram.asked.map(({ chatId }) => chatId)).toEqual([7, 8, undefined]);
  await telegram.clock.advance(10_000);
  await Promise.all([first, sameChat]);
  expect(telegram.asked.slice(3)).toHaveLength(2);
  expect(telegram.times().slice(3)).toEqual([10_000, 10_000]);
});

test.each([
  [undefined, 5_000],
  ['soon', 5_000],
  [-4, 5_000],
  [Number.NaN, 5_000],
  [0, 1_000],
  [0.2, 1_000],
  [90, 90_000],
])('rateLimitTransformer() takes a retry_after of %s as %i ms', async (seconds, waitMs) => {
  const telegram = aTelegram(limited(seconds));
  const answer = telegram.call('sendMessage', 7);
  await telegram.clock.advance(waitMs);
  await answer;
  expect(telegram.times()).toEqual([0, waitMs]);
});

test('rateLimitTransformer() leaves a long wait to the caller, and sends nothing to that chat until it is over', async () => {
  const telegram = aTelegram(limited(600));
  expect(await telegram.call('sendMessage', 7)).toMatchObject({ error_code: 429 });
  expect(await telegram.call('sendMessage', 7)).toEqual({
    ok: false,
    error_code: 429,
    description: 'Too Many Requests: retry after 600',
    parameters: { retry_after: 600 },
  });
  await telegram.clock.advance(600_000);
  expect(await telegram.call('sendMessage', 7)).toEqual(fine);
  expect(telegram.times()).toEqual([0, 600_000]);
});

test('rateLimitTransformer() stores each wait for the next process, and goes on when that cannot be done', async () => {
  const telegram = aTelegram(limited(600), limited(5), limited(600));
  const nowMs = telegram.clock.now();
  await telegram.call('sendMessage', 7);
  await telegram.call('getUpdates');
  expect(telegram.kept).toEqual([
    { place: 7, untilMs: nowMs + 600_000 },
    { place: 'everything', untilMs: nowMs + 5_000 },
  ]);
  telegram.rests.keep = async () => {
    throw new Error('the disk is full');
  };
  await telegram.clock.advance(5_000);
  expect(await telegram.call('sendMessage', 8)).toMatchObject({ error_code: 429 });
  expect(telegram.events.at(-1)).toMatchObject({ event: 'telegram.error', retryInMs: 600_000 });
  expect(telegram.events.map(({ event }) => event)).toContain('app.error');
});

test('rateLimitTransformer() gives up after four tries and returns the last answer', async () => {
  const telegram = aTelegram(limited(1), limited(1), limited(1), limited(2), fine);
  const answer = telegram.call('sendMessage', 7);
  await telegram.clock.advance(10_000);
  expect(await answer).toEqual(limited(2));
  expect(telegram.times()).toEqual([0, 1_000, 2_000, 3_000]);
});

test.each(['editMessageText', 'editMessageMedia', 'setMyCommands', 'getFile', 'answerCallbackQuery', 'deleteMessage'])(
  'rateLimitTransformer() repeats %s after a server error and a cut connection, ever more slowly',
  async (method) => {
    const telegram = aTelegram(broken, 'cut', broken);
    const answer = telegram.call(method, 7);
    await telegram.clock.advance(7_000);
    expect(await answer).toEqual(fine);
    expect(telegram.times()).toEqual([0, 1_000, 3_000, 7_000]);
  },
);

test.each(['sendMessage', 'sendPhoto', 'sendVideo', 'sendDocument', 'sendAnimation'])(
  'rateLimitTransformer() never repeats %s when it may have arrived',
  async (method) => {
    const telegram = aTelegram(broken, 'cut');
    expect(await telegram.call(method, 7)).toEqual(broken);
    await expect(telegram.call(method, 7)).rejects.toThrow('socket hang up');
    expect(telegram.asked).toHaveLength(2);
  },
);

test('rateLimitTransformer() throws the lost connection after the fourth try', async () => {
  const telegram = aTelegram('cut', 'cut', 'cut', 'cut');
  const answer = telegram.call('editMessageText', 7);
  answer.catch(() => undefined);
  await telegram.clock.advance(60_000);
  await expect(answer).rejects.toThrow('socket hang up');
  expect(telegram.asked).toHaveLength(4);
});

test('rateLimitTransformer() returns a refusal at once', async () => {
  const telegram = aTelegram(refused);
  expect(await telegram.call('editMessageText', 7)).toEqual(refused);
  expect(telegram.asked).toHaveLength(1);
});

test.each(['getUpdates', 'getMe'])('rateLimitTransformer() leaves every error of %s to the poller', async (method) => {
  const telegram = aTelegram(broken, limited(30));
  expect(await telegram.call(method)).toEqual(broken);
  expect(await telegram.call(method)).toEqual(limited(30));
  expect(telegram.events).toEqual([]);
});

test('rateLimitTransformer() ends every wait when the app stops: what was asked is answered, what waits was not sent', async () => {
  const telegram = aTelegram(limited(60), 'cut');
  const limitedCall = telegram.call('sendMessage', 7);
  const cutCall = telegram.call('editMessageText', 8);
  cutCall.catch(() => undefined);
  await telegram.clock.advance(0);
  const held = telegram.call('sendMessage', 7);
  await telegram.clock.advance(10);
  telegram.closing.abort(new Error('The bot is closed'));
  expect(await limitedCall).toEqual(limited(60));
  await expect(cutCall).rejects.toThrow('socket hang up');
  expect(await held).toMatchObject({ ok: false, error_code: 429 });
  expect(telegram.asked).toHaveLength(2);
});

test('rateLimitTransformer() gives calls the signal that ends them when the app stops', async () => {
  const telegram = aTelegram();
  await telegram.call('sendMessage', 7);
  expect(telegram.meaningFor).toEqual([telegram.closing.signal]);
});

test.each(['getUpdates', 'getMe'])('rateLimitTransformer() holds all calls when %s has to rest', async (method) => {
  const telegram = aTelegram(limited(7));
  await telegram.call(method);
  const answers = [telegram.call('sendMessage', 7), telegram.call('setMyName')];
  await telegram.clock.advance(6_999);
  expect(telegram.asked).toHaveLength(1);
  expect(await telegram.call('getMe')).toMatchObject({ error_code: 429, parameters: { retry_after: 1 } });
  await telegram.clock.advance(1);
  expect(await Promise.all(answers)).toEqual([fine, fine]);
  expect(telegram.times()).toEqual([0, 7_000, 7_000]);
});

test('rateLimitTransformer() waits for a held method, and calls others meanwhile', async () => {
  const telegram = aTelegram(limited(7));
  const first = telegram.call('setMyCommands');
  await telegram.clock.advance(0);
  await telegram.call('setMyName');
  await telegram.clock.advance(7_000);
  expect(await first).toEqual(fine);
  expect(telegram.times()).toEqual([0, 0, 7_000]);
});

test('rateLimitTransformer() waits as long as Telegram says, also longer than a day', async () => {
  const telegram = aTelegram(limited(99_999));
  expect(await telegram.call('sendMessage', 7)).toEqual(limited(99_999));
  expect(await telegram.call('sendMessage', 7)).toMatchObject({ error_code: 429, parameters: { retry_after: 99_999 } });
  await telegram.clock.advance(99_999_000);
  expect(await telegram.call('sendMessage', 7)).toEqual(fine);
});

test('rateLimitTransformer() keeps the wait when the clock of the machine is set meanwhile', async () => {
  const telegram = aTelegram(limited(10));
  const answer = telegram.call('sendMessage', 7);
  await telegram.clock.advance(5_000);
  telegram.clock.jump(3_600_000);
  await telegram.clock.advance(4_999);
  expect(telegram.asked).toHaveLength(1);
  telegram.clock.jump(-7_200_000);
  await telegram.clock.advance(1);
  expect(await answer).toEqual(fine);
});

test.each(['sendMessage', 'editMessageText'])(
  'rateLimitTransformer() leaves every error of an outgoing %s to its caller, and holds the chat',
  async (method) => {
    const telegram = aTelegramFor('outgoing', broken, 'cut', limited(5));
    expect(await telegram.call(method, 7)).toEqual(broken);
    await expect(telegram.call(method, 7)).rejects.toThrow('socket hang up');
    expect(await telegram.call(method, 7)).toEqual(limited(5));
    expect(await telegram.call(method, 7)).toMatchObject({ error_code: 429, parameters: { retry_after: 5 } });
    expect(telegram.asked).toHaveLength(3);
    expect(telegram.events).toEqual([
      { event: 'telegram.error', method, detail: '429 Too Many Requests', retryInMs: 5_000 },
    ]);
  },
);

test.each([
  [7, 1_100],
  [-7, 3_100],
])(
  'rateLimitTransformer() edits the same message of chat %i no sooner than %i ms apart for outgoing calls',
  async (chat, gapMs) => {
    const telegram = aTelegramFor('outgoing');
    const edits = [telegram.call('editMessageText', chat, 1), telegram.call('editMessageMedia', chat, 1)];
    await telegram.call('editMessageText', chat, 2);
    await telegram.clock.advance(gapMs);
    await Promise.all(edits);
    expect(telegram.times()).toEqual([0, 0, gapMs]);
  },
);

test('rateLimitTransformer() lets the answer beyond the twentieth message of a group wait instead of being refused', async () => {
  const telegram = aTelegram();
  for (let sent = 0; sent < 20; sent += 1) await telegram.call('sendMessage', -7);
  const late = telegram.call('sendMessage', -7);
  await telegram.call('sendMessage', 7);
  await telegram.clock.advance(59_999);
  expect(telegram.asked.filter(({ chatId }) => chatId === -7)).toHaveLength(20);
  await telegram.clock.advance(1);
  expect(await late).toEqual(fine);
  expect(telegram.times().at(-1)).toBe(60_000);
  expect(telegram.events).toEqual([]);
});

test('rateLimitTransformer() counts every picture of an album, and each call from its answer on', async () => {
  const telegram = aTelegram();
  const slow = Promise.withResolvers<void>();
  const first = telegram.call('sendMediaGroup', -7, undefined, { media: [1, 2, 3, 4], until: slow.promise });
  await telegram.clock.advance(10_000);
  slow.resolve();
  await first;
  for (let sent = 0; sent < 16; sent += 1) await telegram.call('sendMessage', -7);
  const late = telegram.call('sendMessage', -7);
  await telegram.clock.advance(59_999);
  expect(telegram.asked).toHaveLength(17);
  await telegram.clock.advance(1);
  expect(await late).toEqual(fine);
});
