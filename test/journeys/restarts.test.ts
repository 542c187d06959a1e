import { expect, test } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, askAll, count, pictures, picturesOf, reads, resultsOf, runs, until } from './talk.ts';

/** The key does not try whether it carries more: every run is somebody's. */
const oneAtATime = { BYTEZ_SEATS_MAX: '1' };

const updateIdOf = (id: JobId) => Number(id.replace('tg-', ''));

const acceptedBy = ({ events }: Pick<TestApp, 'events'>) =>
  events.flatMap((event) => (event.event === 'job.accepted' ? [event.jobId] : []));
test('whoever waited or was being served when the bot closed gets one picture after it opens again', async () => {
  await using app = await openTestApp({ env: { DRAIN_S: '0.05', ...oneAtATime } });
  const people = [7, 8, 9].map((id) => app.person(id));
  const hold = app.bytez.hold();
  await askAll(app, people);
  await app.restart();
  await until(() => runs(app).length === 2);
  hold.release();
  await Promise.all(people.map((person) => pictures(person)));
  await until(() => count(app, 'job.delivered') === 3);
  expect(resultsOf(people)).toEqual([['for 7'], ['for 8'], ['for 9']]);
  expect(people.map((person) => fromBot(person.messages()).length)).toEqual([1, 1, 1]);
  expect(runs(app).map(({ prompt, aborted }) => [prompt, aborted])).toEqual([
    ['for 7', true],
    ['for 7', false],
    ['for 8', false],
    ['for 9', false],
  ]);
});

test('a request that the closing bot had to break off has lost no attempt', async () => {
  await using app = await openTestApp({ env: { DRAIN_S: '0.05', MAX_ATTEMPTS: '1' } });
  const person = app.person(7);
  const hold = app.bytez.hold();
  await askAll(app, [person]);
  await app.restart();
  expect(app.events.find(({ event }) => event === 'app.stopped')).toMatchObject({ handedBack: 1 });
  hold.release();
  await pictures(person);
  const attempts = app.events.flatMap((event) => (event.event === 'attempt.started' ? [event.attempt] : []));
  expect(attempts).toEqual([1, 1]);
});

test('a request that is finished while the bot closes is delivered before it does', async () => {
  await using app = await openTestApp({ env: { DRAIN_S: '5' } });
  const person = app.person(7);
  const hold = app.bytez.hold();
  await askAll(app, [person]);
  const restarted = app.restart();
  await app.event('app.stopping');
  hold.release();
  await restarted;
  const names = app.events.map(({ event }) => event);
  expect(names.indexOf('job.delivered')).toBeGreaterThan(names.indexOf('app.stopping'));
  expect(names.indexOf('job.delivered')).toBeLessThan(names.indexOf('app.stopped'));
  expect(app.events.find(({ event }) => event === 'app.stopped')).toMatchObject({ handedBack: 0 });
  expect(await pictures(person)).toHaveLength(1);
  expect(runs(app)).toHaveLength(1);
});

test('the status message of a request that survived a restart goes on showing where it stands', async () => {
  await using app = await openTestApp({ env: { DRAIN_S: '0.05' } });
  const people = [7, 8].map((id) => app.person(id));
  const hold = app.bytez.hold();
  await askAll(app, people);
  const [first, second] = people as [Person, Person];
  expect(wordsOf(fromBot(second.messages())[0])).toContain('You’re next.');
  await app.restart();
  await until(() => runs(app).length === 2);
  await answerTo(first, '/cancel');
  await until(() => runs(app).length === 3);
  await reads(second, fromBot(second.messages())[0]?.id ?? 0, 'Making your picture…');
  hold.release();
  expect(await pictures(second)).toHaveLength(1);
});

test('a request that Telegram delivers again, before and after a restart, is made once', async () => {
  await using app = await openTestApp({ env: { DRAIN_S: '0.05' } });
  const person = app.person(7);
  const hold = app.bytez.hold();
  await askAll(app, [person]);
  const [jobId] = acceptedBy(app);
  const again = () => app.telegram.redeliver(updateIdOf(jobId as JobId));
  again();
  await answerTo(person, '/help');
  await app.restart();
  again();
  await answerTo(person, '/help');
  hold.release();
  await pictures(person);
  await app.event('job.delivered');
  again();
  await answerTo(person, '/help');
  expect(acceptedBy(app)).toEqual([jobId]);
  expect(resultsOf([person])).toEqual([['for 7']]);
  // The status message that became the picture, and three times help.
  expect(fromBot(person.messages())).toHaveLength(4);
});

test('words that Telegram delivers again are answered once', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await answerTo(person, '/start');
  const id = app.telegram.sendUpdate({
    message: {
      message_id: 50,
      date: 1,
      chat: { id: 7, type: 'private', first_name: 'Person 7' },
      from: { id: 7, is_bot: false, first_name: 'Person 7', language_code: 'en' },
      text: '/help',
      entities: [{ type: 'bot_command', offset: 0, length: 5 }],
    },
  });
  await person.waitFor((seen) => fromBot(seen).length === 2);
  app.telegram.redeliver(id);
  await app.restart();
  app.telegram.redeliver(id);
  await answerTo(person, '/status');
  expect(fromBot(person.messages()).map((one) => wordsOf(one).split(' ')[0])).toEqual(['👋', 'What', '🌱']);
});

test('a button that Telegram delivers again makes one picture', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const how = await answerTo(person, '/generate');
  const { updateId, answered } = person.press(how.id, 'example:image');
  await answered;
  app.telegram.redeliver(updateId);
  await pictures(person);
  await app.restart();
  app.telegram.redeliver(updateId);
  await answerTo(person, '/help');
  expect(picturesOf(person)).toHaveLength(1);
  expect(runs(app)).toHaveLength(1);
});
