import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApp } from '../../src/app/open-app.ts';
import { parseConfig } from '../../src/config/config.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { systemClock } from '../../src/kit/clock.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { startTelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { StartError } from '../../src/app/start-error.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, testToken, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, picturesOf, press, reads, runs, until, whileTimePasses } from './talk.ts';

/** A person whose picture is being made, and is finished by `release`. */
async function inTheMaking(app: TestApp, person: Person) {
  const hold = app.bytez.hold();
  const statusMessage = await answerTo(person, '/generate a fox');
  await until(() => runs(app).length === 1);
  return { statusMessage, release: () => hold.release() };
}

const delivered = (app: TestApp) => app.events.filter(({ event }) => event === 'job.delivered');

test('a chat that has to rest gets its picture after the rest, and other chats do not wait for it', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, accounts: [[], []] });
  const [ann, ben] = [app.person(7), app.person(8)];
  app.telegram.addFault({
    method: 'editMessageMedia',
    chatId: ann.id,
    times: 1,
    do: { kind: '429', retryAfterS: 0.001 },
  });
  ann.say('/generate an apple');
  const trouble = await app.event('telegram.error', ({ detail }) => detail.startsWith('429'));
  expect(trouble).toMatchObject({ method: 'editMessageMedia', retryInMs: 1_000 });
  const askedAgain = callsOf(app, 'editMessageMedia').length;
  ben.say('/generate a banana');
  await pictures(ben);
  expect(picturesOf(ann)).toEqual([]);
  expect(callsOf(app, 'editMessageMedia')).toHaveLength(askedAgain + 1);
  await clock.advance(1_100);
  expect(await pictures(ann)).toHaveLength(1);
  expect(fromBot(ann.messages())).toHaveLength(1);
});

test('a chat that is banned for long is left alone until the ban is over', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: '429', retryAfterS: 600 } });
  const { release } = await inTheMaking(app, person);
  release();
  await until(() => callsOf(app, 'editMessageMedia')[0]?.error !== undefined);
  await clock.advance(590_000);
  expect(callsOf(app, 'editMessageMedia')).toHaveLength(1);
  await clock.advance(400_000);
  await until(() => callsOf(app, 'editMessageMedia').length > 1);
});

test('a ban outlives six processes: none of them calls before it is over, and nothing is set aside for it', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: '429', retryAfterS: 600 } });
  const { release } = await inTheMaking(app, person);
  release();
  const calls = () => callsOf(app, 'editMessageMedia').length + callsOf(app, 'sendChatAction').length;
  await app.event('telegram.error', ({ detail }) => detail.startsWith('429'));
  const askedBefore = calls();
  for (let restarts = 1; restarts <= 6; restarts += 1) {
    await app.restart();
    await clock.advance(10_000);
  }
  await clock.advance(500_000);
  expect(calls()).toBe(askedBefore);
  expect(app.events.filter(({ event }) => event === 'job.dead-lettered')).toEqual([]);
  await clock.advance(60_000);
  await until(() => callsOf(app, 'editMessageMedia').length > 1);
});

test.each([
  ['is cut before it is heard', { kind: 'cut-before' }],
  ['is heard but its answer is lost', { kind: 'cut-after' }],
  ['meets a server error', { kind: '5xx', status: 502 }],
] as const)('a picture whose sending %s is delivered once and seen once', async (_what, deed) => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: deed });
  person.say('/generate a fox');
  await whileTimePasses(clock, app.event('job.delivered'));
  await whileTimePasses(clock, pictures(person));
  expect(fromBot(person.messages())).toHaveLength(1);
  expect(delivered(app)).toMatchObject([{ as: 'edit' }]);
  expect(callsOf(app, 'editMessageMedia')).toHaveLength(2);
});

test('a picture is delivered although Telegram fails five times in a row', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', times: 5, do: { kind: '5xx', status: 503 } });
  person.say('/generate a fox');
  await whileTimePasses(clock, app.event('job.delivered'), 1_000);
  expect(fromBot(person.messages(), ({ photo }) => photo !== undefined)).toHaveLength(1);
  expect(runs(app)).toHaveLength(1);
});

