import { expect, test } from 'vitest';
import { TemporaryError } from '../../src/app/start-error.ts';
import { hasPicture } from '../support/answers.ts';
import { answerTo, callsOf, pictures, picturesOf, runs, troubles, until, whileTimePasses } from './talk.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { openTestApp, type TestApp } from '../support/test-app.ts';
import { acquaintance, dealtWith, me } from './raw-updates.ts';
import { openTelegramProxy, refusal } from './telegram-proxy.ts';

const hourMs = 3_600_000;
const endings = ({ events }: TestApp) =>
  events.filter(({ event }) => ['job.delivered', 'job.notified', 'job.undeliverable'].includes(event));

test.each([
  ['35', 35, 35_000, 37_000],
  ['missing', undefined, 5_000, 7_000],
  ['0', 0, 0, 10_000],
  ['negative', -7, 5_000, 7_000],
  ['no number', 'soon', 5_000, 7_000],
  ['99999', 99_999, hourMs, 100_000_000 + 20 * 60_000],
])(
  'after 429 whose retry_after is %s a picture waits and comes, and other chats do not wait (B27)',
  async (_how, seconds, leastMs, mostMs) => {
    const clock = fakeClock();
    await using telegram = await openTelegramProxy();
    await using app = await openTestApp({ clock, apiRoot: telegram.apiRoot });
    const [ann, ben] = [await acquaintance(app, 7), await acquaintance(app, 8)];
    const parameters = seconds === undefined ? undefined : { retry_after: seconds };
    telegram.next('editMessageMedia', refusal(429, 'Too Many Requests', parameters));
    ann.say('/generate an apple');
    await app.event('telegram.error', ({ detail }) => detail.startsWith('429'));
    const sinceMs = clock.now();
    await answerTo(ben, '/generate a banana');
    expect(await pictures(ben)).toHaveLength(1);
    if (leastMs > 1) await clock.advance(leastMs - 1_000);
    expect(picturesOf(ann)).toHaveLength(leastMs > 1 ? 0 : picturesOf(ann).length);
    const shown = ann.waitFor(hasPicture, { timeoutMs: 60_000 });
    await whileTimePasses(clock, shown, mostMs > hourMs ? 600_000 : 10);
    expect(clock.now() - sinceMs).toBeLessThanOrEqual(mostMs);
    await dealtWith(ann);
    expect(picturesOf(ann)).toHaveLength(1);
    expect(runs(app)).toHaveLength(2);
  },
  // More than a day passes, with all that a bot does each second.
  90_000,
);

test.each([
  ['the person has blocked the bot', 403, 'Forbidden: bot was blocked by the user'],
  ['the account is gone', 403, 'Forbidden: user is deactivated'],
  ['the chat is gone', 400, 'Bad Request: chat not found'],
  ['the bot was shown out', 403, 'Forbidden: bot was kicked from the group chat'],
])('when %s the request ends once, and nothing storms (B28)', async (_what, code, description) => {
  const clock = fakeClock();
  await using telegram = await openTelegramProxy();
  await using app = await openTestApp({ clock, apiRoot: telegram.apiRoot });
  const person = await acquaintance(app);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a fox');
  await until(() => runs(app).length === 1 && callsOf(app, 'setMessageReaction').length > 0);
  const no = Array.from({ length: 50 }, () => refusal(code, description));
  for (const method of ['editMessageMedia', 'editMessageText', 'sendPhoto', 'sendMessage', 'sendChatAction']) {
    telegram.next(method, ...no);
  }
  const calls = app.telegram.calls.length;
  hold.release();
  await app.event('job.undeliverable');
  await clock.advance(hourMs);
  expect(endings(app).map(({ event }) => event)).toEqual(['job.undeliverable']);
  const asked = app.telegram.calls
    .slice(calls)
    // Menus and texts of the profile are published while all this goes on.
    .filter(({ method }) => !/^(?:getUpdates|getMe|(?:get|set|delete)My[A-Z]\w+)$/.test(method));
  expect(asked.map(({ method }) => method)).toEqual([]);
  expect(app.events.filter(({ event }) => event === 'telegram.error').length).toBeLessThanOrEqual(3);
});

test('a group that has become a supergroup gets its picture there (B28)', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = await acquaintance(app);
  const hold = app.bytez.hold();
  await answerTo(person, `/generate${me} a fox`, { in: group });
  await until(() => runs(app).length === 1);
  const supergroup = group.upgrade(-1_000_000_000_100);
  hold.release();
  expect(await pictures(person, 1, supergroup)).toHaveLength(1);
  expect((await app.event('job.delivered')).as).toBe('message');
  expect(endings(app)).toHaveLength(1);
});

test('a request from a topic that was closed meanwhile ends once (B28)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const group = app.telegram.group({ id: -1_000_000_000_100, title: 'Painters', isForum: true });
  const threadId = group.addTopic('foxes');
  const person = await acquaintance(app);
  const hold = app.bytez.hold();
  await answerTo(person, `/generate${me} a fox`, { in: group, threadId });
  await until(() => runs(app).length === 1);
  group.closeTopic(threadId);
  hold.release();
  await until(() => endings(app).length === 1);
  await clock.advance(hourMs);
  expect(endings(app)).toHaveLength(1);
  expect(callsOf(app, 'sendPhoto').length).toBeLessThanOrEqual(1);
});

