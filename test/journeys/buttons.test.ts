import { expect, test } from 'vitest';
import { answerTo, callsOf, pictures, picturesOf, press, runs, troubles, until, whileTimePasses } from './talk.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { accepted, acquaintance, dealtWith, messageOf, pressRaw, userOf } from './raw-updates.ts';

const gone = 'This button is no longer in use.';

const foreign = 'This button belongs to someone else’s request.';

test('forged data is answered and changes nothing (B16)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const [owner, forger] = [await acquaintance(app, 7), await acquaintance(app, 8)];
  const hold = app.bytez.hold();
  await answerTo(owner, '/generate a fox');
  await until(() => runs(app).length === 1);
  const [id = ''] = accepted(app);
  const nobodys = [
    '',
    ':',
    ' ',
    'x',
    'cancel',
    'cancel:',
    'cancel:nope',
    'again:nope',
    'status:nope',
    'language:xx',
    'example:__proto__',
    ':1',
    'key:disable:1',
    'keys:disable:1',
    'keys:open',
    'keys:wake',
    'keys:test',
    `job:cancel:${id}`,
    `v0:cancel:${id}`,
    `CANCEL:${id}`,
    ` cancel:${id}`,
    `cancel:${id} `,
    `cancel:${id}\u0000`,
    `cancel:${id.toUpperCase()}`,
    `cancel:${id}x`,
    `cancel:${id}' OR 1=1 --`,
    'cancel:%',
    'cancel:../../x',
    'x'.repeat(65),
    `cancel:${'x'.repeat(58)}`,
    '🦊'.repeat(17),
    '!!!not base64!!!',
    '\uD800',
    'cancel:\uD800',
    '__proto__',
    '__proto__:1',
    'constructor:1',
    'cancel:__proto__',
    'language:__proto__',
    'language:en\u0000',
    'example:audio',
    'example:toString',
    'ask:shape.wide.1',
    'pay:1',
    'again:tg-',
    'status:tg-0',
    'status:',
  ];
  for (const data of nobodys) {
    expect([data, await pressRaw(app, 8, { data })]).toEqual([data, gone]);
    await clock.advance(2_000);
  }
  expect(await pressRaw(app, 8, { data: undefined })).toBe(gone);
  for (const verb of ['cancel', 'again', 'status']) {
    expect(await pressRaw(app, 8, { data: `${verb}:${id}` })).toBe(foreign);
  }
  const before = callsOf(app, 'editMessageText').length;
  hold.release();
  await whileTimePasses(clock, pictures(owner));
  expect(fromBot(forger.messages())).toHaveLength(1);
  expect(
    callsOf(app, 'editMessageText')
      .slice(before)
      .filter(({ params }) => params['chat_id'] === 8),
  ).toEqual([]);
  expect(accepted(app)).toEqual([id]);
  expect(troubles(app)).toEqual([]);
});

test('a button pressed ten times at once makes one request, and the rest hears so (B18)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: { FREE_WAITING: '20', FREE_RUNNING: '5' } });
  const person = await acquaintance(app);
  person.say('/generate a fox');
  const [picture] = await pictures(person);
  await app.event('job.delivered');
  const hold = app.bytez.hold();
  const pressTen = () => Promise.all(Array.from({ length: 10 }, () => press(person, picture?.id ?? 0, '🔁 Again')));
  const answers = await pressTen();
  expect(answers.filter((words) => words === 'On it!')).toHaveLength(1);
  expect(answers.filter((words) => words === 'Already on it.')).toHaveLength(9);
  expect(accepted(app)).toHaveLength(2);
  await whileTimePasses(clock, app.restart());
  expect(new Set(await pressTen())).toEqual(new Set(['Already on it.']));
  hold.release();
  await whileTimePasses(clock, pictures(person, 2));
  await dealtWith(person);
  expect(accepted(app)).toHaveLength(2);
  expect(picturesOf(person)).toHaveLength(2);
});

test('the example pressed five times at once makes one picture for each who presses (B18)', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '20' } });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [ann, ben] = [await acquaintance(app, 7), await acquaintance(app, 8)];
  const hold = app.bytez.hold();
  const help = await answerTo(ann, '/help@darkroom_sandbox_bot', { in: group });
  for (const person of [ann, ben]) {
    await Promise.all(Array.from({ length: 5 }, () => press(person, help.id, 'example:image', { in: group })));
  }
  expect(accepted(app)).toHaveLength(2);
  hold.release();
  await pictures(ann, 2, group);
});

test('a request is cancelled once, however often and whenever its button is pressed (B18)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: { FREE_IMAGES_PER_DAY: '2' } });
  const person = await acquaintance(app);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a hare');
  await until(() => runs(app).length === 1);
  const statusMessage = await answerTo(person, '/generate a fox');
  const data = statusMessage.buttons.flat().find(({ text }) => text === '✖ Cancel')?.data ?? '';
  const message = messageOf(7, { message_id: statusMessage.id, text: 'x' });
  const answers = await Promise.all(Array.from({ length: 10 }, () => pressRaw(app, 7, { data, message })));
  expect(answers.filter((words) => words === 'Cancelled.')).toHaveLength(1);
  await whileTimePasses(clock, app.restart());
  expect(await pressRaw(app, 7, { data, message })).toBe('Too late to cancel: it’s already finished.');
  expect(app.events.filter(({ event }) => event === 'job.cancelled')).toHaveLength(1);
  hold.release();
  await whileTimePasses(clock, pictures(person));
  // One of two credits came back, once.
  await answerTo(person, '/generate an owl');
  await whileTimePasses(clock, pictures(person, 2));
  expect(wordsOf(await answerTo(person, '/generate a wolf'))).toContain('used your 2 pictures');
});

test.each([
  ['of a message sent through another chat', { inline_message_id: 'i', message: undefined }],
  ['of a message that is gone', { message: { message_id: 5, date: 0, chat: { id: adminId, type: 'private' } } }],
  ['of a message that is gone from a group', { message: { message_id: 5, date: 0, chat: { id: -1, type: 'group' } } }],
  ['of a game', { message: undefined, data: undefined, game_short_name: 'g' }],
])('a press %s is answered, and opens nothing that is an admin’s (B19)', async (_what, more) => {
  await using app = await openTestApp();
  const admin = await acquaintance(app, adminId);
  for (const data of ['keys:open', 'keys:test', 'keys:wake']) {
    expect(await pressRaw(app, adminId, { data, ...more })).toBe(gone);
  }
  for (const data of [
    'example:image',
    'status:all',
    'language:es',
    'cancel:tg-1',
    'again:tg-1',
    'ask:shape.wide.1',
    'x',
  ]) {
    await pressRaw(app, adminId, { data, ...more, from: userOf(adminId) });
  }
  await dealtWith(admin);
  expect(
    fromBot(admin.messages())
      .map(wordsOf)
      .filter((words) => words.includes('healthy')),
  ).toEqual([]);
  expect(app.bytez.calls.filter(({ route }) => route === 'tasks')).toEqual([]);
  expect(app.events.filter(({ event }) => event === 'update.failed')).toEqual([]);
});
