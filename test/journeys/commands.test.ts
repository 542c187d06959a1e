import { expect, test } from 'vitest';
import { type TestApp, adminId, fromBot, openTestApp, premiumId, testToken, wordsOf } from '../support/test-app.ts';
import {
  answerTo,
  callsOf,
  newMessage,
  pictures,
  press,
  reads,
  runs,
  troubles,
  until,
  whileTimePasses,
} from './talk.ts';
import { acquaintance } from './raw-updates.ts';
import { localeFolder } from '../../src/messages/catalog.ts';
import { languageOf } from '../../src/messages/catalog.ts';
import { fakeClock } from '../support/fake-clock.ts';

const commandNames = ({ telegram }: TestApp, chatId: number, languageCode?: string) =>
  telegram.commandsFor(chatId, chatId, languageCode).map(({ command }) => command);

test('a person who writes an unknown command is told where to find the known ones', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  expect(wordsOf(await answerTo(person, '/xylophone a fox'))).toMatch(/don’t know that command.*\/help/);
});

test('a person who writes no command at all is asked what to make of the words', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  expect(wordsOf(await answerTo(person, 'a red fox'))).toContain('Shall I make something of this?');
  expect(runs(app)).toEqual([]);
});

test('a person who asks without words learns how, and the example button makes a picture', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const how = await answerTo(person, '/generate');
  expect(wordsOf(how)).toContain('/generate a red fox in the snow');
  expect(await press(person, how.id, '🦊 An example picture')).toBe('On it!');
  const [picture] = await pictures(person);
  expect(wordsOf(picture)).toContain('a red fox in the snow, soft morning light');
});

test('a person who asks for a video without words learns how', async () => {
  await using app = await openTestApp();
  const how = await answerTo(app.person(7), '/video');
  expect(wordsOf(how)).toContain('/video waves rolling onto a beach');
  expect(how.buttons.flat()).toEqual([{ text: '🌊 An example video', data: 'example:video' }]);
});

test('a person whose words cannot be seen is asked for some', async () => {
  await using app = await openTestApp();
  const answer = await answerTo(app.person(7), '/generate \u{200b}\u{200d}\u{fe0f}\u{2060}');
  expect(wordsOf(answer)).toContain('Tell me what to draw');
  expect(app.events.filter(({ event }) => event === 'job.accepted')).toEqual([]);
});

test('a person who sends a photo or a sticker hears kind words', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.sendPhoto('the same in blue');
  const [answer] = fromBot(await person.waitFor((seen) => fromBot(seen).length > 0));
  expect(wordsOf(answer)).toContain('I work from words');
  const before = new Set(person.messages().map(({ id }) => id));
  app.telegram.sendUpdate({
    message: {
      message_id: 4_000,
      date: 1,
      chat: { id: 7, type: 'private', first_name: 'Person 7' },
      from: { id: 7, is_bot: false, first_name: 'Person 7', language_code: 'en' },
      sticker: { file_id: 's', file_unique_id: 's', type: 'regular', width: 1, height: 1, is_animated: false },
    },
  });
  expect(wordsOf(await newMessage(person, before))).toContain('I work from words');
});

test('a person who edits an old message starts nothing by it', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const said = person.say('/help');
  await person.waitFor((seen) => fromBot(seen).length === 1);
  person.say('/generate a fox', { edited: said });
  app.telegram.sendUpdate({
    edited_message: {
      message_id: said,
      date: 1,
      edit_date: 2,
      chat: { id: 7, type: 'private', first_name: 'Person 7' },
      from: { id: 7, is_bot: false, first_name: 'Person 7' },
      text: '/generate a fox',
      entities: [{ type: 'bot_command', offset: 0, length: 9 }],
    },
  });
  await answerTo(person, '/language');
  expect(fromBot(person.messages())).toHaveLength(2);
  expect(runs(app)).toEqual([]);
});

test('a command that names another bot makes no picture', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  expect(wordsOf(await answerTo(person, '/generate@other_bot a fox'))).toContain('don’t know that command');
  expect(runs(app)).toEqual([]);
});

