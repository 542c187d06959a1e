import { join } from 'node:path';
import { expect, test } from 'vitest';
import { carriesToken, createGate, digestOf } from '../../src/http/gate.ts';
import { Secret } from '../../src/kit/secret.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aServer, adminToken, ask, well, withToken } from './test-server.ts';
import { sources } from '../support/source-patterns.ts';

const basic = Buffer.from(`admin:${adminToken}`).toString('base64');

test.each([
  ['no token', 'GET /keys', []],
  ['a wrong token', 'GET /keys', ['Authorization: Bearer wrong']],
  ['a token in the query', `GET /keys?token=${adminToken}&access_token=${adminToken}`, []],
  ['Basic', 'GET /keys', [`Authorization: Basic ${basic}`]],
  ['lower-case bearer', 'GET /keys', [`Authorization: bearer ${adminToken}`]],
  ['the bare token', 'GET /keys', [`Authorization: ${adminToken}`]],
  ['two Authorization headers, both right', 'GET /keys', [withToken, withToken]],
  ['two Authorization headers, the first right', 'GET /keys', [withToken, 'Authorization: Bearer wrong']],
  ['two tokens in one header', 'GET /keys', [`Authorization: Bearer ${adminToken}, Bearer ${adminToken}`]],
  ['a right token with more behind it', 'GET /keys', [`${withToken}x`]],
  ['a token in a cookie', 'GET /keys', [`Cookie: token=${adminToken}`]],
  ['no token on a page that there is not', 'GET /there/is/no/such/page', []],
  ['no token by a method that is not served', 'TRACE /keys', []],
])('%s is answered 401 with nothing in it (H1)', async (_what, line, headers) => {
  await using server = await aServer();
  const refused = await ask(server, line, headers);
  expect(refused.status).toBe(401);
  expect(refused.body).toBe('');
  expect(refused.head).not.toContain('canary');
  expect(refused.head.replace(/\r\ndate: .*/, '')).toBe(
    [
      'http/1.1 401 unauthorized',
      'www-authenticate: bearer',
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'content-length: 0',
      'connection: close',
    ].join('\r\n'),
  );
});

test('readiness answers anybody without data, says why with the token, and counts a wrong one as a try', async () => {
  await using server = await aServer({ vitals: { ...well, serving: () => 'no-key' } });
  expect(await ask(server, 'GET /readyz')).toMatchObject({ status: 503, body: '' });
  expect(await ask(server, 'GET /readyz', [`Authorization: Basic ${basic}`])).toMatchObject({ status: 503, body: '' });
  const told = await ask(server, 'GET /readyz', [withToken]);
  expect([told.status, JSON.parse(told.body)]).toMatchObject([503, { ready: false, database: true, keys: false }]);
  for (let count = 0; count < 10; count += 1) {
    expect(await ask(server, 'GET /readyz', ['Authorization: Bearer wrong'])).toMatchObject({ status: 401, body: '' });
  }
  expect((await ask(server, 'GET /readyz', [withToken])).status).toBe(429);
  expect((await ask(server, 'GET /readyz')).status).toBe(503);
});

test('a header of 1 MB is cut off (H1)', async () => {
  await using server = await aServer();
  const refused = await ask(server, 'GET /keys', [`Authorization: Bearer ${'x'.repeat(1_000_000)}`]);
  // The connection may be reset before the answer is read.
  expect([431, 0]).toContain(refused.status);
  expect(refused.body).toBe('');
});

test('the right token passes the gate, and a page that there is not is a problem in JSON (H1)', async () => {
  await using server = await aServer();
  const missing = await ask(server, 'GET /keys', [withToken]);
  expect([missing.status, JSON.parse(missing.body)]).toMatchObject([404, { status: 404, code: 'no-such-page' }]);
  expect(missing.head).toContain('content-type: application/problem+json');
  expect(server.events).toEqual([]);
});

test.each([
  ['right length, wrong bytes', adminToken.replace('c', 'd')],
  ['shorter', adminToken.slice(0, -1)],
  ['longer', `${adminToken}x`],
  ['a prefix', adminToken.slice(0, 8)],
  ['empty', ''],
  ['512 characters', 'x'.repeat(512)],
])('a token that is %s is refused without an exception (H2)', (_what, offered) => {
  expect(carriesToken([`Bearer ${offered}`], [digestOf(adminToken)])).toBe(false);
});

