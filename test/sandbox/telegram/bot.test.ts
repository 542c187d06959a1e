import { Bot, InlineKeyboard } from 'grammy';
import { expect, test } from 'vitest';
import { aTelegram, stopBot, token } from './a-telegram.ts';

test('a bot of grammY polls, receives a command with its argument and answers', async () => {
  await using telegram = await aTelegram();
  const { sandbox, ada, clock } = telegram;
  const bot = new Bot(token, { client: { apiRoot: sandbox.url } });
  bot.command('generate', (ctx) => ctx.reply(`making ${ctx.match}`, { reply_parameters: { message_id: ctx.msgId } }));
  const running = bot.start();
  const asked = ada.say('/generate a red 🦊');
  const seen = await ada.waitFor((messages) => messages.some(({ from }) => from === 'bot'));
  expect(seen.at(-1)).toEqual({
    id: asked + 1,
    from: 'bot',
    atMs: clock.now(),
    text: 'making a red 🦊',
    html: 'making a red 🦊',
    buttons: [],
    edited: false,
    replyTo: asked,
  });
  await stopBot(bot, clock);
  await running;
});

test('a pressed button reaches bot.callbackQuery() and its answer comes back to who pressed', async () => {
  await using telegram = await aTelegram();
  const { sandbox, ada, api, clock } = telegram;
  const keyboard = new InlineKeyboard()
    .text('Again', 'g:12')
    .url('Site', 'https://example.org')
    .row()
    .text('Stop', 'x');
  const { message_id: id } = await api.sendMessage(ada.id, 'done', { reply_markup: keyboard });
  expect(ada.messages().at(-1)?.buttons).toEqual([
    [
      { text: 'Again', data: 'g:12' },
      { text: 'Site', url: 'https://example.org' },
    ],
    [{ text: 'Stop', data: 'x' }],
  ]);
  const bot = new Bot(token, { client: { apiRoot: sandbox.url } });
  bot.callbackQuery(/^g:(\d+)$/, (ctx) => ctx.answerCallbackQuery({ text: `again ${String(ctx.match[1])}` }));
  const running = bot.start();
  const press = ada.press(id, 'Again');
  expect(press.answer).toBeUndefined();
  expect(await press.answered).toEqual({ kind: 'answered', text: 'again 12', showAlert: false });
  expect(press.answer).toEqual({ kind: 'answered', text: 'again 12', showAlert: false });
  await stopBot(bot, clock);
  await running;
});

test('Person.press() throws when there is no such button, or when it only opens an address', async () => {
  await using telegram = await aTelegram();
  const { ada, api } = telegram;
  const keyboard = new InlineKeyboard().url('Site', 'https://example.org');
  const { message_id: id } = await api.sendMessage(ada.id, 'done', { reply_markup: keyboard });
  expect(() => ada.press(id, 'Other')).toThrow('Cannot press "Other" of message 2: it can press "Site"');
  expect(() => ada.press(id, 'Site')).toThrow('Cannot press "Site"');
  expect(() => ada.press(99, 'Site')).toThrow('there is no message 99');
});