test('a person says hello, asks for help, for their requests and for premium', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  expect(wordsOf(await answerTo(person, '/start'))).toMatch(/^👋 Hi, Person 7!/);
  expect(wordsOf(await answerTo(person, '/help'))).toContain('/cancel: stop a request');
  expect(wordsOf(await answerTo(person, '/status'))).toContain('You have no requests right now');
  const premium = wordsOf(await answerTo(person, '/premium'));
  expect(premium).toContain('What premium changes');
  expect(premium).toMatch(/Your id, should they ask for it: 7$/);
  expect(wordsOf(await answerTo(app.person(premiumId), '/premium'))).toContain('You have premium. Enjoy!');
  expect(troubles(app)).toEqual([]);
});

test('a person who chooses Spanish is answered in Spanish, also after a restart', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const choice = await answerTo(person, '/language');
  expect(choice.buttons.flat().map(({ text }) => text)).toContain('✓ English');
  await press(person, choice.id, 'Español');
  await person.waitFor((seen) => seen.some(({ buttons }) => buttons.flat().some(({ text }) => text === '✓ Español')));
  expect(wordsOf(await answerTo(person, '/nada'))).toMatch(/[áéíóúñ]/);
  await app.restart();
  expect(wordsOf(await answerTo(person, '/nada'))).toMatch(/[áéíóúñ]/);
});

test.each([
  ['es-MX', '👋 ¡Hola'],
  ['pt', '👋 Oi'],
  ['in', '👋 Hai'],
  ['tr', '👋 Merhaba'],
  ['nb', '👋 Hi'],
])('a person whose phone speaks %s is greeted so from the beginning: %s', async (language, words) => {
  await using app = await openTestApp();
  expect(wordsOf(await answerTo(app.person(7, language), '/start')).startsWith(words)).toBe(true);
});

test.each([
  ['pt', '👋 Oi'],
  ['pt_BR', '👋 Oi'],
  ['DE', '👋 Hallo'],
  ['zh-CN', '👋 Person 7，你好'],
])('with DEFAULT_LOCALE=%s a person of a language without a locale is greeted so: %s', async (tag, words) => {
  await using app = await openTestApp({ env: { DEFAULT_LOCALE: tag } });
  expect(wordsOf(await answerTo(app.person(7, 'ja'), '/start')).startsWith(words)).toBe(true);
});

test('a person sees where a request stands and how it ended', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a fox');
  await until(() => runs(app).length === 1);
  const status = await answerTo(person, '/status');
  expect(wordsOf(status)).toMatch(/1\. 🎨 Picture: being made\na fox/);
  hold.release();
  await app.event('job.delivered');
  expect(await press(person, status.id, '🔄 Refresh')).toBe('Up to date.');
  await reads(person, status.id, '1. 🎨 Picture: finished');
});

const makes = ['generate', 'video', 'music', 'say', 'ask', 'new'];
const account = ['language', 'premium', 'privacy', 'export', 'forget'];
const usual = [
  ...makes,
  'status',
  'cancel',
  'history',
  'favourites',
  'settings',
  'styles',
  'models',
  ...account,
  'help',
  'start',
];
const ofAdmins = ['keys', 'stats', 'whois', 'feedback', 'block', 'unblock', 'broadcast'];
/** One list without a language, and one for each locale. */
const lists = 1 + localeFolder.names().length;

const published = (app: TestApp) => callsOf(app, 'setMyCommands').filter(({ ok }) => ok !== undefined).length;

test('the menu is in the person’s language, and shows /keys to nobody but the admin', async () => {
  await using app = await openTestApp();
  const [person, admin] = [app.person(7), app.person(adminId)];
  await answerTo(person, '/start');
  await answerTo(admin, '/start');
  await until(() => published(app) >= 2 * lists);
  const wordsIn = (language: string) => app.telegram.commandsFor(7, 7, language)[0]?.description;
  expect(wordsIn('en')).toBe('Make a picture from a sentence');
  expect(wordsIn('pt')).toBe('Fazer uma imagem a partir de uma frase');
  expect(new Set(localeFolder.names().map((locale) => wordsIn(languageOf(locale)))).size).toBe(lists - 1);
  expect(['', 'es', 'pt'].map((language) => commandNames(app, 7, language))).toEqual([usual, usual, usual]);
  const adminsOwn = [...usual, ...ofAdmins];
  expect(['', 'es'].map((language) => commandNames(app, adminId, language))).toEqual([adminsOwn, adminsOwn]);
});

