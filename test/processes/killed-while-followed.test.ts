import { expect, test } from 'vitest';
import { startHordeSandbox } from '../../sandbox/horde/horde-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { count, pictures, until } from '../journeys/talk.ts';
import { openKillableApp, pointsAfterSubmission } from './killable-app.ts';

test('a bot that is killed again and again while the Horde works on a request never submits it again', async () => {
  await using horde = await startHordeSandbox({ clock: systemClock });
  await using app = await openKillableApp({
    env: {
      IMAGE_CHAIN: 'horde:stable_diffusion',
      HORDE_API_KEY: '0000000000',
      HORDE_BASE_URL: horde.baseUrl,
      MEDIA_ALLOW_PRIVATE_HOSTS: horde.mediaHost,
    },
  });
  const hold = horde.hold();
  const person = app.person(7);
  person.say('/generate a fox');
  const asked = (route: string) => horde.calls.filter((call) => call.route === route).length;
  await until(() => count(app, 'attempt.submitted') === 1);
  for (let kills = 1; kills <= 2; kills += 1) {
    const checks = asked('check');
    await app.kill();
    await app.start();
    await until(() => asked('check') > checks);
  }
  hold.release();
  await pictures(person);
  await until(() => count(app, 'job.delivered') === 1);
  expect(asked('submit')).toBe(1);
  expect(count(app, 'attempt.resumed')).toBe(2);
});

test('a bot that is killed at every point after the Horde took a request submits nothing twice', async () => {
  await using horde = await startHordeSandbox({ clock: systemClock });
  await using app = await openKillableApp({
    isAsleep: true,
    env: {
      IMAGE_CHAIN: 'horde:stable_diffusion',
      HORDE_API_KEY: '0000000000',
      HORDE_BASE_URL: horde.baseUrl,
      MEDIA_ALLOW_PRIVATE_HOSTS: horde.mediaHost,
    },
  });
  for (const [index, point] of pointsAfterSubmission.entries()) {
    await app.start({ point, spared: app.reached, afterMs: 0 });
    app.person(7 + index).say(`/generate a fox at ${point}`);
    await app.died();
    await app.start();
    await until(() => count(app, 'job.delivered') > index || point === 'delivered-not-told');
    await app.kill();
  }
  expect(horde.calls.filter((call) => call.route === 'submit')).toHaveLength(pointsAfterSubmission.length);
  expect(count(app, 'attempt.lost')).toBe(0);
});
