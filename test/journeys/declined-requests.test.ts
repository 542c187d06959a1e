import { expect, test } from 'vitest';
import { answerTo, pictures, runs, whileTimePasses } from './talk.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { accepted, acquaintance } from './raw-updates.ts';

test('a wish that the provider declines is asked once, whatever other keys and models there are (A20)', async () => {
  const refused = [{ do: { kind: 'refused' } }] as const;
  await using app = await openTestApp({
    accounts: [refused, [], []],
    env: { FREE_IMAGES_PER_DAY: '1', ROTATION_STRATEGY: 'primary-first' },
  });
  const person = app.person(7);
  const statusMessage = await answerTo(person, '/generate something forbidden');
  expect(await app.event('job.failed')).toMatchObject({ code: 'refused', calls: 1 });
  await app.event('job.notified');
  const told = person.messages().find(({ id }) => id === statusMessage.id);
  expect(wordsOf(told)).toContain('declined this request');
  expect(told?.buttons.flat().map(({ data }) => data?.split(':')[0])).toEqual(['example', 'tell']);
  expect(runs(app)).toHaveLength(1);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
  // The day's only credit is back.
  expect(wordsOf(await answerTo(person, '/generate something else'))).not.toContain('used');
});

test.each([
  { lane: 'free', waiting: 3 },
  { lane: 'premium', waiting: 10 },
] as const)('of fifty wishes at once a $lane person has $waiting taken (A21)', async ({ lane, waiting }) => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = await acquaintance(app);
  const hold = app.bytez.hold();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      app.app.service.submit({
        kind: 'image',
        prompt: 'a fox',
        lane,
        locale: 'en',
        updateId: 1_000 + index,
        origin: { chatId: 7, chatType: 'private', userId: 7, messageId: 1 },
      }),
    ),
  );
  const kinds = answers.map((answer) => (answer.kind === 'refused' ? answer.code : answer.kind));
  expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(waiting);
  expect(kinds.filter((kind) => kind === 'queue-full')).toHaveLength(50 - waiting);
  hold.release();
  expect(await whileTimePasses(clock, pictures(person, waiting))).toHaveLength(waiting);
  expect(app.events.filter(({ event }) => event === 'job.produced')).toHaveLength(waiting);
});

test('a person who writes the same fifteen times gets as many pictures as there is room for, and an answer to each (A21)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = await acquaintance(app);
  const hold = app.bytez.hold();
  for (let times = 0; times < 15; times += 1) person.say('/generate a fox');
  await person.waitFor((seen) => fromBot(seen).length === 16);
  expect(accepted(app)).toHaveLength(3);
  expect(fromBot(person.messages(), (one) => wordsOf(one).includes('3 requests in line'))).toHaveLength(12);
  hold.release();
  await whileTimePasses(clock, pictures(person, 3));
  expect(runs(app)).toHaveLength(3);
});
