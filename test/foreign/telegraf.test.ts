import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Markup, Telegraf, TelegramError } from 'telegraf';
import { callbackQuery, message } from 'telegraf/filters';
import { expect, test } from 'vitest';
import type { TelegramFault } from '../../sandbox/telegram/faults.ts';
import { anMp4, aPng, aTelegram, token } from '../sandbox/telegram/a-telegram.ts';

type Setup = (bot: Telegraf) => void;

/** A bot of telegraf that polls the sandbox; leaving the scope stops it and waits until it has stopped. */
async function aBot(setup: Setup = () => undefined, options: { readonly faults?: readonly TelegramFault[] } = {}) {
  const telegram = await aTelegram(options);
  const bot = new Telegraf(token, { telegram: { apiRoot: telegram.sandbox.url } });
  setup(bot);
  const { promise: launched, resolve } = Promise.withResolvers<void>();
  const state = { isRunning: true };
  const running = bot.launch({ dropPendingUpdates: true }, resolve).finally(() => {
    state.isRunning = false;
  });
  await launched;
  // The bot can be stopped, and receives updates, once it has called getUpdates.
  await expect.poll(() => telegram.sandbox.calls.some(({ method }) => method === 'getUpdates')).toBe(true);
  const stop = async () => {
    if (state.isRunning) bot.stop('the test is over');
    // Its last poll repeats an offset, so it waits for 3 s of the fake clock.
    while (state.isRunning) await telegram.clock.advance(1000);
    await running;
  };
  return {
    ...telegram,
    bot,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await telegram.sandbox[Symbol.asyncDispose]();
    },
  };
}

