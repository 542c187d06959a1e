import { readFileSync } from 'node:fs';
import { InputFile } from 'grammy';
import { expect, test } from 'vitest';
import { silentMp3 } from '../../sandbox/sound/silent-mp3.ts';
import type { TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { answerTo, pictures, press, reads, runs, until } from '../journeys/talk.ts';
import { aPng, aTelegram } from '../sandbox/telegram/a-telegram.ts';
import { telegramSchema } from '../support/telegram-schema.ts';
import { readTelegramTypes, schemaFile, type SchemaFixture } from '../support/telegram-types.ts';
import { adminId, openTestApp, premiumId, type TestApp } from '../support/test-app.ts';

const schema = telegramSchema();

/**
 * Lists the calls and results that do not match the types of Telegram; updates are checked as results of getUpdates.
 */
function mismatches({ calls }: Pick<TelegramSandbox, 'calls'>): readonly string[] {
  return calls.flatMap(({ method, params, ok, cut, result }) => {
    const answered = ok === true && cut !== true ? schema.result(method, result) : [];
    return [...schema.call(method, params), ...answered].map((words) => `${method}: ${words}`);
  });
}

const methodsOf = ({ telegram }: TestApp) => new Set(telegram.calls.map(({ method }) => method));

const updatesOf = ({ telegram }: TestApp) =>
  telegram.calls.flatMap(({ method, result }) => (method === 'getUpdates' ? ((result ?? []) as object[]) : []));

const kindsOf = (app: TestApp) =>
  new Set(updatesOf(app).flatMap((update) => Object.keys(update).filter((name) => name !== 'update_id')));

test('the schema is made from the installed types of Telegram', () => {
  const { madeFrom } = JSON.parse(readFileSync(schemaFile, 'utf8')) as SchemaFixture;
  expect(madeFrom, 'run "npm run schema:telegram" and read what changed').toEqual(readTelegramTypes().madeFrom);
});

test('a session of pictures, a video, languages and buttons matches the types of Telegram', async () => {
  await using app = await openTestApp({ seats: 2 });
  const [person, admin, vip] = [app.person(7), app.person(adminId), app.person(premiumId, 'es')];
  for (const words of ['/start', '/help', '/status', '/premium', '/paint', 'a fox', '/video']) {
    await answerTo(person, words);
  }
  person.say('/generate a red fox & a <hare>');
  await pictures(person);
  vip.say('/video waves rolling onto a beach');
  await vip.waitFor((messages) => messages.some(({ video }) => video !== undefined));
  const again = (await pictures(person))[0];
  await press(person, again?.id ?? 0, again?.buttons.flat().find(({ data }) => data?.startsWith('again:'))?.data ?? '');
  await pictures(person, 2);
  const languages = await answerTo(person, '/language');
  await press(person, languages.id, 'Español');
  const keys = await answerTo(admin, '/keys');
  for (const { data } of keys.buttons.flat().slice(0, 2)) await press(admin, keys.id, data ?? '');
  await answerTo(admin, '/premium 7 30');
  person.sendPhoto('/generate the same in blue');
  person.block();
  person.unblock();
  await answerTo(person, '/help');
  expect(mismatches(app.telegram)).toEqual([]);
  expect([...methodsOf(app)].sort()).toEqual(
    expect.arrayContaining([
      'answerCallbackQuery',
      'editMessageMedia',
      'getMe',
      'getUpdates',
      'sendMessage',
      'setMyCommands',
    ]),
  );
  expect(kindsOf(app)).toEqual(new Set(['message', 'callback_query', 'my_chat_member']));
});

test('a session of waiting, cancelling and a restart matches the types of Telegram', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const [first, second] = [app.person(7), app.person(8)];
  const running = await answerTo(first, '/generate an apple');
  await until(() => runs(app).length === 1);
  const waiting = await answerTo(second, '/generate a banana');
  await press(second, waiting.id, '✖ Cancel');
  await reads(second, waiting.id, 'Cancelled.');
  await press(second, running.id, 'nothing').catch(() => undefined);
  await answerTo(first, '/cancel');
  await app.restart();
  hold.release();
  first.say('/generate a cherry');
  await pictures(first);
  expect(mismatches(app.telegram)).toEqual([]);
});

test('a session in groups and topics matches the types of Telegram', async () => {
  await using app = await openTestApp();
  const { telegram } = app;
  const person = app.person(7);
  const group = telegram.group({ id: -42, title: 'Friends of foxes' });
  const forum = telegram.group({ id: -1_000_000_000_042, title: 'A forum', isForum: true });
  const threadId = forum.addTopic('pictures');
  person.say('/generate@darkroom_sandbox_bot a fox', { in: group });
  await pictures(person, 1, group);
  person.say('/generate@darkroom_sandbox_bot a hare', { in: forum, threadId });
  await pictures(person, 1, forum);
  expect(mismatches(telegram)).toEqual([]);
  expect(kindsOf(app)).toEqual(new Set(['message']));
});

