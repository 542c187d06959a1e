import { expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, newMessage, pictures, press, reads, runs, troubles, until } from './talk.ts';

const refresh = '🔄 Refresh';
const testAll = '🔎 Test all';
const wake = '⏰ Wake benched';

test('a person who is no admin learns as little from /keys as from any unknown command', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const { id: _one, replyTo: _first, ...keys } = await answerTo(person, '/keys');
  const { id: _other, replyTo: _second, ...unknown } = await answerTo(person, '/nonsense');
  expect({ ...keys, atMs: 0 }).toEqual({ ...unknown, atMs: 0 });
});

test('an admin in a group learns nothing from /keys, and nobody else does', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const admin = app.person(adminId);
  group.makeAdmin(adminId);
  admin.say('/keys', { in: group });
  const answer = await answerTo(admin, '/keys@darkroom_sandbox_bot', { in: group });
  expect(wordsOf(answer)).toContain('I don’t know that command.');
  expect(fromBot(admin.messages(group))).toHaveLength(1);
});

test('an admin sees the counts first, then how each key fares, and no key', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'unauthorized' } }], [], []],
    env: { ROTATION_STRATEGY: 'primary-first' },
  });
  const [admin, person] = [app.person(adminId), app.person(7)];
  person.say('/generate a fox');
  await pictures(person);
  await app.event('job.delivered');
  await app.event('key.changed', ({ state }) => state.kind === 'benched' && state.confirmed);
  const keys = await answerTo(admin, '/keys');
  const lines = wordsOf(keys).split('\n');
  expect(lines[0]).toBe('🔑 2/3 healthy · 1 benched');
  expect(lines.filter((line) => line.startsWith('bytez'))).toEqual([
    expect.stringMatching(/^bytez #1 \S+ ⛔ benched \(not accepted\), next test: \d+ s$/),
    expect.stringMatching(/^bytez #2 \S+ ✅ ready$/),
    expect.stringMatching(/^bytez #3 \S+ ✅ ready$/),
  ]);
  const works = lines.filter((line) => line.includes('in use'));
  expect(works).toHaveLength(3);
  expect(works.filter((line) => /^100% good · 1 today · ⌀ \S+ s, p95 \S+ s · 0\/[12] in use$/.test(line))).toHaveLength(
    1,
  );
  expect(works.filter((line) => line === 'not used yet · 0/1 in use')).not.toEqual([]);
  expect(wordsOf(keys)).not.toContain('of-the-tests');
  expect(keys.buttons.flat().map(({ text }) => text)).toEqual([refresh, testAll, wake]);
});

test('an admin refreshes the list, and pressing when nothing has changed is no trouble', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const [admin, person] = [app.person(adminId), app.person(7)];
  const keys = await answerTo(admin, '/keys');
  expect(await press(admin, keys.id, refresh)).toBe('Up to date.');
  expect(await press(admin, keys.id, refresh)).toBe('Up to date.');
  person.say('/generate a fox');
  await pictures(person);
  await press(admin, keys.id, refresh);
  await reads(admin, keys.id, '100% good · 1 today');
  expect(fromBot(admin.messages())).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});

test('an admin who deleted the list and presses refresh gets a new one', async () => {
  await using app = await openTestApp();
  const admin = app.person(adminId);
  const keys = await answerTo(admin, '/keys');
  const { updateId, answered } = admin.press(keys.id, refresh);
  admin.deleteMessage(keys.id);
  await answered;
  expect(updateId).toBeGreaterThan(0);
  expect(wordsOf(await newMessage(admin, new Set([keys.id])))).toContain('1/1 healthy');
});

test('an admin tests all keys, which costs no generation, and sees which are refused', async () => {
  await using app = await openTestApp({ accounts: [[], [{ do: { kind: 'unauthorized' } }]] });
  const admin = app.person(adminId);
  const keys = await answerTo(admin, '/keys');
  expect(wordsOf(keys)).toContain('2/2 healthy');
  expect(await press(admin, keys.id, testAll)).toBe(
    'Tested 2 keys: 1 is accepted. The test is free, so it sees neither credit nor limits.',
  );
  await reads(admin, keys.id, '1/2 healthy · 1 benched');
  expect(runs(app)).toEqual([]);
});

test('an admin wakes a key that works again, and the next person gets a picture', async () => {
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'unauthorized' } }]] });
  const [admin, person] = [app.person(adminId), app.person(7)];
  const failed = await answerTo(person, '/generate a fox');
  await reads(person, failed.id, 'The service is being set up right now.');
  const keys = await answerTo(admin, '/keys');
  expect(wordsOf(keys)).toContain('0/1 healthy · 1 benched');
  app.bytez.setFaults('account 1', []);
  expect(await press(admin, keys.id, wake)).toBe('Woke 1 key.');
  await reads(admin, keys.id, '1/1 healthy');
  await press(person, failed.id, '🔁 Try again');
  expect(await pictures(person)).toHaveLength(1);
});

test('a key that is woken and still refused is benched again', async () => {
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'unauthorized' } }]] });
  const [admin, person] = [app.person(adminId), app.person(7)];
  const failed = await answerTo(person, '/generate a fox');
  await reads(person, failed.id, 'The service is being set up right now.');
  const keys = await answerTo(admin, '/keys');
  await press(admin, keys.id, wake);
  await reads(admin, keys.id, '1/1 healthy');
  await press(person, failed.id, '🔁 Try again');
  await until(() => runs(app).length === 2);
  await until(() => app.events.filter(({ event }) => event === 'job.failed').length === 2);
  expect(await press(admin, keys.id, refresh)).toBe('Up to date.');
  await reads(admin, keys.id, '0/1 healthy · 1 benched');
});