/** Returns the response with which telegraf rejects a refused call. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    if (error instanceof TelegramError) return error.response;
    throw error;
  }
  return 'not refused';
}

test('a bot of telegraf drops pending updates, receives a text and replies to it', async () => {
  await using telegram = await aBot((bot) => {
    bot.on(message('text'), (ctx) =>
      ctx.reply(`*${ctx.message.text}* from ${ctx.from.first_name} <b>`, {
        reply_parameters: { message_id: ctx.message.message_id },
      }),
    );
  });
  const { ada } = telegram;
  const asked = ada.say('a fox');
  const seen = await ada.waitFor((messages) => messages.some(({ from }) => from === 'bot'));
  expect(seen.filter(({ from }) => from === 'bot')).toEqual([
    expect.objectContaining({ text: '*a fox* from Ada <b>', replyTo: asked, buttons: [] }),
  ]);
});

test('a bot of telegraf receives its commands, with and without its name, and publishes them', async () => {
  await using telegram = await aBot((bot) => {
    bot.command('generate', (ctx) => ctx.replyWithHTML(`<i>${ctx.payload}</i>`));
    bot.help((ctx) => ctx.reply('help is near'));
  });
  const { ada, bot, sandbox } = telegram;
  ada.say('/generate a red fox');
  ada.say('/help@our_bot');
  ada.say('/help@other_bot');
  ada.say('/generate@our_bot a blue fox');
  const seen = await ada.waitFor((messages) => messages.filter(({ from }) => from === 'bot').length === 3);
  const answers = seen.filter(({ from }) => from === 'bot').map(({ html }) => html);
  expect(answers.toSorted()).toEqual(['<i>a blue fox</i>', '<i>a red fox</i>', 'help is near']);
  const commands = [{ command: 'generate', description: 'Make a picture' }];
  await bot.telegram.setMyCommands(commands, { language_code: 'pt' });
  expect(await bot.telegram.getMyCommands({ language_code: 'pt' })).toEqual(commands);
  expect(sandbox.commandsFor(ada.id, ada.id, 'pt-br')).toEqual(commands);
});

test('a bot of telegraf uploads a photo from memory and from a path, and sends it again by its id', async () => {
  await using telegram = await aBot();
  const { ada, bot } = telegram;
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-telegraf-'));
  await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  const path = join(folder, 'fox.png');
  await writeFile(path, aPng(640, 480));
  const fromMemory = await bot.telegram.sendPhoto(
    ada.id,
    { source: aPng(32, 16), filename: 'tiny.png' },
    {
      caption: 'a <b>tiny</b> fox',
      parse_mode: 'HTML',
      reply_markup: Markup.inlineKeyboard([Markup.button.callback('Again', 'again:1')]).reply_markup,
    },
  );
  expect(fromMemory.photo.at(-1)).toMatchObject({ width: 32, height: 16, file_size: aPng(32, 16).byteLength });
  expect(fromMemory.caption_entities).toEqual([{ type: 'bold', offset: 2, length: 4 }]);
  const fromPath = await bot.telegram.sendPhoto(ada.id, { source: path });
  expect(fromPath.photo.map(({ width }) => width)).toEqual([320, 640]);
  await bot.telegram.sendPhoto(ada.id, fromPath.photo.at(-1)?.file_id ?? '');
  const photos = ada.messages().flatMap(({ photo, buttons }) => (photo === undefined ? [] : [{ photo, buttons }]));
  expect(photos.map(({ photo }) => [photo.name, photo.width, photo.height])).toEqual([
    ['tiny.png', 32, 16],
    ['fox.png', 640, 480],
    ['fox.png', 640, 480],
  ]);
  expect(Buffer.from(photos[1]?.photo.bytes ?? [])).toEqual(aPng(640, 480));
  expect(photos[0]?.buttons).toEqual([[{ text: 'Again', data: 'again:1' }]]);
  const link = await bot.telegram.getFileLink(fromMemory.photo[0]?.file_id ?? '');
  const file = await fetch(link);
  expect(Buffer.from(await file.arrayBuffer())).toEqual(aPng(32, 16));
});

test('a pressed button reaches a bot of telegraf, which answers it and edits its message', async () => {
  await using telegram = await aBot((bot) => {
    bot.action(/^again:(\d+)$/, async (ctx) => {
      await ctx.answerCbQuery(`number ${ctx.match[1] ?? ''}`, { show_alert: true });
      await ctx.editMessageText('done', Markup.inlineKeyboard([[Markup.button.url('Site', 'https://example.org')]]));
    });
    bot.on(callbackQuery('data'), (ctx) => ctx.answerCbQuery());
  });
  const { ada, bot } = telegram;
  const keyboard = Markup.inlineKeyboard([
    Markup.button.callback('Again', 'again:7'),
    Markup.button.callback('No', 'no'),
  ]);
  const { message_id: id } = await bot.telegram.sendMessage(ada.id, 'more?', keyboard);
  expect(await ada.press(id, 'No').answered).toEqual({ kind: 'answered', showAlert: false });
  expect(await ada.press(id, 'Again').answered).toEqual({ kind: 'answered', showAlert: true, text: 'number 7' });
  const seen = await ada.waitFor((messages) => messages.some(({ edited }) => edited));
  expect(seen.at(-1)).toMatchObject({ id, text: 'done', buttons: [[{ text: 'Site', url: 'https://example.org' }]] });
});

test('a bot of telegraf turns a text into a picture, captions it, and deletes it', async () => {
  await using telegram = await aBot();
  const { ada, bot } = telegram;
  const { message_id: id } = await bot.telegram.sendMessage(ada.id, 'working');
  await bot.telegram.editMessageMedia(ada.id, id, undefined, {
    type: 'photo',
    media: { source: aPng(64, 64) },
    caption: 'a fox',
  });
  expect(ada.messages().at(-1)).toMatchObject({ id, text: '', caption: 'a fox', edited: true });
  expect(ada.messages().at(-1)?.photo).toMatchObject({ width: 64, height: 64 });
  await bot.telegram.editMessageCaption(ada.id, id, undefined, 'a red fox');
  await bot.telegram.editMessageReplyMarkup(ada.id, id, undefined, {
    inline_keyboard: [[{ text: 'Again', callback_data: 'a' }]],
  });
  expect(ada.messages().at(-1)).toMatchObject({ caption: 'a red fox', buttons: [[{ text: 'Again', data: 'a' }]] });
  expect(await bot.telegram.deleteMessage(ada.id, id)).toBe(true);
  expect(ada.messages().some((message) => message.id === id)).toBe(false);
});

test('a bot of telegraf sends an album of new and known files', async () => {
  await using telegram = await aBot();
  const { ada, bot } = telegram;
  const { photo } = await bot.telegram.sendPhoto(ada.id, { source: aPng(16, 16) });
  const album = await bot.telegram.sendMediaGroup(ada.id, [
    { type: 'photo', media: { source: aPng(48, 48) }, caption: 'one' },
    { type: 'video', media: { source: anMp4(), filename: 'two.mp4' } },
    { type: 'photo', media: photo[0]?.file_id ?? '' },
  ]);
  expect(album.map(({ media_group_id: group }) => group)).toEqual([
    expect.stringMatching(/^\d+$/),
    album[0]?.media_group_id,
    album[0]?.media_group_id,
  ]);
  expect(
    ada
      .messages()
      .slice(-3)
      .map(({ caption, photo, video }) => [caption, photo?.width, video?.name]),
  ).toEqual([
    ['one', 48, undefined],
    ['', undefined, 'two.mp4'],
    ['', 16, undefined],
  ]);
});

test('telegraf reads a refused request, a blocked bot, a flood and an unknown token as Telegram sends them', async () => {
  await using telegram = await aBot(undefined, {
    faults: [{ method: 'sendVideo', times: 1, do: { kind: '429', retryAfterS: 7 } }],
  });
  const { ada, bot, sandbox } = telegram;
  const { message_id: id } = await bot.telegram.sendMessage(ada.id, 'same');
  expect(await refusalOf(bot.telegram.editMessageText(ada.id, id, undefined, 'same'))).toEqual({
    ok: false,
    error_code: 400,
    description: expect.stringMatching(/^Bad Request: message is not modified: /),
  });
  expect(await refusalOf(bot.telegram.sendPhoto(ada.id, { source: Buffer.from('no picture') }))).toEqual({
    ok: false,
    error_code: 400,
    description: 'Bad Request: IMAGE_PROCESS_FAILED',
  });
  ada.block();
  expect(await refusalOf(bot.telegram.sendMessage(ada.id, 'anybody there?'))).toEqual({
    ok: false,
    error_code: 403,
    description: 'Forbidden: bot was blocked by the user',
  });
  ada.unblock();
  expect(await refusalOf(bot.telegram.sendVideo(ada.id, { source: anMp4() }))).toEqual({
    ok: false,
    error_code: 429,
    description: 'Too Many Requests: retry after 7',
    parameters: { retry_after: 7 },
  });
  const stranger = new Telegraf('7000000001:another-token', { telegram: { apiRoot: sandbox.url } });
  expect(await refusalOf(stranger.telegram.getMe())).toEqual({
    ok: false,
    error_code: 401,
    description: 'Unauthorized',
  });
});

test('a bot of telegraf that stops has confirmed all it handled', async () => {
  const heard: string[] = [];
  await using telegram = await aBot((bot) => {
    bot.on(message('text'), (ctx) => void heard.push(ctx.message.text));
  });
  const { ada, api, clock, stop } = telegram;
  ada.say('one');
  await expect.poll(() => heard).toEqual(['one']);
  await stop();
  ada.say('two');
  await clock.advance(5000);
  const waiting = await api.getUpdates();
  expect(waiting.map(({ message }) => message?.text)).toEqual(['two']);
});

test('a second bot of telegraf with the same token ends the first with 409', async () => {
  await using telegram = await aTelegram();
  const { api, clock, sandbox } = telegram;
  const bot = new Telegraf(token, { telegram: { apiRoot: sandbox.url } });
  const running = bot.launch({ dropPendingUpdates: true });
  await expect.poll(() => clock.pending).toBe(1);
  await api.getUpdates({ offset: 1 });
  expect(await refusalOf(running)).toMatchObject({ error_code: 409 });
});
