import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openTestApp, testKey } from '../support/test-app.ts';
import { adminEnv, asAdmin } from './admin-client.ts';
import { adminToken } from './test-server.ts';

type Lease = { readonly lease: string; readonly fence: number; readonly key: string; readonly expiresAt: number };

test('a seat of a key is lent, renewed and given back with how it went; the pool learns and the log never has the key', async () => {
  await using bot = await openTestApp({ env: adminEnv });
  const admin = await asAdmin(bot.app);
  const before = Date.now();
  const lent = await admin.call('GET', '/api/keys/bytez?ttl=30');
  expect(lent.headers.get('cache-control')).toBe('no-store');
  const { lease, fence, key, expiresAt } = lent.body as Lease;
  expect(lent.body).toMatchObject({ provider: 'bytez', model: null, keyName: 'bytez #1', key: testKey(1) });
  expect([key, expiresAt >= before + 30_000]).toEqual([testKey(1), true]);
  const busy = await admin.call('GET', '/api/keys/bytez');
  expect([busy.status, busy.body]).toMatchObject([503, { code: 'busy' }]);
  expect(Number(busy.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await admin.call('PATCH', `/api/leases/${lease}`, { fence, ttl: 60 })).status).toBe(200);
  expect((await admin.call('PATCH', `/api/leases/${lease}`, { fence: fence - 1, ttl: 60 })).status).toBe(409);
  const said = { fence, status: 429, headers: { 'Retry-After': '40' }, body: '{"error":"rate limited"}' };
  expect((await admin.call('POST', `/api/leases/${lease}`, said)).body).toEqual({
    result: 'failed',
    blame: 'key',
    reason: 'rate-limited',
    retryAfterMs: 40_000,
  });
  expect((await admin.call('POST', `/api/leases/${lease}`, { fence, ok: true, ms: 5 })).status).toBe(409);
  const cooling = await admin.call('GET', '/api/keys/bytez');
  expect([cooling.status, cooling.body]).toMatchObject([503, { code: 'cooling' }]);
  const retryS = Number(cooling.headers.get('retry-after'));
  expect([retryS > 30, retryS <= 40]).toEqual([true, true]);
  expect(JSON.stringify(bot.events)).not.toContain(testKey(1));
});

test('a key is lent for a model by its own name, and given back unused', async () => {
  await using bot = await openTestApp({ env: adminEnv });
  const admin = await asAdmin(bot.app);
  const { model } = bot.app.core.chains.image[0] ?? { model: '' };
  const lent = (await (await admin.send('GET', `/api/keys/${model}`)).json()) as Lease & { model: string };
  expect(lent).toMatchObject({ model, key: testKey(1) });
  expect((await admin.call('DELETE', `/api/leases/${lent.lease}?fence=${lent.fence}`)).body).toEqual({
    result: 'unused',
  });
  expect((await admin.call('DELETE', `/api/leases/${lent.lease}?fence=${lent.fence}`)).status).toBe(409);
  expect((await bot.app.admin.keys.list())[0]).toMatchObject({ inFlight: 0, calls: 0, state: { kind: 'ready' } });
  expect((await admin.call('GET', '/api/keys/nobody')).status).toBe(404);
  expect((await admin.call('GET', '/api/keys/suno')).body).toMatchObject({ code: 'no-keys' });
  expect((await admin.call('GET', '/api/keys/bytez?ttl=1e9')).status).toBe(400);
  expect((await admin.call('POST', '/api/leases/1e3', { fence: 1, ok: true, ms: 1 })).status).toBe(400);
});

test('who waits for a seat gets it when a job of the bot gives it back, and a picture comes after a lease', async () => {
  await using bot = await openTestApp({ env: adminEnv, latencyMs: 50 });
  const admin = await asAdmin(bot.app);
  const ann = bot.person(7);
  ann.say('/generate a red fox');
  await bot.event('attempt.started');
  const lent = await admin.call('GET', '/api/keys/bytez?wait=20');
  const { lease, fence } = lent.body as Lease;
  expect(lent.status).toBe(200);
  ann.say('/generate a blue fox');
  await bot.event('job.accepted', ({ jobId }) => jobId !== '');
  expect((await admin.call('POST', `/api/leases/${lease}`, { fence, ok: true, ms: 900 })).status).toBe(200);
  await bot.event(
    'job.delivered',
    (event) => bot.events.filter(({ event: name }) => name === event.event).length === 2,
  );
});

test('a holder that is killed with SIGKILL holds its seat no longer than the lease', async () => {
  await using bot = await openTestApp({ env: adminEnv });
  const admin = await asAdmin(bot.app);
  const script = `
    const answer = await fetch('${bot.app.httpUrl}/api/keys/bytez?ttl=1', { headers: { authorization: 'Bearer ${adminToken}' } });
    process.stdout.write(await answer.text());
    setInterval(() => undefined, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(holder.stdout, 'data')) as [Buffer];
  const dead = JSON.parse(said.toString()) as Lease;
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const next = await admin.call('GET', '/api/keys/bytez?wait=30');
  expect(next.status).toBe(200);
  expect(Date.now()).toBeGreaterThanOrEqual(dead.expiresAt - 5);
  expect((next.body as Lease).fence).toBeGreaterThan(dead.fence);
  const late = { fence: dead.fence, status: 401, body: 'Unauthorized' };
  expect((await admin.call('POST', `/api/leases/${dead.lease}`, late)).status).toBe(409);
  expect((await bot.app.admin.keys.list())[0]).toMatchObject({ inFlight: 1, state: { kind: 'ready' } });
});
