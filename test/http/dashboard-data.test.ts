import { expect, test } from 'vitest';
import { openGatewayStage } from '../journeys/gateway-stage.ts';
import { openTestApp } from '../support/test-app.ts';
import { adminEnv, asAdmin } from './admin-client.ts';

const refusing = [{ do: { kind: 'unauthorized' } }] as const;

type Overview = {
  readonly keys: Readonly<Record<string, number>>;
  readonly alerts: readonly { readonly what: string }[];
};
type Story = { readonly calls: readonly { readonly ending: string; readonly keyName: string }[] };
type Spending = { readonly clients: readonly object[] };
type JobPage = { readonly jobs: readonly { readonly id: string }[] };

test('what the dashboard reads is as described, and agrees with the keys, the alerts and the jobs of the bot', async () => {
  await using bot = await openTestApp({
    accounts: [refusing, []],
    env: { ...adminEnv, ROTATION_STRATEGY: 'primary-first', BUDGET_PER_DAY: '2' },
  });
  const admin = await asAdmin(bot.app);
  const robin = bot.person(7);
  robin.say('/generate a red fox');
  await bot.event('job.delivered');

  const { body } = await admin.call('GET', '/api/overview');
  expect(body).toMatchObject({
    lines: [],
    undelivered: 0,
    keys: { total: 2, ready: 1, cooling: 0, benched: 1, disabled: 0 },
    providers: [{ provider: 'bytez', availability: { kind: 'taking' }, isEmpty: false, isDown: false }],
    budgets: [{ of: 'all', spent: 0, limit: 2 }],
    currency: 'USD',
    spentToday: 0,
  });
  const { alerts, keys } = body as Overview;
  const health = (await admin.call('GET', '/api/health/alerts')).body as Overview;
  expect(alerts.map(({ what }) => what)).toEqual(health.alerts.map(({ what }) => what));
  expect((await admin.call('GET', '/api/keys/status')).body).toMatchObject(keys);
  expect((body as { models: readonly object[] }).models[0]).toMatchObject({ kind: 'image', provider: 'bytez' });

  const history = await admin.call('GET', '/api/history?hours=24');
  expect(history.body).toMatchObject({ stepMs: 3_600_000, total: { requests: 1, answered: 1, callsOfAnswered: 2 } });
  expect((await admin.call('GET', '/api/history?hours=720')).body).toMatchObject({
    stepMs: 86_400_000,
    total: { requests: 1, answered: 1 },
  });
  expect((await admin.call('GET', '/api/history/spending')).body).toMatchObject({
    people: [{ userId: 7, calls: 1 }],
    peopleInAll: 1,
  });

  const { jobs } = (await admin.call('GET', '/api/jobs?user=7')).body as JobPage;
  expect(jobs).toMatchObject([{ kind: 'image', userId: 7, outcome: { kind: 'result' }, calls: 2 }]);
  expect(JSON.stringify(jobs)).not.toContain('red fox');
  const story = await admin.call('GET', `/api/overview/jobs/${jobs[0]?.id ?? ''}`);
  expect((story.body as Story).calls.map(({ keyName, ending }) => [keyName, ending])).toEqual([
    ['bytez #1', 'failed'],
    ['bytez #2', 'answered'],
  ]);
  expect(JSON.stringify(story.body)).not.toContain('red fox');
});

test('keys are tested, those that are named and no others', async () => {
  await using bot = await openTestApp({ accounts: [refusing, [], []], env: adminEnv });
  const admin = await asAdmin(bot.app);
  const ids = (await bot.app.admin.keys.list()).map(({ id }) => id);
  const tested = await admin.call('POST', '/api/keys/tests', { keys: [...ids.slice(0, 2), 'no-such-key'] });
  expect(tested.body).toEqual({
    tests: [
      { id: ids[0], name: 'bytez #1', ok: false, reason: 'rejected', detail: expect.any(String) as string },
      { id: ids[1], name: 'bytez #2', ok: true },
    ],
  });
  expect((await bot.app.admin.keys.list()).map(({ state }) => state.kind)).toEqual(['benched', 'ready', 'ready']);
  expect((await admin.send('POST', '/api/keys/tests', { keys: [] })).status).toBe(400);
  expect((await admin.send('POST', '/api/keys/tests', { keys: 'all' })).status).toBe(400);
});

test('clients of the gateway are shown with what they may and what they cost, and nothing where there is no gateway', async () => {
  await using stage = await openGatewayStage({
    env: adminEnv,
    limits: { kinds: ['chat'], budget_per_day: 5, rate_per_minute: 60 },
  });
  const admin = await asAdmin(stage.app.app);
  await stage.client.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: 'Say hello' }] });
  const limits = { name: 'tests', lane: 'free', kinds: ['chat'], budgetPerDay: 5, ratePerMinute: 60 };
  const clients = async () => ((await admin.call('GET', '/api/history/spending')).body as Spending).clients;
  expect(await clients()).toMatchObject([limits]);

  await using bot = await openTestApp({ env: adminEnv });
  const other = await asAdmin(bot.app);
  expect((await other.call('GET', '/api/history/spending')).body).not.toHaveProperty('clients');
});

test('keys come in pages of fifty, and what does not fit a filter is left out (H19)', async () => {
  await using bot = await openTestApp({ accounts: Array.from({ length: 120 }, () => []), env: adminEnv });
  const admin = await asAdmin(bot.app);
  const ids = (await bot.app.admin.keys.list()).map(({ id }) => id);
  await bot.app.admin.keys.disable(ids.slice(0, 3));
  const page = async (query: string) => {
    const { body } = await admin.call('GET', `/api/overview/keys?${query}`);
    const { keys, ...rest } = body as { readonly keys: readonly { readonly id: string }[] };
    return { ...rest, ids: keys.map(({ id }) => id) };
  };
  const counts = { all: 120, ready: 117, cooling: 0, benched: 0, disabled: 3 };
  expect(await page('page=3')).toEqual({ total: 120, page: 3, pages: 3, counts, ids: ids.slice(100) });
  expect(await page('page=9&state=disabled&provider=bytez')).toMatchObject({ total: 3, page: 1, ids: ids.slice(0, 3) });
  expect(await page('provider=openai')).toMatchObject({ total: 0, pages: 1, ids: [] });
});

test.each(['../1', "1' OR '1'='1", 'x'.repeat(129)])('%j is no id of a job, and 1e3 names none (H12)', async (id) => {
  await using bot = await openTestApp({ env: adminEnv });
  const admin = await asAdmin(bot.app);
  expect((await admin.send('GET', `/api/overview/jobs/${encodeURIComponent(id)}`)).status).not.toBe(200);
  expect((await admin.call('GET', '/api/overview/jobs/1e3')).status).toBe(404);
});
