import { expect, test } from 'vitest';
import { answerTo, newMessage, pictures, picturesOf, press, reads, runs, troubles, until } from './talk.ts';
import { openTestHouse, wordsOf } from '../support/test-app.ts';

const button = '✖ Cancel';

test('a request that waits is gone when it is cancelled, and nothing is ever asked for it (Q20)', async () => {
  await using house = await openTestHouse();
  const hold = house.bytez.hold();
  const [ann, ben] = [house.person(7), house.person(8)];
  await answerTo(ann, '/generate an apple');
  await until(() => runs(house).length === 1);
  const receipt = await answerTo(ben, '/generate a banana');
  expect(await press(ben, receipt.id, button)).toBe('Cancelled.');
  hold.release();
  await pictures(ann);
  await reads(ben, receipt.id, 'Cancelled.');
  await answerTo(ben, '/help');
  expect(runs(house).map(({ prompt }) => prompt)).toEqual(['an apple']);
  expect(picturesOf(ben)).toEqual([]);
});

test('a call that runs is broken off when its request is cancelled, and no result of it is shown (Q20)', async () => {
  await using house = await openTestHouse();
  const hold = house.bytez.hold();
  const person = house.person(7);
  const receipt = await answerTo(person, '/generate an apple');
  await until(() => runs(house).length === 1);
  expect(await press(person, receipt.id, button)).toBe('Cancelled.');
  await until(() => runs(house)[0]?.aborted === true);
  hold.release();
  await reads(person, receipt.id, 'Cancelled.');
  await answerTo(person, '/help');
  expect(picturesOf(person)).toEqual([]);
  expect(troubles(house)).toEqual([]);
});

test('a result that is being delivered can no longer be cancelled, and comes (Q20)', async () => {
  await using house = await openTestHouse();
  house.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: 'slow', ms: 400 } });
  const hold = house.bytez.hold();
  const person = house.person(7);
  const receipt = await answerTo(person, '/generate an apple');
  hold.release();
  await house.event('job.produced');
  const before = new Set(person.messages().map(({ id }) => id));
  person.say('/cancel');
  const answer = await newMessage(person, before);
  expect(wordsOf(answer)).toMatch(/nothing to cancel|too late/i);
  const [picture, ...others] = await pictures(person);
  expect([picture?.id, others]).toEqual([receipt.id, []]);
  expect(house.events.filter(({ event }) => event === 'job.cancelled')).toEqual([]);
});

test('a request that is over, or was cancelled before, answers the same each time (Q20)', async () => {
  await using house = await openTestHouse();
  const hold = house.bytez.hold();
  const person = house.person(7);
  const receipt = await answerTo(person, '/generate an apple');
  await until(() => runs(house).length === 1);
  const presses = await Promise.all([1, 2, 3].map(() => person.press(receipt.id, button).answered));
  hold.release();
  const words = presses.map((answer) => (answer.kind === 'answered' ? answer.text : answer.kind));
  const late = 'Too late to cancel: it’s already finished.';
  expect(words.filter((word) => word === 'Cancelled.')).toHaveLength(1);
  expect(words.filter((word) => word === late)).toHaveLength(2);
  const again = [wordsOf(await answerTo(person, '/cancel')), wordsOf(await answerTo(person, '/cancel'))];
  expect(again[0]).toBe(again[1]);
  expect(house.events.filter(({ event }) => event === 'job.cancelled')).toHaveLength(1);
});