test('an admin sees under an own request which calls were made and why, and nobody else does', async () => {
  const limited = [{ do: { kind: 'rate-limited', retryAfterS: 60 }, when: { times: 1 } }] as const;
  await using app = await openTestApp({ accounts: [limited, []], env: { ROTATION_STRATEGY: 'primary-first' } });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [admin, person] = [app.person(adminId), app.person(7)];
  for (const somebody of [admin, person]) {
    somebody.say('/generate a fox');
    await pictures(somebody);
  }
  await until(() => app.events.filter(({ event }) => event === 'job.delivered').length === 2);
  const status = await answerTo(admin, '/status');
  const [request = '', today] = wordsOf(status).split('\n\n');
  const [, item, quoted, ...calls] = request.split('\n');
  expect(today?.split('\n')).toEqual([
    '🎨 Pictures today: 1 of 20',
    '🎬 Videos today: 0 of 3',
    '🎵 Songs today: 0 of 5',
    '🗣 Recordings today: 0 of 20',
    '💬 Answers today: 0 of 50',
    expect.stringMatching(/^A new day begins at 00:00 \(UTC\), in /),
  ]);
  expect([item, quoted]).toEqual(['1. 🎨 Picture: finished', 'a fox']);
  expect(calls).toEqual([
    expect.stringMatching(/^1\. #1 too many calls, \S+ s \(first in order, of 2\)$/),
    expect.stringMatching(/^2\. #2 answered, \S+ s \(.*1 (?:cooling|just failed).*\)$/),
  ]);
  expect(await press(admin, status.id, refresh)).toBe('Up to date.');
  expect(wordsOf(await answerTo(person, '/status'))).not.toContain('#');
  expect(wordsOf(await answerTo(admin, '/status', { in: group }))).not.toContain('#');
  expect(troubles(app)).toEqual([]);
});

test('a person to whom an admin gives premium is told, and goes first from then on', async () => {
  const clock = fakeClock(Date.UTC(2026, 0, 1, 12));
  await using app = await openTestApp({ clock });
  const [admin, person] = [app.person(adminId), app.person(7)];
  await answerTo(person, '/start');
  const before = new Set(person.messages().map(({ id }) => id));
  expect(wordsOf(await answerTo(admin, '/premium 7 1'))).toMatch(/^✅ 7 has premium until January 2.*\(UTC\)\.$/);
  expect(wordsOf(await newMessage(person, before))).toContain('You now have premium until');
  const accepted = app.event('job.accepted');
  person.say('/generate a fox');
  expect(await accepted).toMatchObject({ lane: 'premium' });
  await pictures(person);
  expect(wordsOf(await answerTo(person, '/premium'))).toContain('You have premium until');
  clock.jump(86_400_000);
  // The bot looks at the machine's clock once a second.
  await clock.advance(1_000);
  person.say('/generate a hare');
  await app.event('job.accepted', ({ lane }) => lane === 'free');
});

test('premium for somebody who never wrote is given all the same', async () => {
  await using app = await openTestApp();
  const admin = app.person(adminId);
  expect(wordsOf(await answerTo(admin, '/premium 123456789 1'))).toMatch(/^✅ 123456789 has premium until/);
  await answerTo(admin, '/help');
  expect(troubles(app)).toEqual([]);
});

test('an admin whose answer to /premium is lost has not given it twice', async () => {
  const clock = fakeClock(Date.UTC(2026, 0, 1, 12));
  await using app = await openTestApp({ clock });
  const admin = app.person(adminId);
  await answerTo(admin, '/start');
  app.telegram.addFault({ method: 'sendMessage', times: 1, do: { kind: 'cut-before' } });
  admin.say('/premium 900 10');
  await app.event('telegram.error');
  await clock.advance(10_000);
  await admin.waitFor((seen) => seen.some(({ text }) => text.includes('You now have premium until')));
  expect(wordsOf(await answerTo(admin, '/premium'))).toContain('January 11');
});

test.each(['/premium 7', '/premium 7 0', '/premium 7 -3', '/premium seven 3', '/premium 7 3 now', '/premium 7 99999'])(
  'an admin who writes "%s" is told how it is written',
  async (words) => {
    await using app = await openTestApp();
    const [admin, person] = [app.person(adminId), app.person(7)];
    expect(wordsOf(await answerTo(admin, words))).toBe(
      'To give someone premium, write their id and a number of days:\n/premium 123456789 30',
    );
    expect(wordsOf(await answerTo(person, '/premium'))).not.toContain('You have premium');
  },
);

test('a person who is no admin gives nobody premium, and neither does an admin in a group', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [admin, person] = [app.person(adminId), app.person(7)];
  expect(wordsOf(await answerTo(person, '/premium 7 30'))).toContain('What premium changes');
  expect(wordsOf(await answerTo(admin, '/premium 7 30', { in: group }))).toContain('What premium changes');
  const accepted = app.event('job.accepted');
  person.say('/generate a fox');
  expect(await accepted).toMatchObject({ lane: 'free' });
});
