import { GrammyError, InputFile } from 'grammy';
import { expect, test } from 'vitest';
import { withDeadQuotes } from '../../../src/bot/outbox/undeliverable.ts';
import { type TelegramDeed, fakeTelegram, refusing } from '../../support/fake-telegram.ts';

/** Both ways to a Telegram that does the deeds one after the other. */
function aWay(...deeds: (TelegramDeed | undefined)[]) {
  const telegram = fakeTelegram(() => deeds.shift());
  return { ...telegram, outgoing: telegram.outbox.api, asked: () => telegram.calls.map(({ payload }) => payload) };
}

const moved: TelegramDeed = {
  code: 400,
  says: 'Bad Request: group chat was upgraded to a supergroup chat',
  movedTo: -1_000_000_000_100,
};

test.each(['api', 'outgoing'] as const)(
  'undeliverableTransformer() takes what is shown already as done (%s)',
  async (way) => {
    const telegram = aWay(refusing('Bad Request: message is not modified'));
    expect(await telegram[way].editMessageText(7, 1, 'hello')).toBe(true);
    expect(telegram.events).toEqual([]);
  },
);

test('undeliverableTransformer() ignores a button that was pressed too long ago', async () => {
  const telegram = aWay(refusing('Bad Request: query is too old and response timeout expired or query ID is invalid'));
  expect(await telegram.api.answerCallbackQuery('1', { text: 'hello' })).toBe(true);
});

test.each(['api', 'outgoing'] as const)(
  'undeliverableTransformer() answers in the chat when the topic is gone (%s)',
  async (way) => {
    const telegram = aWay(refusing('Bad Request: message thread not found'));
    await telegram[way].sendMessage(-7, 'hello', { message_thread_id: 5, reply_parameters: { message_id: 3 } });
    expect(telegram.asked()).toEqual([
      { chat_id: -7, text: 'hello', message_thread_id: 5, reply_parameters: { message_id: 3 } },
      { chat_id: -7, text: 'hello', reply_parameters: { message_id: 3 } },
    ]);
    expect(telegram.events).toEqual([
      {
        event: 'telegram.error',
        method: 'sendMessage',
        detail: '400 Bad Request: message thread not found',
        retryInMs: 0,
      },
    ]);
  },
);

test('undeliverableTransformer() sends without a reply when the replied message is gone', async () => {
  const telegram = aWay(refusing('Bad Request: message to be replied not found'));
  await telegram.outgoing.sendMessage(7, 'hello', { reply_parameters: { message_id: 3 } });
  expect(telegram.asked().at(-1)).toEqual({ chat_id: 7, text: 'hello' });
});

test('undeliverableTransformer() sends plain text when the markup cannot be read', async () => {
  const telegram = aWay(refusing("Bad Request: can't parse entities: unexpected end tag"));
  await telegram.outgoing.sendMessage(7, '<b>1 &lt; 2</b> &amp;amp; <i>"fox"', { parse_mode: 'HTML' });
  expect(telegram.asked().at(-1)).toEqual({ chat_id: 7, text: '1 < 2 &amp; "fox"' });
});

test('undeliverableTransformer() sends a picture with plain words under it when their markup cannot be read', async () => {
  const unreadable = refusing("Bad Request: can't parse entities: unexpected end tag");
  const telegram = aWay(unreadable, undefined, unreadable);
  const media = new InputFile(new Uint8Array([1]), 'fox.png');
  const words = { caption: '<b>a fox</b>', parse_mode: 'HTML' } as const;
  const edit = telegram.outgoing.editMessageMedia(7, 1, { type: 'photo', media, ...words });
  await telegram.clock.advance(1_100);
  await edit;
  await telegram.outgoing.sendPhoto(7, media, words);
  expect(telegram.asked().filter((_payload, index) => index % 2 === 1)).toEqual([
    { chat_id: 7, message_id: 1, media: { type: 'photo', media, caption: 'a fox' } },
    { chat_id: 7, photo: media, caption: 'a fox' },
  ]);
});

test('undeliverableTransformer() makes one correction after the other, and each only once', async () => {
  const noThread = refusing('Bad Request: message thread not found');
  const telegram = aWay(noThread, refusing("Bad Request: can't parse entities"), noThread);
  const sending = telegram.outgoing.sendMessage(-7, '<b>hello', { parse_mode: 'HTML', message_thread_id: 5 });
  await expect(sending).rejects.toThrow('message thread not found');
  expect(telegram.calls).toHaveLength(3);
});

