import { expect, test } from 'vitest';
import { answerTo, newMessage, pictures, picturesOf, press, reads, runs, troubles, until } from './talk.ts';
import { openTestApp, wordsOf } from '../support/test-app.ts';

const button = '✖ Cancel';

test('a request that waits is gone when it is cancelled, and nothing is ever asked for it (Q20)', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const [ann, ben] = [app.person(7), app.person(8)];
  await answerTo(ann, '/generate an apple');
  await until(() => runs(app).length === 1);
  const statusMessage = await answerTo(ben, '/generate a banana');
  expect(await press(ben, statusMessage.id, button)).toBe('Cancelled.');
  hold.release();
  await pictures(ann);
  await reads(ben, statusMessage.id, 'Cancelled.');
  await answerTo(ben, '/help');
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['an apple']);
  expect(picturesOf(ben)).toEqual([]);
});

test('a call that runs is broken off when its request is cancelled, and no result of it is shown (Q20)', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  const statusMessage = await answerTo(person, '/generate an apple');
  await until(() => runs(app).length === 1);
  expect(await press(person, statusMessage.id, button)).toBe('Cancelled.');
  await until(() => runs(app)[0]?.aborted === true);
  hold.release();
  await reads(person, statusMessage.id, 'Cancelled.');
  await answerTo(person, '/help');
  expect(picturesOf(person)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a result that is being delivered can no longer be cancelled, and comes (Q20)', async () => {
  await using app = await openTestApp();
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: 'slow', ms: 400 } });
  const hold = app.bytez.hold();
  const person = app.person(7);
  const statusMessage = await answerTo(person, '/generate an apple');
  hold.release();
  await app.event('job.produced');
  const before = new Set(person.messages().map(({ id }) => id));
  person.say('/cancel');
  const answer = await newMessage(person, before);
  expect(wordsOf(answer)).toMatch(/nothing to cancel|too late/i);
  const [picture, ...others] = await pictures(person);
  expect([picture?.id, others]).toEqual([statusMessage.id, []]);
  expect(app.events.filter(({ event }) => event === 'job.cancelled')).toEqual([]);
});

test('a request that is over, or was cancelled before, answers the same each time (Q20)', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  const statusMessage = await answerTo(person, '/generate an apple');
  await until(() => runs(app).length === 1);
  const presses = await Promise.all([1, 2, 3].map(() => person.press(statusMessage.id, button).answered));
  hold.release();
  const words = presses.map((answer) => (answer.kind === 'answered' ? answer.text : answer.kind));
  const late = 'Too late to cancel: it’s already finished.';
  expect(words.filter((word) => word === 'Cancelled.')).toHaveLength(1);
  expect(words.filter((word) => word === late)).toHaveLength(2);
  const again = [wordsOf(await answerTo(person, '/cancel')), wordsOf(await answerTo(person, '/cancel'))];
  expect(again[0]).toBe(again[1]);
  expect(app.events.filter(({ event }) => event === 'job.cancelled')).toHaveLength(1);
});
