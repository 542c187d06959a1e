import { expect, test } from 'vitest';
import { readText } from '../../sandbox/telegram/text/read-text.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { accepted, acquaintance, commandsIn, dealtWith, groupMessageOf, me, messageOf } from './raw-updates.ts';
import { answerTo, newMessage, pictures, press, runs, troubles, until } from './talk.ts';

const rlm = '\u200F';

test.each([
  ['a capital letter', { text: '/Generate a fox' }],
  ['capital letters', { text: '/GENERATE a fox' }],
  ['a mark of direction', { text: `${rlm}/generate a fox`, entities: [{ type: 'bot_command', offset: 1, length: 9 }] }],
  ['a mark of direction that hid the command from Telegram', { text: `${rlm}/generate a fox` }],
  [
    'marks on both sides',
    { text: '\u2066/generate\u2069 a fox', entities: [{ type: 'bot_command', offset: 1, length: 9 }] },
  ],
  [
    'a caption',
    { photo: [], text: undefined, caption: '/generate a fox', caption_entities: commandsIn('/generate a fox') },
  ],
  [
    'a caption that names the bot in capitals',
    {
      video: {},
      text: undefined,
      caption: `/Generate${me.toUpperCase()} a fox`,
      caption_entities: commandsIn(`/Generate${me} a fox`),
    },
  ],
])('a command with %s is the command', async (_shape, content) => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  app.telegram.sendUpdate({ message: messageOf(7, content) });
  expect(await pictures(person)).toHaveLength(1);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a fox']);
});

test('a caption that names the bot in a group is answered, and one for another bot is not', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  await dealtWith(person, group);
  const caption = (text: string) => ({ photo: [], caption: text, caption_entities: commandsIn(text) });
  app.telegram.sendUpdate({ message: groupMessageOf(group, 7, caption('/generate@other_bot a hare')) });
  app.telegram.sendUpdate({ message: groupMessageOf(group, 7, caption(`/GENERATE${me} a fox`)) });
  await pictures(person, 1, group);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a fox']);
});

test('/Cancel says that it closes the dialogue', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await answerTo(person, '/Generate');
  expect(wordsOf(await answerTo(person, '/CANCEL'))).toContain('I’ve stopped asking');
});

test('/KEYS shows an admin the keys, and /Premium gives premium', async () => {
  await using app = await openTestApp();
  const admin = await acquaintance(app, adminId);
  expect(wordsOf(await answerTo(admin, '/KEYS'))).toContain('healthy');
  expect(wordsOf(await answerTo(admin, '/Premium 7 30'))).toContain('has premium until');
});

test('a bare sentence is quoted back, and a button makes it, also after a restart and only once at a time', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const asked = await answerTo(person, 'a red fox in the snow --seed 4');
  expect(wordsOf(asked)).toContain('a red fox in the snow');
  await app.restart();
  const hold = app.bytez.hold();
  expect(await press(person, asked.id, '🎨 Draw it')).toBe('On it!');
  await until(() => runs(app).length === 1);
  expect(await press(person, asked.id, '🎨 Draw it')).toBe('Already on it.');
  hold.release();
  await pictures(person);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a red fox in the snow']);
  expect(accepted(app)).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});

test('words whose message was deleted are not made', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const before = new Set(person.messages().map(({ id }) => id));
  const said = person.say('a red fox');
  const asked = await newMessage(person, new Set([...before, said]));
  person.deleteMessage(said);
  expect(await press(person, asked.id, '🎬 Film it')).toContain('no longer in use');
  expect(accepted(app)).toEqual([]);
});