test.each([
  ['message is not modified', 0],
  ['message to edit not found', 1],
  ["message can't be edited", 1],
  ['MESSAGE_ID_INVALID', 1],
])('when Telegram says "%s" the picture is there once (B29)', async (description, newMessages) => {
  await using telegram = await openTelegramProxy();
  // The proxy only says so: the message behind it keeps its buttons.
  const leavesButtons = newMessages === 0;
  await using app = await openTestApp({ apiRoot: telegram.apiRoot, leavesButtons });
  const person = await acquaintance(app);
  telegram.next('editMessageMedia', refusal(400, `Bad Request: ${description}`));
  person.say('/generate a fox');
  expect(await app.event('job.delivered')).toMatchObject({ as: newMessages === 0 ? 'edit' : 'message' });
  await dealtWith(person);
  expect(picturesOf(person)).toHaveLength(newMessages);
  expect(callsOf(app, 'sendPhoto')).toHaveLength(newMessages);
  expect(runs(app)).toHaveLength(1);
});

test('a single refusal of the token does not stop a bot whose token worked', async () => {
  const clock = fakeClock();
  await using telegram = await openTelegramProxy();
  await using app = await openTestApp({ apiRoot: telegram.apiRoot, clock });
  const person = await acquaintance(app);
  telegram.next('getUpdates', refusal(401, 'Unauthorized'), refusal(404, 'Not Found'));
  person.say('/generate a fox');
  await whileTimePasses(clock, Promise.all([pictures(person), until(() => troubles(app).length > 1)]));
  expect(troubles(app)).toEqual(['getUpdates: 401 Unauthorized', 'getUpdates: 404 Not Found']);
});

test('a token refused for minutes stops the bot with a clear text, and what was accepted is kept (B30)', async () => {
  const clock = fakeClock();
  await using telegram = await openTelegramProxy();
  await using app = await openTestApp({ apiRoot: telegram.apiRoot, clock });
  const person = await acquaintance(app);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a fox');
  await until(() => runs(app).length === 1);
  const startedMs = clock.now();
  telegram.next('getUpdates', ...Array.from({ length: 100 }, () => refusal(401, 'Unauthorized')));
  person.say('/help');
  const error: unknown = await whileTimePasses(
    clock,
    app.app.broken.catch((reason: unknown) => reason),
  );
  expect(error).toBeInstanceOf(TemporaryError);
  expect(String(error)).toMatch(/refused the bot token.*TELEGRAM_BOT_TOKEN/);
  expect(String(error)).not.toMatch(/\d{6,}:/);
  expect(clock.now() - startedMs).toBeGreaterThanOrEqual(120_000);
  hold.release();
  telegram.next('getMe', refusal(401, 'Unauthorized'));
  await whileTimePasses(clock, app.restart());
  await whileTimePasses(clock, pictures(person));
  await until(() => endings(app).length === 1);
});

test('a token that never worked stops the start at once', async () => {
  await using telegram = await openTelegramProxy();
  telegram.next('getMe', refusal(404, 'Not Found'));
  await expect(openTestApp({ apiRoot: telegram.apiRoot })).rejects.toThrow(/TELEGRAM_BOT_TOKEN.*TELEGRAM_API_ROOT/);
});

test.each([
  ['a web page', { status: 404, body: '<html>nothing here</html>' }, /404 .*not from Telegram.*TELEGRAM_API_ROOT/],
  ['another API', { status: 404, body: '{"detail":"Not Found"}' }, /404 .*not from Telegram.*TELEGRAM_API_ROOT/],
  ['no result', { body: '{"ok":true,"result":null}' }, /getMe is not one of a Bot API server.*TELEGRAM_API_ROOT/],
])(
  'a wrong address that answers with %s is named at the start, and the start waits for a right one',
  async (_, odd, words) => {
    const clock = fakeClock();
    await using telegram = await openTelegramProxy();
    telegram.next('getMe', odd);
    await using app = await whileTimePasses(clock, openTestApp({ apiRoot: telegram.apiRoot, clock }));
    expect(troubles(app)).toEqual([expect.stringMatching(words)]);
  },
);

test('while another process polls with the token the bot waits, keeps its requests and goes on (B31)', async () => {
  const clock = fakeClock();
  await using telegram = await openTelegramProxy();
  await using app = await openTestApp({ clock, apiRoot: telegram.apiRoot });
  const person = await acquaintance(app);
  telegram.next(
    'getUpdates',
    ...Array.from({ length: 3 }, () => refusal(409, 'Conflict: terminated by other getUpdates')),
  );
  person.say('/generate a fox');
  await app.event('telegram.error', ({ method }) => method === 'getUpdates');
  expect(await whileTimePasses(clock, pictures(person))).toHaveLength(1);
  const waits = () =>
    app.events.flatMap((event) =>
      event.event === 'telegram.error' && event.method === 'getUpdates' ? [event.retryInMs] : [],
    );
  await whileTimePasses(
    clock,
    until(() => waits().length === 3),
  );
  expect(waits()).toEqual([5_000, 5_000, 5_000]);
  await whileTimePasses(clock, app.event('job.delivered'));
  expect(endings(app)).toHaveLength(1);
});
