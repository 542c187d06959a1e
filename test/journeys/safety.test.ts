import { expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { adminId, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, runs, until } from './talk.ts';

test('words on the list cost nothing, several of them make a person rest across a restart, and an admin ends it', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({
    clock,
    env: { MODERATION: 'words', STRIKES: '2', STRIKE_REST_S: '600', FREE_IMAGES_PER_DAY: '1' },
  });
  const [person, admin] = [app.person(7), app.person(adminId)];
  const refused = await passTime(clock, answerTo(person, '/generate Child  PORN'));
  expect(wordsOf(refused)).toContain('The service declined this request');
  expect(wordsOf(refused)).not.toContain('ask again');
  const second = await passTime(clock, answerTo(person, '/generate a fox, chi\u200bld \uff50orn'));
  expect(wordsOf(second)).toContain('You can ask again in about 10 minutes');
  await app.restart();
  const resting = await passTime(clock, answerTo(person, '/generate a fox'));
  expect(wordsOf(resting)).toContain('Several of your requests were declined');
  expect(runs(app)).toEqual([]);

  expect(wordsOf(await passTime(clock, answerTo(admin, '/unblock 7')))).toContain('7 may ask again');
  // Nothing of it was counted: the one picture of the day is left.
  person.say('/generate a fox');
  expect(await passTime(clock, pictures(person, 1))).toHaveLength(1);
  expect(app.events.filter(({ event }) => event === 'request.refused')).toHaveLength(2);
});

test('a person whom an admin blocks has waiting requests cancelled, is told why, and is heard again after /unblock', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '5' } });
  const [person, admin] = [app.person(7), app.person(adminId)];
  const hold = app.bytez.hold();
  person.say('/generate a fox');
  await until(() => runs(app).length === 1);
  const waiting = await answerTo(person, '/generate a hare');
  expect(wordsOf(await answerTo(person, '/block 8'))).toContain('don’t know that command');
  expect(wordsOf(await answerTo(admin, '/block'))).toContain('/block 123456 reason');
  expect(wordsOf(await answerTo(admin, '/block 7 selling at t.me/spam'))).toContain('7 is blocked');
  await person.waitFor((seen) => wordsOf(seen.find(({ id }) => id === waiting.id)).includes('Cancelled'));
  hold.release();
  const told = wordsOf(await answerTo(person, '/generate a bear'));
  expect(told).toContain('I can’t take requests from you here');
  // What an admin wrote calls nobody and opens nothing.
  expect(told).toContain('Their reason: selling at t.\u2060me/spam');
  expect(runs(app)).toHaveLength(1);
  expect(wordsOf(await answerTo(admin, '/unblock 7'))).toContain('7 may ask again');
  expect(wordsOf(await answerTo(admin, '/unblock 7'))).toContain('isn’t blocked');
  person.say('/generate a bear');
  expect(await pictures(person, 1)).toHaveLength(1);
});