test('a person who deleted the status message gets the picture in a message of its own, once', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const { statusMessage, release } = await inTheMaking(app, person);
  person.deleteMessage(statusMessage.id);
  release();
  expect(await app.event('job.delivered')).toMatchObject({ as: 'message' });
  expect(fromBot(await pictures(person))).toHaveLength(1);
  await answerTo(person, '/help');
  expect(picturesOf(person)).toHaveLength(1);
});

test('a person who deleted the status message and cancels is told so in a new message', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const { statusMessage, release } = await inTheMaking(app, person);
  person.deleteMessage(statusMessage.id);
  person.say('/cancel');
  await person.waitFor((seen) => fromBot(seen).some((one) => wordsOf(one).includes('This picture won’t be made')));
  release();
  expect(fromBot(person.messages())).toHaveLength(2);
});

test('a picture that replaces a lost status message, and whose own answer is lost, is repeated at most once', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const { statusMessage, release } = await inTheMaking(app, person);
  person.deleteMessage(statusMessage.id);
  app.telegram.addFault({ method: 'sendPhoto', times: 1, do: { kind: 'cut-after' } });
  release();
  await whileTimePasses(clock, app.event('job.delivered'), 1_000);
  await clock.advance(600_000);
  expect(callsOf(app, 'sendPhoto')).toHaveLength(2);
  expect(runs(app)).toHaveLength(1);
});

test('a picture whose own message and its repetition are both unsure is not sent a third time', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const { statusMessage, release } = await inTheMaking(app, person);
  person.deleteMessage(statusMessage.id);
  app.telegram.addFault({ method: 'sendPhoto', do: { kind: 'cut-before' } });
  release();
  await whileTimePasses(clock, app.event('job.undeliverable'), 1_000);
  await clock.advance(600_000);
  expect(callsOf(app, 'sendPhoto')).toHaveLength(2);
});

test('a picture that somebody has removed from the disk ends in words, not in silence', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const { release } = await inTheMaking(app, person);
  app.telegram.addFault({ method: 'editMessageMedia', times: 8, do: { kind: '5xx', status: 502 } });
  release();
  await whileTimePasses(
    clock,
    app.event('telegram.error', ({ method }) => method === 'edit'),
    1_000,
  );
  rmSync(join(app.dataDir, 'results'), { recursive: true });
  await whileTimePasses(clock, app.event('job.notified'), 1_000);
  expect(fromBot(person.messages()).map(wordsOf).join('\n')).toContain('got lost on the way');
});

test('a status message whose sending was never answered becomes the picture once somebody has pressed its button', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  app.telegram.addFault({ method: 'sendMessage', times: 1, do: { kind: 'cut-after' } });
  const { statusMessage, release } = await inTheMaking(app, person);
  await press(person, statusMessage.id, '🔄 Refresh');
  release();
  await pictures(person);
  expect(fromBot(person.messages()).map(({ id }) => id)).toEqual([statusMessage.id]);
});

test('a status message whose button is pressed after its result was sent elsewhere says how it ended', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  app.telegram.addFault({ method: 'sendMessage', times: 1, do: { kind: 'cut-after' } });
  const { statusMessage, release } = await inTheMaking(app, person);
  release();
  await pictures(person);
  await app.event('job.delivered');
  await press(person, statusMessage.id, '🔄 Refresh');
  await reads(person, statusMessage.id, 'finished');
  expect(fromBot(person.messages())).toHaveLength(2);
});

test('a person who blocked the bot gets the picture when they are back, and the others get theirs before', async () => {
  await using app = await openTestApp();
  const [gone, other] = [app.person(7), app.person(8)];
  const { release } = await inTheMaking(app, gone);
  await answerTo(other, '/generate a hare');
  gone.block();
  release();
  expect((await app.event('job.undeliverable')).why).toContain('closed');
  await pictures(other);
  await app.restart();
  expect(picturesOf(gone)).toEqual([]);
  gone.unblock();
  expect(await pictures(gone)).toHaveLength(1);
  expect(runs(app)).toHaveLength(2);
});

