import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSealer } from '../../src/kit/sealer.ts';
import { Secret } from '../../src/kit/secret.ts';
import { openTestApp, testKey } from '../support/test-app.ts';
import { adminEnv, asAdmin } from './admin-client.ts';

const env = { ...adminEnv, MASTER_KEY: 'canary-master-key-0123456789' };
const masterless = { BYTEZ_API_KEYS: testKey(1) };

test('a key is tested, added, used at once, kept encrypted, and there again after a restart', async () => {
  await using bot = await openTestApp({ accounts: [[], []], env: { ...env, ...masterless } });
  let admin = await asAdmin(bot.app);
  const added = await admin.call('POST', '/api/keys', {
    provider: 'bytez',
    key: testKey(2),
    label: 'the second',
    seats: 3,
  });
  expect(added).toMatchObject({ status: 201, body: { name: 'bytez #2', label: 'the second', seats: 3 } });
  expect(JSON.stringify(added.body)).not.toContain(testKey(2));
  const again = await admin.call('POST', '/api/keys', { provider: 'bytez', key: testKey(2) });
  expect([again.status, again.body]).toMatchObject([409, { code: 'known' }]);
  const { id } = added.body as { id: string };
  await admin.call('PATCH', `/api/keys/${(await bot.app.admin.keys.list())[0]?.id}`, { do: 'disable' });
  bot.person(7).say('/generate a red fox');
  await bot.event('attempt.succeeded', ({ keyId }) => keyId === id);
  for (const name of readdirSync(bot.dataDir, { recursive: true, withFileTypes: true })) {
    if (name.isFile()) expect(readFileSync(join(name.parentPath, name.name)).includes(testKey(2))).toBe(false);
  }
  expect(JSON.stringify(bot.events)).not.toContain(testKey(2));
  await bot.restart();
  admin = await asAdmin(bot.app);
  expect((await admin.call('GET', '/api/keys/status')).body).toMatchObject({
    keys: [
      { name: 'bytez #1', state: { kind: 'disabled' } },
      { id, name: 'bytez #2', label: 'the second' },
    ],
  });
  await bot.restart({ MASTER_KEY: 'another-master-key-of-the-bot' });
  expect(await bot.app.admin.keys.list()).toHaveLength(1);
  const { text } = await bot.event('config.warning', (event) => event.text.includes('MASTER_KEY'));
  expect(text).toBe(
    '1 of the keys that were added while the bot ran cannot be read: MASTER_KEY is not the one they were kept under; set it to use them',
  );
});

test('a key that the provider refuses, that is none, or that cannot be kept is not added', async () => {
  const accounts = [
    [],
    [{ do: { kind: 'unauthorized' } as const }],
    [{ do: { kind: 'cut' } as const, route: 'list' as const }],
  ];
  await using bot = await openTestApp({ accounts, env: { ...env, ...masterless } });
  const admin = await asAdmin(bot.app);
  const add = async (body: object) => {
    const answered = await admin.call('POST', '/api/keys', body);
    return [answered.status, (answered.body as { code: string }).code];
  };
  expect(await add({ provider: 'bytez', key: testKey(2) })).toEqual([422, 'refused']);
  expect(await add({ provider: 'bytez', key: testKey(3) })).toEqual([503, 'not-tested']);
  expect(await add({ provider: 'nobody', key: testKey(2) })).toEqual([404, 'no-such-provider']);
  expect(await add({ provider: 'bytez', key: 'your-key-here' })).toEqual([400, 'malformed']);
  expect(await add({ provider: 'bytez', key: `${testKey(2)}\r\nX-Admin: 1` })).toEqual([400, 'malformed']);
  expect(await add({ provider: 'bytez', key: testKey(2), weight: -1 })).toEqual([400, 'bad-request']);
  expect(await bot.app.admin.keys.list()).toHaveLength(1);
  await bot.restart({ MASTER_KEY: '' });
  const other = await asAdmin(bot.app);
  const without = await other.call('POST', '/api/keys', { provider: 'bytez', key: testKey(2) });
  expect([without.status, without.body]).toMatchObject([409, { code: 'no-master-key' }]);
});

