import { InlineKeyboard } from 'grammy';
import { expect, test } from 'vitest';
import { aTelegram, refusalOf } from './a-telegram.ts';

const notModified =
  '400 Bad Request: message is not modified: specified new message content and reply markup are exactly the same as ' +
  'a current content and reply markup of the message';

test('a text has 1 to 4096 characters after its formatting is read', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const html = { parse_mode: 'HTML' } as const;
  expect(await refusalOf(api.sendMessage(ada.id, ' \n '))).toBe('400 Bad Request: message text is empty');
  expect(await refusalOf(api.sendMessage(ada.id, '<b></b>', html))).toBe('400 Bad Request: message text is empty');
  expect(await refusalOf(api.sendMessage(ada.id, 'x'.repeat(4097)))).toBe('400 Bad Request: message is too long');
  await api.sendMessage(ada.id, `<b>${'&amp;'.repeat(4096)}</b>`, html);
  await api.sendMessage(ada.id, '🦊'.repeat(4096));
  expect(ada.messages().map(({ text }) => Array.from(text).length)).toEqual([5, 4096, 4096]);
});

test('half an emoji is refused', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const refusal = await refusalOf(api.sendMessage(ada.id, '🦊'.slice(0, 1)));
  expect(refusal).toBe('400 Bad Request: strings must be encoded in UTF-8');
});

test('an edit changes text and keyboard, and removes the keyboard when it names none', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const keyboard = new InlineKeyboard().text('Cancel', 'c:1');
  const { message_id: id } = await api.sendMessage(ada.id, 'queued', { reply_markup: keyboard });
  await api.editMessageText(ada.id, id, 'making', { reply_markup: keyboard });
  expect(ada.messages().at(-1)).toMatchObject({ id, text: 'making', edited: true, buttons: [[{ data: 'c:1' }]] });
  await api.editMessageText(ada.id, id, 'making');
  expect(ada.messages().at(-1)).toMatchObject({ id, text: 'making', buttons: [] });
  await api.editMessageReplyMarkup(ada.id, id, { reply_markup: keyboard });
  expect(ada.messages().at(-1)).toMatchObject({ buttons: [[{ text: 'Cancel' }]] });
});

test('an edit that changes nothing is refused', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const keyboard = new InlineKeyboard().text('Cancel', 'c:1');
  const { message_id: id } = await api.sendMessage(ada.id, '<b>a</b>', { parse_mode: 'HTML', reply_markup: keyboard });
  const same = { parse_mode: 'HTML', reply_markup: keyboard } as const;
  expect(await refusalOf(api.editMessageText(ada.id, id, '<strong>a</strong>', same))).toBe(notModified);
  expect(await refusalOf(api.editMessageReplyMarkup(ada.id, id, { reply_markup: keyboard }))).toBe(notModified);
  await api.editMessageText(ada.id, id, 'a', { reply_markup: keyboard });
});

test('only own messages that exist can be edited', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const own = ada.say('mine');
  expect(await refusalOf(api.editMessageText(ada.id, 999, 'x'))).toBe('400 Bad Request: message to edit not found');
  expect(await refusalOf(api.editMessageText(ada.id, own, 'x'))).toBe("400 Bad Request: message can't be edited");
  const { message_id: id } = await api.sendMessage(ada.id, 'ours');
  ada.deleteMessage(id);
  expect(await refusalOf(api.editMessageText(ada.id, id, 'x'))).toBe('400 Bad Request: message to edit not found');
});

test('a reply needs its message, unless it allows a missing one', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const gone = { message_id: 99 };
  expect(await refusalOf(api.sendMessage(ada.id, 'x', { reply_parameters: gone }))).toBe(
    '400 Bad Request: message to be replied not found',
  );
  await api.sendMessage(ada.id, 'x', { reply_parameters: { ...gone, allow_sending_without_reply: true } });
  const { reply_to_message: replied } = await api.sendMessage(ada.id, 'y', { reply_parameters: { message_id: 1 } });
  expect(replied?.text).toBe('hello');
  expect(ada.messages().map(({ replyTo }) => replyTo)).toEqual([undefined, undefined, 1]);
});

test('a bot cannot start a chat, nor write to somebody who has blocked it', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const bob = sandbox.person({ id: 502, firstName: 'Bob' });
  expect(await refusalOf(api.sendMessage(bob.id, 'hi'))).toBe('400 Bad Request: chat not found');
  expect(await refusalOf(api.sendMessage(12_345, 'hi'))).toBe('400 Bad Request: chat not found');
  bob.say('/start');
  await api.sendMessage(bob.id, 'hi');
  ada.block();
  expect(await refusalOf(api.sendMessage(ada.id, 'hi'))).toBe('403 Forbidden: bot was blocked by the user');
  expect(() => ada.say('hm')).toThrow('has blocked it');
  ada.unblock();
  await api.sendMessage(ada.id, 'hi');
  const updates = await api.getUpdates();
  expect(updates.flatMap(({ my_chat_member: member }) => member?.new_chat_member.status ?? [])).toEqual([
    'kicked',
    'member',
  ]);
});

