import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { callsOf, newMessage, pictures, picturesOf, runs, whileTimePasses } from './talk.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { accepted, acquaintance, dealtWith } from './raw-updates.ts';
import { openTelegramProxy } from './telegram-proxy.ts';

const marker = 'the-words-of-a-gateway';
test.each([
  ['a page of HTML', 'B33', { status: 502, body: `<html>${marker}</html>` }],
  ['a page of HTML that says all is well', 'B33', { body: `<html>${marker}</html>` }],
  ['nothing', 'B33', { body: '' }],
  ['ok without a result', 'B33', { body: '{"ok":true}' }],
  ['a list', 'B33', { body: `["${marker}"]` }],
  ['a word', 'B33', { body: 'null' }],
  ['ten megabytes', 'B33', { body: `${marker} `.repeat(450_000) }],
  [
    'a server error',
    'B32',
    { status: 500, body: '{"ok":false,"error_code":500,"description":"Internal Server Error"}' },
  ],
  ['a cut connection', 'B32', { body: '', cut: true }],
])('%s in place of an answer of Telegram: the picture is there, and once (%s)', async (_what, _threat, odd) => {
  const clock = fakeClock();
  await using telegram = await openTelegramProxy();
  await using app = await openTestApp({ clock, apiRoot: telegram.apiRoot });
  const person = await acquaintance(app);
  telegram.next('editMessageMedia', { ...odd, done: true });
  person.say('/generate a fox');
  await whileTimePasses(clock, app.event('job.delivered'));
  await dealtWith(person);
  expect(fromBot(person.messages(), ({ photo }) => photo !== undefined)).toHaveLength(1);
  expect(callsOf(app, 'sendPhoto')).toEqual([]);

  const before = new Set(person.messages().map(({ id }) => id));
  telegram.next('sendMessage', { ...odd, done: true });
  person.say('/generate a hare');
  const statusMessage = await newMessage(person, before);
  await whileTimePasses(clock, pictures(person, 2));
  await whileTimePasses(
    clock,
    app.event('job.delivered', ({ jobId }) => jobId !== accepted(app)[0]),
  );
  expect(picturesOf(person)).toHaveLength(2);
  expect(runs(app)).toHaveLength(2);
  expect(
    fromBot(person.messages(), (one) => one.id !== statusMessage.id && wordsOf(one).includes('a hare')),
  ).toHaveLength(1);
  expect(inspect(app.events, { depth: 10 })).not.toContain(marker);
});