test('a key is disabled, enabled, weighed, grouped and named, and each setting can be taken back', async () => {
  await using bot = await openTestApp({ accounts: [[], []], env });
  const admin = await asAdmin(bot.app);
  const [one, two] = (await bot.app.admin.keys.list()).map(({ id }) => id);
  const patch = (id: string | undefined, body: object) => admin.call('PATCH', `/api/keys/${id}`, body);
  expect((await patch(one, { do: 'disable' })).body).toMatchObject({ state: { kind: 'disabled' } });
  expect((await patch(one, { do: 'enable' })).body).toMatchObject({ state: { kind: 'ready' } });
  expect((await patch(one, { group: 'a', label: 'mine', weight: 3, seats: 2 })).body).toMatchObject({ label: 'mine' });
  const grouped = (await patch(two, { group: 'a' })).body as { account?: string };
  expect(grouped.account).toBe(one);
  await bot.restart();
  const keys = await bot.app.admin.keys.list();
  expect(keys.map(({ account, label }) => [account, label])).toEqual([
    [one, 'mine'],
    [one, undefined],
  ]);
  const after = await asAdmin(bot.app);
  const back = await after.call('PATCH', `/api/keys/${one}`, { group: null, label: null, weight: null, seats: null });
  expect(back.body).not.toHaveProperty('label');
  expect((await after.call('PATCH', `/api/keys/${one}`, {})).status).toBe(400);
  expect((await after.call('PATCH', '/api/keys/0123456789abcdef', { do: 'wake' })).status).toBe(404);
  const { body } = await after.call('GET', '/api/audit');
  expect((body as { entries: { action: string }[] }).entries.map(({ action }) => action)).toEqual([
    'set-key',
    'set-key',
    'set-key',
    'enable-keys',
    'disable-keys',
  ]);
});

test('createSealer() opens what it sealed, for the same thing and under the same master key only', () => {
  const sealer = createSealer(new Secret('a-master-key-of-the-bot'), 'salt');
  const sealed = sealer.seal('canary', 'bytez:1');
  expect([sealed.includes('canary'), sealer.open(sealed, 'bytez:1')]).toEqual([false, 'canary']);
  expect(sealer.seal('canary', 'bytez:1')).not.toBe(sealed);
  const others = [
    sealer.open(sealed, 'bytez:2'),
    sealer.open(`${sealed.slice(0, -4)}AAAA`, 'bytez:1'),
    sealer.open('v2.AAAA', 'bytez:1'),
    sealer.open('', 'bytez:1'),
    createSealer(new Secret('another-key-of-the-bot'), 'salt').open(sealed, 'bytez:1'),
    createSealer(new Secret('a-master-key-of-the-bot'), 'pepper').open(sealed, 'bytez:1'),
  ];
  expect(others).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
});

test('an added key is removed for good; one of the environment is refused with its place, and both are audited', async () => {
  await using bot = await openTestApp({ accounts: [[], []], env: { ...env, ...masterless } });
  const admin = await asAdmin(bot.app);
  const added = await admin.call('POST', '/api/keys', { provider: 'bytez', key: testKey(2), endsOn: '2999-01-01' });
  expect(added.body).toMatchObject({ isAdded: true, endsOn: '2999-01-01' });
  const { id } = added.body as { id: string };
  const [own] = await bot.app.admin.keys.list();
  const refused = await admin.call('DELETE', `/api/keys/${own?.id}`);
  expect([refused.status, refused.body]).toMatchObject([
    409,
    {
      code: 'configured',
      detail: expect.stringContaining('it stands in BYTEZ_API_KEYS, position 1; take it out there'),
    },
  ]);
  expect((await admin.call('DELETE', '/api/keys/0123456789abcdef')).status).toBe(404);
  expect(await admin.call('DELETE', `/api/keys/${id}`)).toMatchObject({ status: 204 });
  expect((await admin.call('DELETE', `/api/keys/${id}`)).status).toBe(404);
  expect((await bot.app.admin.keys.list()).map(({ name }) => name)).toEqual(['bytez #1']);
  expect((await admin.call('GET', '/api/audit?count=1')).body).toMatchObject({
    entries: [{ by: 'http', action: 'remove-key', target: id }],
  });
  await bot.restart();
  expect(await bot.app.admin.keys.list()).toHaveLength(1);
});

test('a key whose day has come rests as ended, which is no failure; another day brings it back', async () => {
  await using bot = await openTestApp({ accounts: [[], []], env });
  const admin = await asAdmin(bot.app);
  const [one] = await bot.app.admin.keys.list();
  const patch = (body: object) => admin.call('PATCH', `/api/keys/${one?.id}`, body);
  const ended = await patch({ endsOn: '2020-01-01' });
  expect(ended).toMatchObject({
    status: 200,
    body: { state: { kind: 'disabled', ended: true }, consecutiveErrors: 0 },
  });
  expect((await patch({ do: 'enable' })).body).toMatchObject({ state: { kind: 'disabled', ended: true } });
  expect((await admin.call('GET', '/api/health/alerts')).body).toMatchObject({
    alerts: [{ id: `key-ends:${one?.id}`, what: 'bytez #1 ends on 2020-01-01 (UTC)' }],
  });
  expect((await patch({ endsOn: '2999-01-01' })).body).toMatchObject({
    state: { kind: 'ready' },
    endsOn: '2999-01-01',
  });
  expect((await admin.call('GET', '/api/health/alerts')).body).toMatchObject({ alerts: [] });
  expect((await patch({ endsOn: '01.01.2027' })).status).toBe(400);
  expect((await patch({ endsOn: null })).body).not.toHaveProperty('endsOn');
});