test.each([
  ['/genrate a fox', 'generate', true],
  ['/draw a fox', 'generate', true],
  ['/ generate a fox', 'generate', true],
  ['⁄Generate a fox', 'generate', true],
  ['!draw a fox', 'generate', true],
  ['/vidoe a fox', 'video', true],
  ['/stat', 'status', false],
  ['/cancle', 'cancel', false],
  ['/stop', 'cancel', false],
] as const)('%s is answered with the command that was meant', async (written, meant, makes) => {
  await using app = await openTestApp();
  const person = app.person(7);
  const answer = await answerTo(person, written);
  expect(wordsOf(answer)).toContain(`Did you mean /${meant}?`);
  if (!makes) return expect(answer.buttons.flat()).toEqual([]);
  await press(person, answer.id, '🎨 Draw it');
  await pictures(person);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a fox']);
});

test.each(['/paintbrush', '/constructor', '/xyz'])('%s is near no command', async (written) => {
  await using app = await openTestApp();
  expect(wordsOf(await answerTo(app.person(7), written))).toContain('/help shows what I can do');
});

test('/generate in reply to somebody’s words makes these, with the own options', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  group.makeAdmin(100_000_002);
  const [ann, ben] = [app.person(7), app.person(8)];
  const said = ann.say('a red fox', { in: group });
  ben.say(`/generate${me} --seed 4`, { in: group, replyTo: said });
  await pictures(ben, 1, group);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a red fox']);
});

test('/generate with a quote from elsewhere makes the quoted words', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const quote = { text: 'a grey hare', position: 0, is_manual: true };
  app.telegram.sendUpdate({ message: messageOf(7, { text: '/generate', quote }) });
  await pictures(person);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a grey hare']);
});

test.each([':', '!?', '--', '…'])('"/generate %s" is not paid for', async (words) => {
  await using app = await openTestApp();
  const answer = await answerTo(app.person(7), `/generate ${words}`);
  expect(wordsOf(answer)).toContain('Tell me what to draw');
  expect(accepted(app)).toEqual([]);
});

test('an album is answered once, and each of its captions with a command is heard', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  for (let photo = 1; photo <= 10; photo += 1) {
    app.telegram.sendUpdate({
      message: messageOf(7, { message_id: 5_000 + photo, photo: [], media_group_id: 'album' }),
    });
  }
  await dealtWith(person);
  expect(fromBot(person.messages()).filter((one) => wordsOf(one).startsWith('✏️ I work from words'))).toHaveLength(1);
});

test('an album counts as one unusable answer in a dialogue', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await answerTo(person, '/generate');
  for (let photo = 1; photo <= 10; photo += 1) {
    app.telegram.sendUpdate({
      message: messageOf(7, { message_id: 5_000 + photo, photo: [], media_group_id: 'album' }),
    });
  }
  await person.waitFor((seen) => seen.some((one) => wordsOf(one).startsWith('✏️ I need words here.')));
  expect(wordsOf(await answerTo(person, 'a fox'))).toContain('Which shape?');
});

test.each(['/generate ', ''])('a text that Telegram cut in two is not made by halves, after "%s"', async (command) => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  person.say(`${command}${'a long story about foxes '.repeat(250)}`);
  await person.waitFor((seen) => seen.some((one) => wordsOf(one).startsWith('✂️ This is more text than I can take.')));
  await dealtWith(person);
  hold.release();
  expect(fromBot(person.messages())).toHaveLength(3);
  expect((await app.app.service.findAll(7)).filter(({ phase }) => phase.kind !== 'ended')).toEqual([]);
});

test('links, names and tags of a prompt are dead in what the bot writes', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  person.say(`/generate${me} @everybody #now https://evil.example.com/x evil.com ann@evil.com /start /help@x`, {
    in: group,
  });
  await pictures(person, 1, group);
  const shown = fromBot(person.messages(group));
  expect(shown.flatMap((one) => readText(wordsOf(one), '', undefined).entities)).toEqual([]);
  expect(runs(app)[0]?.prompt).toContain('@everybody #now https://evil.example.com/x');
});

test('a name of signs that show nothing is no name', async () => {
  await using app = await openTestApp();
  const person = app.telegram.person({ id: 7, firstName: '\u3164\u2800\u200B', languageCode: 'en' });
  expect(wordsOf(await answerTo(person, '/start'))).toMatch(/^👋 Hi!/);
});
