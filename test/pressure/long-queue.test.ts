import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerTo, troubles, until } from '../journeys/talk.ts';
import { openTestApp, premiumId, type TestApp, wordsOf } from '../support/test-app.ts';
import { fillWithCrowd } from './fill-queue.ts';

const jobs = 50_000;

/** A bot in whose line very many wait, and whose provider does not answer. */
async function aCrowdedApp(env: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const app = await openTestApp({ env });
  app.bytez.hold();
  fillWithCrowd(join(app.dataDir, 'darkroom.db'), { jobs, people: jobs, nowMs: Date.now() });
  return app;
}

test('with 50,000 jobs waiting a new request is refused kindly, and everything else is answered as ever', async () => {
  await using app = await aCrowdedApp();
  const person = app.person(7);
  const beganMs = performance.now();
  const refused = wordsOf(await answerTo(person, '/generate a red fox'));
  expect(refused).toContain('The picture service is very busy right now');
  expect(wordsOf(await answerTo(person, '/status'))).toContain('no requests right now');
  expect(wordsOf(await answerTo(person, '/help'))).toContain('/generate');
  expect(performance.now() - beganMs).toBeLessThan(3_000);
  expect(troubles(app)).toEqual([]);
});

test('with 50,000 free jobs waiting whoever has premium is taken, and goes first', async () => {
  await using app = await aCrowdedApp();
  const statusMessage = wordsOf(await answerTo(app.person(premiumId), '/generate a red fox'));
  expect(statusMessage).toContain('a red fox');
  expect(statusMessage).not.toMatch(/0,000|49,9/);
});

test('with 50,000 jobs waiting and patience enough a request is taken, told its place, and can be cancelled', async () => {
  await using app = await aCrowdedApp({ MAX_WAIT_S: '2592000' });
  const person = app.person(7);
  const beganMs = performance.now();
  expect(wordsOf(await answerTo(person, '/generate a red fox'))).toMatch(/(?:49,99\d|50,00\d) requests ahead/);
  expect(wordsOf(await answerTo(person, '/cancel'))).not.toBe('');
  await until(() => app.events.some(({ event }) => event === 'job.notified'));
  expect(performance.now() - beganMs).toBeLessThan(3_000);
  expect(troubles(app)).toEqual([]);
});
