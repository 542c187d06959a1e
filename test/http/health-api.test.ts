import { expect, test } from 'vitest';
import { createApi } from '../../src/http/api.ts';
import { healthRoutes } from '../../src/http/health-api.ts';
import { cachedFor, type Vitals } from '../../src/http/readiness.ts';
import { fakeClock } from '../support/fake-clock.ts';

const well: Vitals = { databaseWritable: () => true, serving: () => 'yes', telegramAnswers: () => true };

const healthApi = (vitals: Vitals) => createApi([healthRoutes(vitals)]);

async function statusOf(path: string, vitals: Vitals): Promise<number> {
  const answer = await healthApi(vitals).request(path);
  expect(await answer.text()).toBe('');
  return answer.status;
}

test.each<readonly [string, Vitals, number]>([
  ['everything is well', well, 200],
  ['the database takes no write', { ...well, databaseWritable: () => false }, 503],
  ['no key is usable', { ...well, serving: () => 'no-key' }, 503],
  ['the providers of usable keys serve no model', { ...well, serving: () => 'no-model' }, 503],
  ['Telegram is silent', { ...well, telegramAnswers: () => false }, 503],
])('/readyz when %s', async (_when, vitals, expected) => {
  expect(await statusOf('/readyz', vitals)).toBe(expected);
});

test('/healthz answers in every state, and no page exists that no group of routes has added', async () => {
  const ill: Vitals = { databaseWritable: () => false, serving: () => 'no-key', telegramAnswers: () => false };
  const pages = ['/keys', '/'].map(async (path) => (await healthApi(ill).request(path)).status);
  expect([await statusOf('/healthz', ill), ...(await Promise.all(pages))]).toEqual([200, 404, 404]);
});

test('/readyz says what is missing to a caller whose token the gate has accepted', async () => {
  const api = healthApi({ ...well, serving: () => 'no-key' });
  const answer = await api.request('/readyz', { headers: { authorization: 'Bearer the-token' } });
  expect([answer.status, await answer.json()]).toEqual([
    503,
    {
      ready: false,
      database: true,
      keys: false,
      models: true,
      telegram: true,
      why: ['no provider key is usable; "darkroom keys report" says why'],
    },
  ]);
  const ready = await healthApi(well).request('/readyz', { headers: { authorization: 'Bearer the-token' } });
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { ready: true, database: true, keys: true, models: true, telegram: true, why: [] },
  ]);
});

test('a check that throws is a 500 with an empty body', async () => {
  const broken: Vitals = {
    ...well,
    serving: () => {
      throw new Error('a secret reason');
    },
  };
  expect(await statusOf('/readyz', broken)).toBe(500);
});

test('cachedFor() asks again only after its time', async () => {
  const clock = fakeClock();
  let asked = 0;
  const ask = cachedFor(clock, 1_000, () => {
    asked += 1;
    return asked > 1;
  });
  const answers = [ask(), ask()];
  await clock.advance(999);
  answers.push(ask());
  await clock.advance(1);
  answers.push(ask());
  expect([answers, asked]).toEqual([[false, false, false, true], 2]);
});