test('an admin who never wrote is no trouble, and gets the menu once when writing', async () => {
  await using app = await openTestApp();
  const admin = app.person(adminId);
  await until(() => published(app) === lists + 1);
  expect(callsOf(app, 'setMyCommands').at(-1)?.error?.description).toContain('chat not found');
  await answerTo(admin, '/start');
  await until(() => published(app) === 2 * lists + 1);
  expect(commandNames(app, adminId)).toEqual([...usual, ...ofAdmins]);
  await answerTo(admin, '/help');
  expect(published(app)).toBe(2 * lists + 1);
  expect(troubles(app)).toEqual([]);
});

test('an admin who wrote before finds the menu after a restart', async () => {
  await using app = await openTestApp();
  await until(() => published(app) === lists + 1);
  await answerTo(app.person(adminId), '/start');
  await until(() => published(app) === 2 * lists + 1);
  await app.restart();
  await until(() => published(app) === 4 * lists + 1);
  expect(commandNames(app, adminId)).toContain('keys');
  expect(troubles(app)).toEqual([]);
});

test('menus of other scopes and languages are deleted, and those of former admins', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: { ADMIN_IDS: `${adminId},901` } });
  const former = app.person(901);
  await answerTo(former, '/start');
  await until(() => commandNames(app, 901).includes('keys'));
  const call = async (method: string, body: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const url = `${app.telegram.url}/bot${testToken}/${method}`;
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const old = { commands: [{ command: 'old', description: 'Of another program' }] };
  await call('setMyCommands', { ...old, scope: { type: 'all_private_chats' } });
  await call('setMyCommands', { ...old, scope: { type: 'all_group_chats' }, language_code: 'es' });
  await call('setMyCommands', { ...old, language_code: 'cs' });
  await call('setMyCommands', { ...old, scope: { type: 'all_chat_administrators' }, language_code: 'it' });
  await app.restart({ ADMIN_IDS: String(adminId) });
  await until(() => !commandNames(app, 901).includes('keys'));
  expect(commandNames(app, 901)).toEqual(usual);
  expect(['', 'es'].map((language) => commandNames(app, 7, language))).toEqual([usual, usual]);
  await whileTimePasses(
    clock,
    until(() => commandNames(app, 7, 'cs').includes('generate')),
  );
  const left = { scope: { type: 'all_chat_administrators' }, language_code: 'it' };
  await whileTimePasses(
    clock,
    // One of the last languages, and none of the bot's, in each of the four scopes.
    until(() => callsOf(app, 'deleteMyCommands').filter(({ params }) => params['language_code'] === 'yi').length === 4),
  );
  expect(await call('getMyCommands', left)).toMatchObject({ result: [] });

  // Lists of languages that the bot never had are deleted once, not at each start.
  const before = callsOf(app, 'deleteMyCommands').length;
  await whileTimePasses(clock, app.restart({ ADMIN_IDS: String(adminId) }));
  await clock.advance(60_000);
  const again = callsOf(app, 'deleteMyCommands').slice(before);
  expect(again.filter(({ params }) => params['language_code'] === 'yi')).toEqual([]);
});

test('a former admin who is not known as one loses the menu with /keys when asking for the keys', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const scope = { type: 'chat', chat_id: 7 };
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ scope, commands: [{ command: 'keys', description: 'The keys' }] });
  await fetch(`${app.telegram.url}/bot${testToken}/setMyCommands`, { method: 'POST', headers, body });
  expect(commandNames(app, 7)).toEqual(['keys']);
  await answerTo(person, '/keys');
  await until(() => !commandNames(app, 7).includes('keys'));
});