test('a nearly right token takes as long to refuse as a wrong one (H2)', () => {
  const digests = [digestOf(adminToken)];
  const nearly = [`Bearer ${adminToken.slice(0, -1)}x`];
  const notAtAll = [`Bearer ${'x'.repeat(adminToken.length)}`];
  const timeOf = (headers: readonly string[]): number => {
    const startNs = process.hrtime.bigint();
    for (let tries = 0; tries < 50; tries += 1) carriesToken(headers, digests);
    return Number(process.hrtime.bigint() - startNs);
  };
  const rounds = Array.from({ length: 200 }, () => [timeOf(nearly), timeOf(notAtAll)] as const);
  const median = (pick: 0 | 1) => rounds.map((round) => round[pick]).sort((a, b) => a - b)[100] ?? 0;
  expect(median(0) / median(1)).toBeGreaterThan(0.7);
  expect(median(0) / median(1)).toBeLessThan(1.4);
});

test('only digests of tokens are compared, in constant time, and only a lease reveals a key (H2)', () => {
  const [bearer = ''] = sources().flatMap(({ name, text }) => (name === join('http', 'gate.ts') ? [text] : []));
  expect(bearer).toContain('timingSafeEqual(ofOffered, digest)');
  const revealing = sources().flatMap(({ name, text }) =>
    // Webhooks are told of at addresses that are secrets, and signed with a key.
    name.startsWith('http') && !name.includes('webhooks') ? (text.match(/[^\s]*\.reveal\(\)/g) ?? []) : [],
  );
  expect(revealing.toSorted()).toEqual(['digestOf(secret.reveal()', 'digestOf(token.reveal()', 'key.reveal()']);
});

test('after ten wrong tokens in a minute an address is refused, also with the right one, and health still answers (H2)', async () => {
  const clock = fakeClock();
  await using server = await aServer({ clock });
  const statuses: number[] = [];
  for (let tries = 0; tries < 12; tries += 1) statuses.push((await ask(server, 'GET /keys')).status);
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  const waits = await ask(server, 'GET /keys', [withToken]);
  expect(waits).toMatchObject({ status: 429, body: '' });
  expect(waits.head).toContain('retry-after: 60');
  expect(await ask(server, 'GET /healthz')).toMatchObject({ status: 200 });
  await clock.advance(60_000);
  expect((await ask(server, 'GET /keys', [withToken])).status).toBe(404);
});

test('an address is refused for its own tries only, and an IPv6 network is one address (H2)', () => {
  const gate = createGate({
    open: new Set(),
    tokens: () => [new Secret(adminToken)],
    host: '::',
    clock: fakeClock(),
  });
  const from = (address: string, token = 'wrong') => {
    const ruling = gate({
      method: 'GET',
      target: '/keys',
      hosts: ['localhost'],
      authorizations: [`Bearer ${token}`],
      address,
      coding: undefined,
      bodyBytes: 0,
      header: () => undefined,
    });
    return ruling === 'pass' ? 200 : ruling.status;
  };
  for (let tries = 0; tries < 10; tries += 1) from(`2001:db8:0:1::${tries}`);
  expect(from('2001:db8:0:1:ffff::1')).toBe(429);
  expect(from('2001:db8:0:2::1')).toBe(401);
  for (let tries = 0; tries < 10; tries += 1) from('::ffff:192.0.2.1');
  expect([from('192.0.2.1', adminToken), from('192.0.2.2', adminToken)]).toEqual([429, 200]);
});

test('without a configured token every request is refused (H3)', async () => {
  await using server = await aServer({ token: '' });
  for (const header of ['Bearer ', 'Bearer undefined', 'Bearer [secret]', `Bearer ${adminToken}`]) {
    expect(await ask(server, 'GET /keys', [`Authorization: ${header}`])).toMatchObject({ status: 401, body: '' });
  }
  expect((await ask(server, 'GET /healthz')).status).toBe(200);
});

test('two tokens are valid during a change, and the old one no longer afterwards (H20)', () => {
  let tokens = [new Secret('the-old-token-of-the-bot'), new Secret('the-new-token-of-the-bot')];
  const gate = createGate({ open: new Set(), tokens: () => tokens, host: '127.0.0.1', clock: fakeClock() });
  const comesIn = (token: string) =>
    gate({
      method: 'GET',
      target: '/',
      hosts: ['127.0.0.1:3002'],
      authorizations: [`Bearer ${token}`],
      address: '127.0.0.1',
      coding: undefined,
      bodyBytes: 0,
      header: () => undefined,
    }) === 'pass';
  expect([comesIn('the-old-token-of-the-bot'), comesIn('the-new-token-of-the-bot')]).toEqual([true, true]);
  tokens = tokens.slice(1);
  expect([comesIn('the-old-token-of-the-bot'), comesIn('the-new-token-of-the-bot')]).toEqual([false, true]);
});