test('a person who blocks the bot right after asking troubles nobody', async () => {
  await using app = await openTestApp();
  const [gone, other] = [app.person(7), app.person(8)];
  app.telegram.addFault({ method: 'sendMessage', chatId: gone.id, times: 1, do: { kind: 'slow', ms: 30 } });
  gone.say('/generate a fox');
  gone.say('/help');
  gone.block();
  await app.event('job.undeliverable');
  other.say('/generate a hare');
  await pictures(other);
  expect(app.events.filter(({ event }) => event === 'update.failed')).toEqual([]);
});

test.each([
  ['was lost on its way', { kind: 'cut-before' }],
  ['arrived, though nobody heard so', { kind: 'cut-after' }],
  ['met a server error', { kind: '5xx', status: 500 }],
] as const)('a person whose status message %s still gets the picture, once', async (_what, deed) => {
  await using app = await openTestApp();
  const person = app.person(7);
  app.telegram.addFault({ method: 'sendMessage', times: 1, do: deed });
  person.say('/generate a fox');
  expect(await pictures(person)).toHaveLength(1);
  expect(await app.event('job.delivered')).toMatchObject({ as: 'message' });
  await answerTo(person, '/help');
  expect(picturesOf(person)).toHaveLength(1);
  expect(runs(app)).toHaveLength(1);
});

test('while Telegram is away pictures go on being made, and arrive when it is back', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const [ann, ben] = [app.person(7), app.person(8)];
  const { release } = await inTheMaking(app, ann);
  await answerTo(ben, '/generate a hare');
  app.telegram.setOffline(true);
  release();
  const produced = () => app.events.filter(({ event }) => event === 'job.produced').length === 2;
  await until(produced);
  for (let minutes = 0; minutes < 4; minutes += 1) {
    await clock.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  ann.say('/status');
  expect(delivered(app)).toEqual([]);
  app.telegram.setOffline(false);
  await whileTimePasses(clock, Promise.all([pictures(ann), pictures(ben)]), 1_000);
  await whileTimePasses(
    clock,
    ann.waitFor((seen) => seen.some((one) => wordsOf(one).includes('Your requests'))),
    1_000,
  );
  expect([ann, ben].map((person) => picturesOf(person).length)).toEqual([1, 1]);
  expect(runs(app)).toHaveLength(2);
});

test('a bot whose token another process polls with waits, and goes on when that one is gone', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  await answerTo(person, '/help');
  const isPolling = () => app.telegram.calls.some(({ method, ok }) => method === 'getUpdates' && ok === undefined);
  await until(isPolling);
  const other = await fetch(`${app.telegram.url}/bot${testToken}/getUpdates?timeout=0`);
  expect(other.status).toBe(200);
  const trouble = await app.event('telegram.error', ({ method }) => method === 'getUpdates');
  expect(trouble).toMatchObject({ retryInMs: 5_000 });
  expect(trouble.detail).toMatch(/^409 /);
  const before = fromBot(person.messages()).length;
  person.say('/status');
  await clock.advance(4_000);
  expect(fromBot(person.messages())).toHaveLength(before);
  await clock.advance(1_000);
  await person.waitFor((seen) => fromBot(seen).length > before);
});

test('a bot whose token is refused stops, and says what to do', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'darkroom-test-'));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const telegram = opened.use(await startTelegramSandbox({ token: testToken, clock: systemClock }));
  const env = {
    TELEGRAM_BOT_TOKEN: '100000003:a-token-that-was-taken-back-long-ago-00',
    TELEGRAM_API_ROOT: telegram.url,
    DATA_DIR: dataDir,
    HTTP_PORT: '0',
  };
  const app = opened.use(
    await openApp({
      config: parseConfig(env),
      keys: readKeys(env).keys,
      clock: systemClock,
      random: Math.random,
      emit: () => undefined,
    }),
  );
  const error: unknown = await app.broken.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartError);
  expect(String(error)).toMatch(/refused the bot token.*@BotFather.*TELEGRAM_BOT_TOKEN/);
  expect(String(error)).not.toContain(env.TELEGRAM_BOT_TOKEN);
});