test('keyboards are checked: shape, data bytes, addresses, number of buttons', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const refusal = (markup: unknown) => refusalOf(api.sendMessage(ada.id, 'x', { reply_markup: markup as never }));
  const button = (more: object) => ({ inline_keyboard: [[{ text: 'Go', ...more }]] });
  expect(await refusal(button({ callback_data: '🦊'.repeat(16) }))).toBe('not refused');
  expect(await refusal(button({ callback_data: `${'🦊'.repeat(16)}.` }))).toBe('400 Bad Request: BUTTON_DATA_INVALID');
  expect(await refusal(button({ callback_data: '' }))).toBe('400 Bad Request: BUTTON_DATA_INVALID');
  expect(await refusal(button({}))).toContain('text buttons are unallowed in the inline keyboard');
  expect(await refusal(button({ callback_data: 'x', style: 'pink' }))).toContain('invalid button style');
  expect(await refusal(button({ url: 'http://localhost/x' }))).toContain('is invalid: wrong HTTP URL');
  expect(await refusal(button({ copy_text: { text: 'x'.repeat(257) } }))).toContain('BUTTON_COPY_TEXT_INVALID');
  expect(await refusal({ inline_keyboard: [{ text: 'Go', callback_data: 'x' }] })).toContain('Array of Arrays');
  expect(await refusal({ inline_keyboard: 'x' })).toContain('must be of type Array');
  const row = Array.from({ length: 101 }, (_, index) => [{ text: 'Go', callback_data: `x${index}` }]);
  expect(await refusal({ inline_keyboard: row })).toBe('400 Bad Request: REPLY_MARKUP_TOO_LONG');
  expect(await refusal({ inline_keyboard: row.slice(1) })).toBe('not refused');
});

test('a press is answered once, within 150 s', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const keyboard = new InlineKeyboard().text('Go', 'go');
  const { message_id: id } = await api.sendMessage(ada.id, 'x', { reply_markup: keyboard });
  const tooOld = '400 Bad Request: query is too old and response timeout expired or query ID is invalid';
  const first = ada.press(id, 'Go');
  const text = { text: 'x'.repeat(201) };
  expect(await refusalOf(api.answerCallbackQuery(first.queryId, text))).toBe('400 Bad Request: MESSAGE_TOO_LONG');
  await api.answerCallbackQuery(first.queryId, { text: 'ok', show_alert: true });
  expect(await first.answered).toEqual({ kind: 'answered', text: 'ok', showAlert: true });
  expect(await refusalOf(api.answerCallbackQuery(first.queryId))).toBe(tooOld);
  const second = ada.press(id, 'Go');
  await clock.advance(150_000);
  expect(await refusalOf(api.answerCallbackQuery(second.queryId))).toBe(tooOld);
});

test('messages are deleted one by one or together', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const { message_id: id } = await api.sendMessage(ada.id, 'x');
  await api.deleteMessage(ada.id, id);
  expect(await refusalOf(api.deleteMessage(ada.id, id))).toBe('400 Bad Request: message to delete not found');
  await api.sendMessage(ada.id, 'y');
  await api.deleteMessages(ada.id, [1, id, id + 1]);
  expect(ada.messages()).toEqual([]);
  const old = await api.sendMessage(ada.id, 'old');
  await clock.advance(49 * 3_600_000);
  expect(await refusalOf(api.deleteMessage(ada.id, old.message_id))).toContain("can't be deleted for everyone");
});

test('a reaction is one of the allowed emoji', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  await api.setMessageReaction(ada.id, 1, [{ type: 'emoji', emoji: '👀' }]);
  expect(ada.messages()[0]?.reaction).toBe('👀');
  const wrong = [{ type: 'emoji', emoji: '✅' }] as never;
  expect(await refusalOf(api.setMessageReaction(ada.id, 1, wrong))).toBe('400 Bad Request: REACTION_INVALID');
  await api.setMessageReaction(ada.id, 1, []);
  expect(ada.messages()[0]?.reaction).toBeUndefined();
});

test('onChange() reports what is sent, edited, deleted, done and answered until it is disposed', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const changes: string[] = [];
  const listening = sandbox.onChange((change) => changes.push(JSON.stringify(change)));
  await api.sendChatAction(ada.id, 'upload_photo');
  const keyboard = new InlineKeyboard().text('Go', 'go');
  const { message_id: id } = await api.sendMessage(ada.id, 'x', { reply_markup: keyboard });
  const press = ada.press(id, 'go');
  await api.answerCallbackQuery(press.queryId);
  await api.editMessageText(ada.id, id, 'y');
  await api.deleteMessage(ada.id, id);
  ada.say('bye');
  listening[Symbol.dispose]();
  ada.say('unheard');
  const at = { chatId: 501, messageId: id };
  expect(changes.map((change) => JSON.parse(change) as unknown)).toEqual([
    { kind: 'action', chatId: 501, action: 'upload_photo' },
    { kind: 'message-sent', ...at, from: 'bot' },
    { kind: 'callback-answered', chatId: 501, userId: 501, queryId: press.queryId, showAlert: false },
    { kind: 'message-edited', ...at },
    { kind: 'message-deleted', ...at },
    { kind: 'message-sent', chatId: 501, messageId: id + 1, from: 'person' },
  ]);
  expect(await refusalOf(api.sendChatAction(ada.id, 'dancing' as never))).toContain('wrong parameter action');
});

test('Person.waitFor() rejects with what there is when its time is over', async () => {
  await using telegram = await aTelegram();
  const waiting = telegram.ada.waitFor((messages) => messages.length > 1, { timeoutMs: 1 });
  await expect(waiting).rejects.toThrow('now there are: #1 person: "hello"');
});

test('a text longer than a message is sent in several, as phones do', async () => {
  await using telegram = await aTelegram();
  const { ada, api } = telegram;
  const first = ada.say(`/generate ${'🦊'.repeat(5000)}`);
  expect(ada.messages().map(({ id, text }) => [id, Array.from(text).length])).toEqual([
    [1, 5],
    [first, 4096],
    [first + 1, 914],
  ]);
  expect(await api.getUpdates()).toHaveLength(3);
});
