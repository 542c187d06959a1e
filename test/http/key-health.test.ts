import { expect, test } from 'vitest';
import { openTestApp } from '../support/test-app.ts';
import { adminEnv, asAdmin } from './admin-client.ts';

test('keys, providers and alerts are shown as they are, and agree with each other', async () => {
  await using bot = await openTestApp({ accounts: [[], [{ do: { kind: 'unauthorized' } }]], env: adminEnv });
  const admin = await asAdmin(bot.app);
  const keys = await bot.app.admin.keys.list();
  await bot.app.admin.keys.test('all');
  const status = await admin.call('GET', '/api/keys/status');
  expect(status).toMatchObject({
    status: 200,
    body: {
      total: 2,
      ready: 1,
      benched: 1,
      providers: [{ provider: 'bytez', availability: { kind: 'taking' }, total: 2 }],
      keys: [{ name: 'bytez #1' }, { name: 'bytez #2' }],
    },
  });
  expect(status.headers.get('cache-control')).toBe('no-store');
  expect(JSON.stringify(status.body)).not.toContain('canary-key');
  const health = await admin.call('GET', '/api/bytez/health');
  expect(health.body).toEqual({
    success: true,
    overallStatus: 'degraded',
    summary: { totalKeys: 2, healthyKeys: 1, rateLimitedKeys: 0, unhealthyKeys: 1, overallSuccessRate: null },
    keys: keys.map(({ id }, index) => ({
      keyId: id,
      isHealthy: index === 0,
      errorCount: 0,
      successCount: 0,
      totalRequests: 0,
      successRate: null,
      isRateLimited: false,
      lastUsed: null,
      recoveryTime: index === 0 ? null : expect.any(Number),
    })),
  });
  expect((await admin.call('GET', '/api/health/summary')).body).toMatchObject({
    overallStatus: 'degraded',
    providers: [{ provider: 'bytez', overallStatus: 'degraded' }],
    alerts: { high: 1, medium: 0, low: 0 },
  });
  expect((await admin.call('GET', '/api/health/alerts')).body).toMatchObject({
    alerts: [
      {
        kind: 'key-failing',
        severity: 'high',
        what: 'bytez #2 failed (rejected)',
        advice: '"darkroom keys report" says what is wrong with the key and what replaces it',
        facts: { keyName: 'bytez #2' },
      },
    ],
  });
});

test('a key is found by provider and place, and by a model of the chain, whose name has slashes', async () => {
  await using bot = await openTestApp({ env: adminEnv });
  const admin = await asAdmin(bot.app);
  const { model } = bot.app.core.chains.image[0] ?? { model: '' };
  expect(model).toContain('/');
  const [byProvider, byModel] = [
    await admin.call('GET', '/api/health/bytez/1'),
    await (await admin.send('GET', `/api/health/${model}/1`)).json(),
  ];
  expect([byProvider.body, byModel]).toEqual([byModel, byProvider.body]);
  expect(byProvider.body).toMatchObject({ key: 'bytez #1', provider: 'bytez', isHealthy: true });
  for (const path of ['/api/health/bytez/2', '/api/health/nobody/1', '/api/nobody/health']) {
    expect((await admin.call('GET', path)).status).toBe(404);
  }
  expect((await admin.call('GET', '/api/suno/health')).body).toMatchObject({
    overallStatus: 'unhealthy',
    summary: { totalKeys: 0 },
  });
});

test('what a call did to a key is seen at once', async () => {
  await using bot = await openTestApp({
    accounts: [[{ do: { kind: 'rate-limited', retryAfterS: 30 } }]],
    env: adminEnv,
  });
  const admin = await asAdmin(bot.app);
  const ann = bot.person(7);
  ann.say('/generate a red fox');
  await bot.event('job.parked');
  const { body } = await admin.call('GET', '/api/bytez/health');
  expect(body).toMatchObject({
    overallStatus: 'degraded',
    summary: { totalKeys: 1, rateLimitedKeys: 1, overallSuccessRate: 0 },
  });
});
