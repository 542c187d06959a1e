import { expect, test } from 'vitest';
import { openKillableHouse } from './killable-app.ts';
import { answerTo, pictures, picturesOf, runs, until } from '../journeys/talk.ts';
import { dealtWith, messageOf } from '../journeys/raw-updates.ts';

test('a house that is killed before it has confirmed an update hears it again and makes no second request (B3)', async () => {
  await using house = await openKillableHouse();
  const person = house.person(7);
  await answerTo(person, '/language');
  const hold = house.bytez.hold();
  const id = house.telegram.sendUpdate({ message: messageOf(7, { text: '/generate a fox' }) });
  await until(() => runs(house).length === 1);
  await house.kill();
  house.telegram.redeliver(id);
  hold.release();
  await house.start();
  await pictures(person);
  await dealtWith(person);
  expect(house.events.filter(({ event }) => event === 'job.accepted')).toHaveLength(1);
  expect(picturesOf(person)).toHaveLength(1);
});