test('a session in which much goes wrong matches the types of Telegram', async () => {
  await using app = await openTestApp({
    accounts: [
      [{ do: { kind: 'unauthorized' } }],
      [{ do: { kind: 'refused' }, when: { times: 1 } }, { do: { kind: 'out-of-credit' } }],
    ],
  });
  const { telegram } = app;
  const person = app.person(7);
  telegram.addFault({ method: 'editMessageText', times: 1, do: { kind: '429', retryAfterS: 1 } });
  telegram.addFault({ method: 'sendMessage', times: 1, do: { kind: '5xx', status: 502 } });
  const notified = () => app.events.filter(({ event }) => event === 'job.notified').length;
  person.say('/generate something refused');
  await until(() => notified() === 1);
  person.say('/generate something without credit');
  await until(() => notified() === 2);
  await answerTo(app.person(adminId), '/keys');
  expect(mismatches(telegram)).toEqual([]);
});

test('the results of every send and edit match the types of Telegram', async () => {
  await using telegram = await aTelegram();
  const { api, ada, sandbox } = telegram;
  const photo = () => new InputFile(aPng(640, 480), 'fox.png');
  const document = () => new InputFile(Buffer.from('words'), 'fox.txt');
  const sent = await api.sendPhoto(ada.id, photo(), { caption: 'a <b>fox</b>', parse_mode: 'HTML', has_spoiler: true });
  await api.sendDocument(ada.id, document(), { reply_parameters: { message_id: sent.message_id } });
  const sound = () => new InputFile(silentMp3(3), 'fox.mp3');
  await api.sendAudio(ada.id, sound(), { duration: 3, title: 'Fox', performer: 'Nobody' });
  await api.sendVoice(ada.id, sound(), { duration: 3 });
  await api.sendAnimation(ada.id, document(), { duration: 3, width: 32, height: 32 });
  await api.sendMediaGroup(ada.id, [
    { type: 'photo', media: photo() },
    { type: 'photo', media: sent.photo[0]?.file_id ?? '', caption: 'two' },
  ]);
  await api.editMessageCaption(ada.id, sent.message_id, { caption: 'a hare' });
  await api.editMessageReplyMarkup(ada.id, sent.message_id, {
    reply_markup: { inline_keyboard: [[{ text: 'Again', callback_data: 'a', style: 'success' }]] },
  });
  await api.setMessageReaction(ada.id, sent.message_id, [{ type: 'emoji', emoji: '👀' }]);
  await api.getFile(sent.photo[0]?.file_id ?? '');
  await api.getChat(ada.id);
  await api.getChatMember(ada.id, ada.id);
  await api.sendChatAction(ada.id, 'upload_photo');
  await api.setMyDescription('A bot');
  await api.getMyDescription();
  await api.getMyName();
  await api.getMyShortDescription();
  await api.getMyCommands();
  await api.setChatMenuButton({ menu_button: { type: 'commands' } });
  await api.getChatMenuButton();
  await api.getWebhookInfo();
  await api.deleteMessages(ada.id, [sent.message_id]);
  ada.say('an edit', { edited: ada.say('a text') });
  await api.getUpdates();
  expect(mismatches(sandbox)).toEqual([]);
});

test('the results about groups and their members match the types of Telegram', async () => {
  await using telegram = await aTelegram();
  const { api, ada, sandbox } = telegram;
  const basic = sandbox.group({ id: -42, title: 'Friends' });
  const forum = sandbox.group({ id: -1_000_000_000_042, title: 'Forum', isForum: true });
  ada.say('/start', { in: basic });
  const bot = await api.getMe();
  const someone = sandbox.person({ id: 502, firstName: 'Ben' });
  basic.makeAdmin(someone.id);
  forum.makeAdmin(bot.id);
  for (const group of [basic, forum]) {
    await api.getChat(group.id);
    for (const { id } of [ada, someone, bot]) await api.getChatMember(group.id, id);
  }
  basic.kickBot();
  await api.getChatMember(basic.id, bot.id);
  ada.block();
  await api.getChatMember(ada.id, bot.id);
  await api.getUpdates();
  expect(mismatches(sandbox)).toEqual([]);
});

