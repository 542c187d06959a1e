import { expect, test } from 'vitest';
import { startSunoSandbox } from '../../sandbox/suno/suno-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { count, until } from '../journeys/talk.ts';
import { openKillableApp, pointsAfterSubmission } from './killable-app.ts';

test('a bot that is killed again and again while a song is made never pays for it again', async () => {
  const key = 'canary-key-of-the-songs-0123456789';
  await using suno = await startSunoSandbox({ clock: systemClock, accounts: [{ name: 'First', key }] });
  await using app = await openKillableApp({
    env: {
      MUSIC_CHAIN: 'suno:V5',
      SUNO_API_KEY: key,
      SUNO_BASE_URL: suno.baseUrl,
      MEDIA_ALLOW_PRIVATE_HOSTS: suno.mediaHost,
    },
  });
  const hold = suno.hold();
  const person = app.person(7);
  person.say('/music a calm piano');
  const asked = (route: string) => suno.calls.filter((call) => call.route === route).length;
  await until(() => count(app, 'attempt.submitted') === 1);
  for (let kills = 1; kills <= 2; kills += 1) {
    const looks = asked('record');
    await app.kill();
    await app.start();
    await until(() => asked('record') > looks);
  }
  hold.release();
  await until(() => count(app, 'job.delivered') === 1);
  expect(asked('submit')).toBe(1);
  expect(count(app, 'attempt.resumed')).toBe(2);
  expect(asked('media')).toBe(2);
});

test('a bot that is killed at every point after Suno took a song pays for none twice', async () => {
  const key = 'canary-key-of-the-songs-0123456789';
  await using suno = await startSunoSandbox({ clock: systemClock, accounts: [{ name: 'First', key }] });
  await using app = await openKillableApp({
    isAsleep: true,
    env: {
      MUSIC_CHAIN: 'suno:V5',
      SUNO_API_KEY: key,
      SUNO_BASE_URL: suno.baseUrl,
      MEDIA_ALLOW_PRIVATE_HOSTS: suno.mediaHost,
    },
  });
  for (const [index, point] of pointsAfterSubmission.entries()) {
    await app.start({ point, spared: app.reached, afterMs: 0 });
    app.person(7 + index).say(`/music a calm piano at ${point}`);
    await app.died();
    await app.start();
    await until(() => count(app, 'job.delivered') > index || point === 'delivered-not-told');
    await app.kill();
  }
  expect(suno.calls.filter((call) => call.route === 'submit')).toHaveLength(pointsAfterSubmission.length);
  expect(count(app, 'attempt.lost')).toBe(0);
});
