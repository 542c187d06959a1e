import { expect, test } from 'vitest';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, newMessage, pictures, press, reads, runs, troubles } from './talk.ts';

test('a stranger asks to be let in, an admin answers by a button, and the person is told, also across a restart', async () => {
  await using app = await openTestApp({
    env: { ACCESS: 'request', ACCESS_IDS: '77', CONTACT: 'write to @owner_of_this' },
  });
  const admin = app.person(adminId);
  await answerTo(admin, '/start');
  const [stranger, listed] = [app.person(7), app.person(77)];
  const known = new Set(admin.messages().map(({ id }) => id));
  const asked = await answerTo(stranger, '/generate a fox');
  expect(wordsOf(asked)).toContain('I’ve asked its admins');
  expect(wordsOf(asked)).toContain('write to @owner_of_this');
  const request = await newMessage(admin, known);
  expect(wordsOf(request)).toBe('🚪 Person 7 (7) would like to use me.');
  expect(wordsOf(await answerTo(stranger, 'hello?'))).toContain('The admins have your question.');
  expect(wordsOf(await answerTo(stranger, '/privacy'))).toContain('What I keep');
  await app.restart();
  const before = new Set(stranger.messages().map(({ id }) => id));
  await press(admin, request.id, '✅ Let in');
  await reads(admin, request.id, '✅ Let in: Person 7');
  expect(wordsOf(await newMessage(stranger, before))).toContain('You’re in!');
  stranger.say('/generate a fox');
  await pictures(stranger);
  listed.say('/generate an owl');
  await pictures(listed);
  await press(admin, request.id, '🚫 Refuse');
  await stranger.waitFor((seen) => fromBot(seen, ({ text }) => text.includes('didn’t let you in')).length === 1);
  expect(wordsOf(await answerTo(stranger, '/generate a cat'))).toContain('didn’t let you in');
  expect(runs(app)).toHaveLength(2);
  expect(fromBot(admin.messages(), ({ text }) => text.includes('would like to use me'))).toEqual([]);
  expect((await app.app.admin.audit({ count: 2 })).map(({ action }) => action)).toEqual([
    'refuse-access',
    'allow-access',
  ]);
  expect(troubles(app)).toEqual([]);
});

test('a private bot with a list serves those who are on it, and groups that are', async () => {
  await using app = await openTestApp({ env: { ACCESS: 'list', ACCESS_IDS: '-100,77' } });
  const [stranger, admin] = [app.person(7), app.person(adminId)];
  expect(wordsOf(await answerTo(stranger, '/generate a fox'))).toContain('This is a private bot.');
  const [ours, theirs] = [
    app.telegram.group({ id: -100, title: 'Ours' }),
    app.telegram.group({ id: -200, title: 'Theirs' }),
  ];
  expect(wordsOf(await answerTo(stranger, '/generate@darkroom_sandbox_bot a fox', { in: theirs }))).toContain(
    'private bot',
  );
  stranger.say('/generate@darkroom_sandbox_bot a fox', { in: ours });
  await pictures(stranger, 1, ours);
  admin.say('/generate an owl');
  await pictures(admin);
  expect(runs(app)).toHaveLength(2);
});

test('a group asks for all of its members', async () => {
  await using app = await openTestApp({ env: { ACCESS: 'request' } });
  const [admin, member, other] = [app.person(adminId), app.person(7), app.person(8)];
  await answerTo(admin, '/start');
  const known = new Set(admin.messages().map(({ id }) => id));
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  await answerTo(member, '/generate@darkroom_sandbox_bot a fox', { in: group });
  const request = await newMessage(admin, known);
  expect(wordsOf(request)).toBe('🚪 The group Painters would like to use me.');
  await press(admin, request.id, '✅ Let in');
  await other.waitFor((seen) => fromBot(seen, ({ text }) => text.includes('You’re in!')).length === 1, { in: group });
  other.say('/generate@darkroom_sandbox_bot an owl', { in: group });
  await pictures(other, 1, group);
});
