import { expect, test } from 'vitest';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, press, reads, troubles, until } from './talk.ts';

const send = '📣 Send to everybody';

test('an admin writes to everybody: previewed, sent once, stopped and gone on with, 403s counted, and people may decline', async () => {
  await using app = await openTestApp();
  const admin = app.person(adminId);
  const people = [11, 12, 13].map((id) => app.person(id));
  const [first, second, third] = people;
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('Cannot go on: nobody is there');
  for (const person of people) await answerTo(person, '/start');
  expect(wordsOf(await answerTo(admin, '/broadcast'))).toContain('To write to everybody');
  // One has declined before, and one blocks the bot without Telegram saying so first.
  const before = new Set(admin.messages().map(({ id }) => id));
  admin.say('/broadcast Hello <b>all</b> & welcome');
  await admin.waitFor((seen) => fromBot(seen, ({ id }) => !before.has(id)).length === 2);
  const [preview, question] = fromBot(admin.messages(), ({ id }) => !before.has(id));
  expect(wordsOf(preview)).toBe('Hello <b>all</b> & welcome');
  expect(wordsOf(question)).toContain('People who get it: 4');
  const questionId = question?.id ?? 0;
  expect(fromBot(first.messages())).toHaveLength(1);
  first.block();
  expect(await press(admin, questionId, send)).toBe('On it!');
  await reads(admin, questionId, 'Sent 3/3');
  expect(wordsOf(fromBot(second.messages()).at(-1))).toBe('Hello <b>all</b> & welcome');
  expect(await press(second, fromBot(second.messages()).at(-1)?.id ?? 0, '🔕 No more news')).toBe(
    'You get no more such messages.',
  );
  expect(
    callsOf(app, 'sendMessage').filter(
      ({ params }) => params['chat_id'] === 13 && String(params['text']).startsWith('Hello'),
    ),
  ).toHaveLength(1);
  // Only a person with a button of their own is asked; who declined gets nothing of the next one.
  const next = await (async () => {
    const known = new Set(admin.messages().map(({ id }) => id));
    admin.say('/broadcast Again');
    await admin.waitFor((seen) => fromBot(seen, ({ id }) => !known.has(id)).length === 2);
    return fromBot(admin.messages(), ({ id }) => !known.has(id)).at(-1);
  })();
  expect(wordsOf(next)).toContain('People who get it: 2');
  await app.restart();
  expect(await press(admin, next?.id ?? 0, send)).toBe('On it!');
  await reads(admin, next?.id ?? 0, 'Sent 2/2');
  expect(fromBot(second.messages(), ({ text }) => text === 'Again')).toEqual([]);
  expect(fromBot(third.messages(), ({ text }) => text === 'Again')).toHaveLength(1);
  expect(await press(admin, questionId, send).catch(() => 'no such button')).toBe('no such button');
  expect((await app.app.admin.audit({ count: 9 })).filter(({ action }) => action === 'broadcast')).toHaveLength(2);
  expect(troubles(app)).toEqual([]);
});

test('a message to everybody that is stopped goes to nobody else, and one that a restart breaks off goes on', async () => {
  await using app = await openTestApp();
  const admin = app.person(adminId);
  const people = Array.from({ length: 15 }, (_, index) => app.person(100 + index));
  for (const person of people) person.say('/start');
  await until(() => people.every((person) => fromBot(person.messages()).length === 1));
  const begin = async (words: string) => {
    const known = new Set(admin.messages().map(({ id }) => id));
    admin.say(`/broadcast ${words}`);
    await admin.waitFor((seen) => fromBot(seen, ({ id }) => !known.has(id)).length === 2);
    const id = fromBot(admin.messages(), (message) => !known.has(message.id)).at(-1)?.id ?? 0;
    await press(admin, id, send);
    await until(() => got(words).length > 0);
    return id;
  };
  const got = (words: string) =>
    people.filter((person) => fromBot(person.messages(), ({ text }) => text === words).length > 0);
  const twice = (words: string) =>
    people.filter((person) => fromBot(person.messages(), ({ text }) => text === words).length > 1);
  const first = await begin('first');
  await reads(admin, first, 'Sending…');
  expect(await press(admin, first, '✋ Stop sending')).toBe('Cancelled.');
  await reads(admin, first, 'Stopped');
  const stoppedAt = got('first').length;
  expect(stoppedAt).toBeLessThan(people.length);
  const second = await begin('second');
  await app.restart();
  await reads(admin, second, /^📣 Sent/);
  expect(twice('second')).toEqual([]);
  expect(got('first')).toHaveLength(stoppedAt);
  // What was on its way when the process ended may be missing; nothing else is.
  const missing = people.length - got('second').length;
  expect(wordsOf(admin.messages().find(({ id }) => id === second))).toMatch(
    missing === 0 ? /^📣 Sent \d+\/\d+$/ : /May not have arrived: [1-9]/,
  );
});

test('an admin reads the figures with a picture, and who somebody is without their words unless asked', async () => {
  await using app = await openTestApp();
  const [admin, person] = [
    app.person(adminId),
    app.telegram.person({ id: 7, firstName: 'Ada', username: 'Ada_L', languageCode: 'de' }),
  ];
  person.say('/generate ein Fuchs');
  await pictures(person);
  const stats = await answerTo(admin, '/stats');
  expect(stats.photo).toMatchObject({ width: 720, height: 420 });
  const lines = wordsOf(stats).split('\n');
  expect(lines.slice(0, 4)).toEqual([
    '📊 The last 24 hours',
    '👥 People: 2 · new: 2',
    '🖼 Requests: 1 · ✅ 1 · 💔 0 · ✋ 0',
    '🎯 Success: 100%',
  ]);
  const who = wordsOf(await answerTo(admin, '/whois @ada_l'));
  expect(who).toContain('👤 7 @ada_l');
  expect(who).toContain('Language: de · line: free');
  expect(who).toMatch(/1\. 🎨 Picture: finished · \S+/);
  expect(who).not.toContain('Fuchs');
  expect(wordsOf(await answerTo(admin, '/whois 7 --words'))).toContain('Fuchs');
  expect((await app.app.admin.audit({ count: 9 })).filter(({ action }) => action === 'read-words')).toMatchObject([
    { target: '7' },
  ]);
  expect(wordsOf(await answerTo(admin, '/whois @nobody'))).toContain('has written to me');
  for (const command of ['/stats', '/whois 7', '/broadcast hello']) {
    expect(wordsOf(await answerTo(person, command))).toContain('Befehl kenne ich nicht');
  }
  expect(troubles(app)).toEqual([]);
});
