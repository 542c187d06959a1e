import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import { adminId, fromBot, wordsOf } from '../support/test-app.ts';
import { openKillableApp } from './killable-app.ts';
import { answerTo, askAll, callsOf, count, pictures, picturesOf, resultsOf, runs, until } from '../journeys/talk.ts';

test('a bot that is killed while people wait and one is served loses nobody', async () => {
  await using app = await openKillableApp();
  const people = [7, 8, 9].map((id) => app.person(id));
  const hold = app.bytez.hold();
  await askAll(app, people);
  // Once somebody's next words are answered, the bot has heard that their status message arrived.
  for (const person of people) await answerTo(person, '/help');
  const about = (person: Person) => fromBot(person.messages(), (one) => wordsOf(one).includes(`for ${person.id}`));
  await app.kill();
  hold.release();
  await app.start();
  await Promise.all(people.map((person) => pictures(person)));
  await until(() => count(app, 'job.delivered') === 3);
  expect(resultsOf(people)).toEqual([['for 7'], ['for 8'], ['for 9']]);
  expect(people.map((person) => about(person).length)).toEqual([1, 1, 1]);
  expect(runs(app)).toHaveLength(4);
  expect(app.events).toContainEqual({ event: 'app.recovered', handedBack: 1, setAside: 0, undelivered: 0 });
});

test('a bot that is killed between the picture and its delivery delivers it, and makes no second one', async () => {
  await using app = await openKillableApp();
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: 'slow', ms: 60_000 } });
  person.say('/generate for 7');
  await until(() => callsOf(app, 'editMessageMedia').length === 1);
  await app.kill();
  expect(picturesOf(person)).toEqual([]);
  await app.start();
  await pictures(person);
  await until(() => count(app, 'job.delivered') === 1);
  expect(fromBot(person.messages())).toHaveLength(1);
  expect(runs(app)).toHaveLength(1);
  expect(app.events).toContainEqual({ event: 'app.recovered', handedBack: 0, setAside: 0, undelivered: 1 });
});

test('a bot that is killed before it hears that the picture arrived shows no second one', async () => {
  await using app = await openKillableApp();
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: 'cut-after' } });
  person.say('/generate for 7');
  await pictures(person);
  await app.kill();
  expect(count(app, 'job.delivered')).toBe(0);
  await app.start();
  await until(() => count(app, 'job.delivered') === 1);
  await answerTo(person, '/help');
  expect(fromBot(person.messages(), ({ photo }) => photo !== undefined)).toHaveLength(1);
  expect(fromBot(person.messages())).toHaveLength(2);
  expect(runs(app)).toHaveLength(1);
});

test('a bot that is killed while the status message is on its way still answers, with one picture', async () => {
  await using app = await openKillableApp();
  const person = app.person(7);
  const hold = app.bytez.hold();
  app.telegram.addFault({ method: 'sendMessage', times: 1, do: { kind: 'slow', ms: 60_000 } });
  person.say('/generate for 7');
  await until(() => runs(app).length === 1);
  await app.kill();
  hold.release();
  await app.start();
  await pictures(person);
  await until(() => count(app, 'job.delivered') === 1);
  await answerTo(person, '/help');
  expect(resultsOf([person])).toEqual([['for 7']]);
  expect(runs(app)).toHaveLength(2);
});

test.each([
  ['making', 'answered'],
  ['delivering', 'delivering'],
] as const)(
  'a bot that freezes while %s, and wakes after another one has told the person, shows nothing (Q2)',
  async (_doing, point) => {
    await using app = await openKillableApp({ isAsleep: true });
    await app.start({ point, spared: [], afterMs: 0, by: 'SIGSTOP' });
    const person = app.person(7);
    const hold = app.bytez.hold();
    const statusMessage = await answerTo(person, '/generate for 7');
    hold.release();
    await until(() => app.reached.length === 1);
    const [job] = app.reached as [JobId];
    const shown = () => [...callsOf(app, 'editMessageMedia'), ...callsOf(app, 'sendPhoto')].length;
    {
      using other = openDatabase({ path: join(app.dataDir, 'darkroom.db') });
      const engine = anEngine(other);
      await engine.queue.recover(6);
      const claim = await engine.queue.claimAnswered();
      if (claim !== undefined) await engine.queue.settle(claim.lease, { kind: 'cancelled' });
      const emitting = await engine.delivery.claim(job);
      expect(emitting !== undefined && (await engine.delivery.done(emitting.lease))).toBe(true);
    }
    app.signal('SIGCONT');
    await answerTo(person, '/help');
    await answerTo(person, '/status');
    expect(shown()).toBe(0);
    expect(picturesOf(person)).toEqual([]);
    expect(fromBot(person.messages()).find(({ id }) => id === statusMessage.id)?.photo).toBeUndefined();
  },
);

test('a request on which six processes died won’t be tried again: its person and the admins hear of it, and it costs nothing', async () => {
  await using app = await openKillableApp({ isAsleep: true });
  const death = { point: 'calling', spared: [], afterMs: 0 } as const;
  await app.start(death);
  const admin = app.person(adminId);
  const person = app.person(7);
  await answerTo(admin, '/start');
  person.say('/generate for 7');
  await app.died();
  for (let deaths = 2; deaths <= 6; deaths += 1) {
    await app.start(death);
    await app.died();
  }
  await app.start();
  await until(() => fromBot(person.messages(), (one) => wordsOf(one).includes('I’ve stopped trying')).length === 1);
  const [job] = app.reached;
  await until(
    () => fromBot(admin.messages(), (one) => wordsOf(one).includes(`Request ${job} won’t be tried again`)).length === 1,
    15_000,
  );
  expect(app.reached).toEqual(Array.from({ length: 6 }, () => job));
  await app.kill();
  using database = openDatabase({ path: join(app.dataDir, 'darkroom.db') });
  expect(database.allNow('SELECT given_back FROM credits').map((row) => row['given_back'])).toEqual([1]);
});