test('undeliverableTransformer() follows a group that became a supergroup, and stores its new id', async () => {
  const telegram = aWay(moved);
  await telegram.outgoing.sendMessage(-7, 'hello');
  await telegram.outgoing.sendMessage(-7, 'again');
  expect(telegram.asked().map(({ chat_id: id }) => id)).toEqual([-7, -1_000_000_000_100, -1_000_000_000_100]);
  expect(await telegram.chats.find(-7)).toEqual({ isClosed: false, movedTo: -1_000_000_000_100 });
});

test('undeliverableTransformer() takes no message of the old group for one of the supergroup that has its number', async () => {
  const telegram = aWay(moved);
  const gone = { error_code: 400, description: 'Bad Request: message to edit not found' };
  await expect(telegram.outgoing.editMessageText(-7, 3, 'hello')).rejects.toMatchObject(gone);
  await expect(telegram.outgoing.editMessageText(-7, 3, 'hello')).rejects.toMatchObject(gone);
  expect(telegram.asked().map(({ chat_id: id }) => id)).toEqual([-7]);
  await telegram.outgoing.sendMessage(-7, 'hello', { reply_parameters: { message_id: 3 } });
  expect(telegram.asked().at(-1)).toEqual({ chat_id: -1_000_000_000_100, text: 'hello' });
});

test('undeliverableTransformer() does not follow groups that point at each other for ever', async () => {
  const telegram = aWay();
  await telegram.chats.move(-7, -8);
  await telegram.chats.move(-8, -7);
  await telegram.outgoing.sendMessage(-7, 'hello');
  expect(telegram.calls).toHaveLength(1);
  const circle = aWay(...Array.from({ length: 50 }, (_, index) => ({ ...moved, movedTo: -100 - (index % 2) })));
  await expect(circle.outgoing.sendMessage(-7, 'hello')).rejects.toThrow('upgraded');
  expect(circle.calls.length).toBeLessThanOrEqual(5);
});

test.each([
  refusing('Forbidden: bot was blocked by the user', 403),
  refusing('Forbidden: bot was kicked from the group chat', 403),
  refusing('Bad Request: chat not found'),
])('undeliverableTransformer() sends nothing more by itself to a chat that answered $says', async (deed) => {
  const telegram = aWay(deed);
  await expect(telegram.outgoing.sendMessage(7, 'hello')).rejects.toThrow(GrammyError);
  await expect(telegram.outgoing.editMessageText(7, 1, 'hello')).rejects.toMatchObject({ error_code: 403 });
  expect(telegram.calls).toHaveLength(1);
  await telegram.outgoing.sendMessage(8, 'hello');
  await telegram.chats.open(7);
  await telegram.outgoing.sendMessage(7, 'hello');
  expect(telegram.calls).toHaveLength(3);
});

test('undeliverableTransformer() sends replies even to a chat that is stored as closed', async () => {
  const telegram = aWay();
  await telegram.chats.close(7, 0);
  await telegram.api.sendMessage(7, 'hello');
  expect(telegram.calls).toHaveLength(1);
});

test('undeliverableTransformer() passes on what it cannot correct, and reports when the store cannot be written', async () => {
  const telegram = aWay(refusing('Forbidden: bot was blocked by the user', 403));
  telegram.chats.close = () => Promise.reject(new Error('disk full'));
  await expect(telegram.outgoing.sendMessage(7, 'hello')).rejects.toMatchObject({ error_code: 403 });
  expect(telegram.events).toMatchObject([{ event: 'app.error', what: 'store that a chat is closed or has moved' }]);
});

const joiner = '\u2060';
const quoted = (words: string) => `<b>All of @us: /help</b>\n<blockquote expandable>${words}</blockquote>`;

test('withDeadQuotes() changes the quotes of texts and captions, and nothing else', () => {
  const dead = quoted(`@${joiner}all`);
  expect(withDeadQuotes({ chat_id: -5, text: quoted('@all') })).toEqual({ chat_id: -5, text: dead });
  expect(withDeadQuotes({ caption: quoted('@all'), photo: 'x' })).toEqual({ caption: dead, photo: 'x' });
  const media = { type: 'photo', media: 'x', caption: quoted('@all') };
  expect(withDeadQuotes({ media })).toEqual({ media: { ...media, caption: dead } });
  expect(withDeadQuotes({ media: 'file' })).toEqual({ media: 'file' });
});

test('withDeadQuotes() leaves a text alone that would become too long for Telegram', () => {
  const text = quoted('@a '.repeat(1_350));
  expect(withDeadQuotes({ text })).toEqual({ text });
});
