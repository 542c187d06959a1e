import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerTo, troubles, until } from '../journeys/talk.ts';
import { openTestHouse, premiumId, type TestHouse, wordsOf } from '../support/test-app.ts';
import { fillWithCrowd } from './crowd.ts';

const jobs = 50_000;

/** A house in whose line very many wait, and whose provider does not answer. */
async function aCrowdedHouse(env: Readonly<Record<string, string>> = {}): Promise<TestHouse> {
  const house = await openTestHouse({ env });
  house.bytez.hold();
  fillWithCrowd(join(house.dataDir, 'darkroom.db'), { jobs, people: jobs, nowMs: Date.now() });
  return house;
}

test('with 50,000 jobs waiting a new request is refused kindly, and everything else is answered as ever', async () => {
  await using house = await aCrowdedHouse();
  const person = house.person(7);
  const beganMs = performance.now();
  const refused = wordsOf(await answerTo(person, '/generate a red fox'));
  expect(refused).toContain('Many people are generating right now');
  expect(wordsOf(await answerTo(person, '/status'))).toContain('no requests right now');
  expect(wordsOf(await answerTo(person, '/help'))).toContain('/generate');
  expect(performance.now() - beganMs).toBeLessThan(3_000);
  expect(troubles(house)).toEqual([]);
});

test('with 50,000 free jobs waiting whoever has premium is taken, and goes first', async () => {
  await using house = await aCrowdedHouse();
  const receipt = wordsOf(await answerTo(house.person(premiumId), '/generate a red fox'));
  expect(receipt).toContain('a red fox');
  expect(receipt).not.toMatch(/0,000|49,9/);
});

test('with 50,000 jobs waiting and patience enough a request is taken, told its place, and can be cancelled', async () => {
  await using house = await aCrowdedHouse({ MAX_WAIT_S: '2592000' });
  const person = house.person(7);
  const beganMs = performance.now();
  expect(wordsOf(await answerTo(person, '/generate a red fox'))).toMatch(/(?:49,99\d|50,00\d) requests ahead/);
  expect(wordsOf(await answerTo(person, '/cancel'))).not.toBe('');
  await until(() => house.events.some(({ event }) => event === 'job.told'));
  expect(performance.now() - beganMs).toBeLessThan(3_000);
  expect(troubles(house)).toEqual([]);
});