test('a person who waited long hears that the picture is ready, once', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const { statusMessage, release } = await inTheMaking(app, person);
  await clock.advance(31_000);
  release();
  await pictures(person);
  await person.waitFor((seen) => seen.some(({ text }) => text === 'Ready ↑'));
  const ready = fromBot(person.messages(), ({ text }) => text === 'Ready ↑');
  expect(ready).toMatchObject([{ replyTo: statusMessage.id }]);
  await app.event('job.delivered');
  await app.restart();
  await answerTo(person, '/help');
  expect(fromBot(person.messages(), ({ text }) => text === 'Ready ↑')).toHaveLength(1);
});

test('a person whose ready-call may have arrived is not called again', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const { release } = await inTheMaking(app, person);
  await clock.advance(31_000);
  app.telegram.addFault({ method: 'sendMessage', times: 1, do: { kind: 'cut-before' } });
  release();
  await pictures(person);
  await app.event('telegram.error', ({ method }) => method === 'ping');
  await app.restart();
  await answerTo(person, '/help');
  expect(fromBot(person.messages(), ({ text }) => text === 'Ready ↑')).toEqual([]);
});

test('a person who waited only a short while is not called', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const { statusMessage, release } = await inTheMaking(app, person);
  await clock.advance(29_000);
  release();
  await pictures(person);
  await app.event('job.delivered');
  await answerTo(person, '/help');
  expect(fromBot(person.messages(), ({ text }) => text === 'Ready ↑')).toEqual([]);
  expect(await press(person, statusMessage.id, '🔁 Again')).toBe('On it!');
});

test('a bot that closes does not wait for a Telegram that hangs', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const { release } = await inTheMaking(app, person);
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: 'slow', ms: 60_000 } });
  release();
  await until(() => callsOf(app, 'editMessageMedia').length === 1);
  await whileTimePasses(clock, app.restart(), 1_000);
  expect(await pictures(person)).toHaveLength(1);
  expect(runs(app)).toHaveLength(1);
});

test('a bot that closes does not wait for news that hangs', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const [first, person] = [app.person(7), app.person(8)];
  const { statusMessage, release } = await inTheMaking(app, first);
  await answerTo(person, '/generate a hare');
  app.telegram.addFault({ method: 'editMessageText', chatId: 8, times: 1, do: { kind: 'slow', ms: 60_000 } });
  await press(first, statusMessage.id, '✖ Cancel');
  const news = () => callsOf(app, 'editMessageText').filter(({ params }) => Number(params['chat_id']) === 8);
  await whileTimePasses(
    clock,
    until(() => news().length === 1),
  );
  await whileTimePasses(clock, app.restart(), 1_000);
  release();
  expect(await whileTimePasses(clock, pictures(person))).toHaveLength(1);
});

test('a chat that refuses to be told of a long upload gets its video when its rest is over, not right behind', async () => {
  const clock = fakeClock();
  const bigVideo = { do: { kind: 'big-media', bytes: 1_500_000 } } as const;
  await using app = await openTestApp({ clock, accounts: [[bigVideo]] });
  const person = app.person(7);
  // The stand-in keeps the real time: its ban has to be over before the bot's second is.
  app.telegram.addFault({ method: 'sendChatAction', times: 1, do: { kind: '429', retryAfterS: 0.001 } });
  person.say('/video a fox');
  await app.event('telegram.error', ({ method }) => method === 'sendChatAction');
  await clock.advance(900);
  expect(callsOf(app, 'editMessageMedia')).toEqual([]);
  await whileTimePasses(clock, app.event('job.delivered'));
  expect(callsOf(app, 'editMessageMedia').map(({ error }) => error)).toEqual([undefined]);
});
