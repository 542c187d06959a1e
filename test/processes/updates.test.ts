import { expect, test } from 'vitest';
import { openKillableApp } from './killable-app.ts';
import { answerTo, pictures, picturesOf, runs, until } from '../journeys/talk.ts';
import { dealtWith, messageOf } from '../journeys/raw-updates.ts';

test('a bot that is killed before it has confirmed an update hears it again and makes no second request (B3)', async () => {
  await using app = await openKillableApp();
  const person = app.person(7);
  await answerTo(person, '/language');
  const hold = app.bytez.hold();
  const id = app.telegram.sendUpdate({ message: messageOf(7, { text: '/generate a fox' }) });
  await until(() => runs(app).length === 1);
  await app.kill();
  app.telegram.redeliver(id);
  hold.release();
  await app.start();
  await pictures(person);
  await dealtWith(person);
  expect(app.events.filter(({ event }) => event === 'job.accepted')).toHaveLength(1);
  expect(picturesOf(person)).toHaveLength(1);
});