test.each<[string, string, Readonly<Record<string, unknown>>]>([
  ['an argument that does not exist', 'sendMessage', { chat_id: 1, text: 'x', txt: 'x' }],
  ['a missing argument', 'sendMessage', { chat_id: 1 }],
  ['an argument of another type', 'sendMessage', { chat_id: 1, text: 'x', disable_notification: 'please' }],
  ['a parse mode that does not exist', 'sendMessage', { chat_id: 1, text: 'x', parse_mode: 'html5' }],
  [
    'a button without an action',
    'sendMessage',
    { chat_id: 1, text: 'x', reply_markup: { inline_keyboard: [[{ text: 'a' }]] } },
  ],
  [
    'a misspelt field of a button',
    'sendMessage',
    { chat_id: 1, text: 'x', reply_markup: { inline_keyboard: [[{ text: 'a', callback_dat: 'b' }]] } },
  ],
  [
    'a colour that does not exist',
    'sendMessage',
    { chat_id: 1, text: 'x', reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'b', style: 'pink' }]] } },
  ],
  [
    'a media type that does not exist',
    'editMessageMedia',
    { chat_id: 1, message_id: 1, media: { type: 'picture', media: 'x' } },
  ],
  [
    'an upload that nothing refers to',
    'editMessageText',
    { chat_id: 1, message_id: 1, text: 'x', abc: { name: 'a.png', bytes: 9 } },
  ],
  ['an update kind that does not exist', 'getUpdates', { allowed_updates: ['mesage'] }],
  ['a scope that does not exist', 'setMyCommands', { commands: [], scope: { type: 'everybody' } }],
  ['a method that does not exist', 'sendPicture', { chat_id: 1 }],
])('a bad call is found: %s', (_what, method, params) => {
  expect(schema.call(method, params)).not.toEqual([]);
});

const chat = { id: 7, type: 'private', first_name: 'Ada' };
const from = { id: 7, is_bot: false, first_name: 'Ada' };

test.each<[string, object]>([
  ['a message without a chat', { update_id: 1, message: { message_id: 1, date: 1, from, text: 'x' } }],
  [
    'a person without a name',
    { update_id: 1, message: { message_id: 1, date: 1, chat, from: { id: 7, is_bot: false } } },
  ],
  ['a field that does not exist', { update_id: 1, message: { message_id: 1, date: 1, chat, from, words: 'x' } }],
  ['a kind that does not exist', { update_id: 1, press: {} }],
  ['a date that is text', { update_id: 1, message: { message_id: 1, date: 'today', chat, from, text: 'x' } }],
])('a bad update is found: %s', (_what, update) => {
  expect(schema.update(update)).not.toEqual([]);
  expect(schema.result('getUpdates', [update])).not.toEqual([]);
});

test('a good call, answer and update pass', () => {
  expect(schema.call('sendMessage', { chat_id: 7, text: 'x', message_thread_id: '3' })).toEqual([]);
  expect(schema.result('sendMessage', { message_id: 1, date: 1, chat, text: 'x' })).toEqual([]);
  expect(schema.result('sendPhoto', { message_id: 1, date: 1, chat, text: 'x' })).not.toEqual([]);
  expect(schema.update({ update_id: 1, message: { message_id: 1, date: 1, chat, from, text: 'x' } })).toEqual([]);
});

test('a bad call is found among the recorded ones, where the stand-in, like Telegram, lets it pass', async () => {
  await using telegram = await aTelegram();
  const { api, ada, sandbox } = telegram;
  await api.sendMessage(ada.id, 'x', { disable_web_page_preview: true } as object);
  const [call] = sandbox.calls;
  expect(call?.ok).toBe(true);
  expect(mismatches(sandbox)).toEqual([
    'sendMessage: must NOT have additional properties {"additionalProperty":"disable_web_page_preview"}',
  ]);
});

test('payments match the types of Telegram', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock, sandbox } = telegram;
  const updates = async () => {
    await clock.advance(5_000);
    return api.getUpdates({ offset: 0 });
  };
  const link = await api.createInvoiceLink('T', 'D', 'p', '', 'XTR', [{ label: 'Premium', amount: 9 }], {
    subscription_period: 2_592_000,
  });
  for (const bill of [
    (await api.sendInvoice(ada.id, 'T', 'D', 'order-1', 'XTR', [{ label: 'Premium', amount: 50 }])).message_id,
    link,
  ]) {
    const paying = ada.pay(bill);
    await api.answerPreCheckoutQuery((await updates()).at(-1)?.pre_checkout_query?.id ?? '', true);
    const outcome = await paying.outcome;
    if (outcome.kind === 'paid') await api.refundStarPayment(ada.id, outcome.chargeId);
  }
  await updates();
  await api.getStarTransactions();
  await api.getMyStarBalance();
  await api.sendMessageDraft(ada.id, 1, 'It was a dark');
  const strayed = sandbox.calls.flatMap(({ method, params, result }) => [
    ...schema.call(method, params),
    ...schema.result(method, result),
  ]);
  expect(strayed).toEqual([]);
});
