import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { answerTo, callsOf, troubles, until, whileTimePasses } from './talk.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import {
  acquaintance,
  answerToRaw,
  dealtWith,
  groupMessageOf,
  me,
  messageOf,
  pressRaw,
  userOf,
} from './raw-updates.ts';

const unknown = 'I don’t know that command';

const gone = 'This button is no longer in use.';

test('an admin’s commands work in the own private chat and nowhere else (B12)', async () => {
  await using app = await openTestApp();
  const admin = await acquaintance(app, adminId);
  expect(wordsOf(await answerTo(admin, '/keys'))).toContain('healthy');
  const said = admin.messages().length;
  const [group, supergroup] = [-100, -1_000_000_000_100].map((id) => {
    const made = app.telegram.group({ id, title: 'Painters' });
    made.makeAdmin(adminId);
    return made;
  });
  for (const place of [group, supergroup]) {
    if (place === undefined) throw new Error('Cannot test without groups');
    for (const text of ['/keys', `/keys${me}`, '/premium 7 30', `/premium${me} 7 30`]) {
      app.telegram.sendUpdate({ message: groupMessageOf(place, adminId, { text }) });
    }
    await dealtWith(admin, place);
    const answers = fromBot(admin.messages(place)).map(wordsOf);
    expect(answers.filter((words) => /healthy|bytez|until/.test(words))).toEqual([]);
    expect(wordsOf(await answerTo(admin, `/start${me}`, { in: place }))).not.toContain('/keys');
    expect(wordsOf(await answerTo(admin, `/help${me}`, { in: place }))).not.toContain('/keys');
  }
  expect(admin.messages()).toHaveLength(said);
  expect(wordsOf(await answerTo(admin, '/help'))).toContain('/keys');
});

test.each([
  ['edited', { edited_message: messageOf(adminId, { text: '/keys', edit_date: 1_790_000_001 }) }],
  [
    'in a channel',
    { channel_post: messageOf(adminId, { text: '/keys', chat: { id: -200, type: 'channel', title: 'x' } }) },
  ],
  [
    'through a business account',
    { business_message: messageOf(adminId, { text: '/keys', business_connection_id: 'b' }) },
  ],
  [
    'by a bot with the admin’s id',
    { message: messageOf(adminId, { text: '/keys', from: userOf(adminId, { is_bot: true }) }) },
  ],
])('/keys %s is not answered at all (B12)', async (_how, update) => {
  await using app = await openTestApp();
  const admin = await acquaintance(app, adminId);
  app.telegram.sendUpdate(update);
  await dealtWith(admin);
  expect(fromBot(admin.messages())).toHaveLength(2);
});

test.each([
  ['forwarded', { forward_origin: { type: 'user', sender_user: userOf(adminId), date: 1 } }],
  ['written by another bot', { via_bot: userOf(55, { is_bot: true }) }],
  ['of a business connection', { business_connection_id: 'b' }],
  ['in somebody else’s chat', { chat: { id: 7, type: 'private', first_name: 'Person 7' } }],
])('/keys %s is an unknown command (B12)', async (_how, more) => {
  await using app = await openTestApp();
  const [admin, person] = [await acquaintance(app, adminId), await acquaintance(app)];
  const answered = 'chat' in more ? person : admin;
  const before = fromBot(answered.messages()).length;
  app.telegram.sendUpdate({ message: messageOf(adminId, { text: '/keys', ...more }) });
  const seen = await answered.waitFor((messages) => fromBot(messages).length > before);
  expect(wordsOf(fromBot(seen).at(-1))).toContain(unknown);
});

test('a person who is no admin gets the answer to an unknown command for /keys, however it is written (B13)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const known = await answerTo(person, '/keys');
  const nonsense = await answerTo(person, '/nonsense');
  const plain = ({ id: _id, replyTo: _to, atMs: _at, ...rest }: typeof known) => rest;
  expect(plain(known)).toEqual(plain(nonsense));
  for (const text of ['/keys@darkroom_sandbox_bot', '/keys wake', '/keys 1', '/keys\nall']) {
    expect(plain(await answerToRaw(app, person, { text }))).toEqual(plain(nonsense));
  }
  for (const data of ['keys:open', 'keys:test', 'keys:wake', 'keys:refresh']) {
    expect(await pressRaw(app, 7, { data })).toBe(gone);
  }
  expect(callsOf(app, 'editMessageText')).toEqual([]);
  expect(app.bytez.calls.filter(({ route }) => route === 'tasks')).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('the admins hear once an hour that somebody asked for /keys, and the admin’s own /keys is no news (B13)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const [admin, person] = [await acquaintance(app, adminId), await acquaintance(app)];
  await answerTo(admin, '/keys');
  for (let times = 0; times < 3; times += 1) await answerTo(person, '/keys');
  const told = () =>
    fromBot(admin.messages(), ({ text }) => text.includes('isn’t an admin asked for /keys (user id 7)'));
  await whileTimePasses(
    clock,
    until(() => told().length === 1),
  );
  await clock.advance(3_000_000);
  await answerTo(person, '/keys');
  await clock.advance(120_000);
  await dealtWith(admin);
  expect(told()).toHaveLength(1);
});

test('/keys a thousand times is answered a few times, and then costs nothing (B13)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = await acquaintance(app);
  const sends = callsOf(app, 'sendMessage').length;
  let last = 0;
  for (let times = 0; times < 1_000; times += 1) {
    last = app.telegram.sendUpdate({ message: messageOf(7, { text: '/keys' }) });
  }
  using database = new DatabaseSync(join(app.dataDir, 'darkroom.db'), { readOnly: true });
  const states = database.prepare('SELECT state FROM inbox WHERE update_id = ?');
  await until(() => states.get(last)?.['state'] === 'handled');
  expect(callsOf(app, 'sendMessage').length - sends).toBeLessThanOrEqual(21);
  await clock.advance(700_000);
  await dealtWith(person);
  expect(troubles(app)).toEqual([]);
});

test('without admins there are no admin commands, for nobody (B15)', async () => {
  await using app = await openTestApp({ env: { ADMIN_IDS: '' } });
  const person = await acquaintance(app, adminId);
  expect(wordsOf(await answerTo(person, '/keys'))).toContain(unknown);
  await answerTo(person, '/premium 900 30');
  expect(wordsOf(await answerTo(person, '/premium'))).not.toContain('until');
  expect(wordsOf(await answerTo(person, '/start'))).not.toContain('/keys');
  expect(await pressRaw(app, adminId, { data: 'keys:wake' })).toBe(gone);
  expect(app.telegram.commandsFor(adminId, adminId).map(({ command }) => command)).not.toContain('keys');
  const health = await fetch(`${app.app.httpUrl}/keys`);
  expect([401, 404]).toContain(health.status);
});
