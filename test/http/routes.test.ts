import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { servedHosts } from '../../src/http/gate.ts';
import { aServer, ask, connected, raw, untilClosed, well, withToken } from './test-server.ts';

test('the bot listens on loopback by default, and elsewhere only with a long token (H4)', () => {
  expect(parseConfig({}).http).toMatchObject({ host: '127.0.0.1' });
  const fix = /^- ADMIN_TOKEN must have at least 32 characters/m;
  for (const HTTP_HOST of ['0.0.0.0', '::', '192.0.2.7', 'bot.example.org']) {
    expect(() => parseConfig({ HTTP_HOST })).toThrow(fix);
    expect(() => parseConfig({ HTTP_HOST, ADMIN_TOKEN: 'x'.repeat(31) })).toThrow(fix);
    expect(parseConfig({ HTTP_HOST, ADMIN_TOKEN: 'x'.repeat(32) }).http.host).toBe(HTTP_HOST);
  }
});

test.each([
  ['a stranger’s name', ['Host: evil.test']],
  ['a stranger’s name with our port', ['Host: evil.test:3002']],
  ['a name that begins like ours', ['Host: localhost.evil.test']],
  ['an address with a name behind it', ['Host: 127.0.0.1.evil.test']],
  ['an address of somebody else', ['Host: 192.0.2.1']],
  ['our name and a stranger’s', ['Host: localhost', 'Host: evil.test']],
  ['nothing', ['Host:']],
  ['a user before our name', ['Host: evil.test@127.0.0.1']],
  ['a forwarded name', ['Host: evil.test', 'X-Forwarded-Host: localhost']],
])('a request to %s is not ours, not even with the token (H5)', async (_what, hosts) => {
  await using server = await aServer();
  const refused = await ask(server, 'GET /keys', [...hosts, withToken]);
  expect([400, 421]).toContain(refused.status);
  expect(refused.body).toBe('');
});

test.each([
  ['127.0.0.1', ['127.0.0.1:3002', '127.0.0.1', 'localhost:3002', 'LOCALHOST', '[::1]:3002', '127.1.2.3']],
  ['0.0.0.0', ['10.0.0.7:3002', '[2001:db8::1]:3002', 'localhost']],
  ['bot.example.org', ['bot.example.org', 'Bot.Example.Org:443', 'localhost']],
])('a bot that listens on %s knows its names (H5)', (boundTo, names) => {
  const serves = servedHosts(boundTo);
  expect(names.filter((name) => !serves(name))).toEqual([]);
  expect(['evil.test', 'evil.test:3002', '', ' ', 'localhost.', '127.0.0.1:x', '[::1'].filter(serves)).toEqual([]);
});

test('a foreign web page may neither read nor write (H6)', async () => {
  await using server = await aServer();
  const origin = 'Origin: https://evil.test';
  const asked = await ask(server, 'OPTIONS /keys', [origin, 'Access-Control-Request-Method: POST']);
  expect(asked.status).toBe(401);
  const posted = await ask(server, 'POST /keys', [origin, 'Content-Type: application/x-www-form-urlencoded']);
  expect(posted.status).toBe(401);
  const healthy = await ask(server, 'GET /healthz', [origin]);
  expect(healthy.status).toBe(200);
  for (const { head } of [asked, posted, healthy]) {
    expect(head).not.toContain('access-control');
    expect(head).not.toContain('set-cookie');
  }
});

const oddTargets = [
  '/health/../keys',
  '/x/../healthz',
  '//healthz',
  '/%68ealthz',
  '/healthz;x',
  '/HEALTHZ',
  '/healthz%00',
  '/healthz.',
  '/healthz/',
  '/./healthz',
  '/healthz#x',
  'http://127.0.0.1/healthz',
  '/healthz\\..\\keys',
  '*',
];

test.each(oddTargets)('%s is no spelling of an open page (H7)', async (target) => {
  await using server = await aServer();
  expect((await ask(server, `GET ${target}`)).status).toBe(401);
  expect((await ask(server, `GET ${target}`, [withToken])).status).toBe(404);
});

test('no header changes the method or the page (H7)', async () => {
  await using server = await aServer();
  const headers = ['X-HTTP-Method-Override: GET', 'X-Original-URL: /healthz', 'X-Rewrite-URL: /healthz'];
  expect((await ask(server, 'POST /healthz', headers)).status).toBe(405);
  expect((await ask(server, 'GET /keys', headers)).status).toBe(401);
});

test('the two open pages return a status and no data (H8)', async () => {
  let ready = true;
  await using server = await aServer({ vitals: { ...well, serving: () => (ready ? 'yes' : 'no-key') } });
  const pages = async () => [await ask(server, 'GET /healthz'), await ask(server, 'GET /readyz?verbose=1&token=x')];
  expect(await pages()).toMatchObject([
    { status: 200, body: '' },
    { status: 200, body: '' },
  ]);
  ready = false;
  expect(await pages()).toMatchObject([
    { status: 200, body: '' },
    { status: 503, body: '' },
  ]);
});

test.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
  '%s is no way to ask for an open page (H17)',
  async (method) => {
    await using server = await aServer();
    const refused = await ask(server, `${method} /healthz`);
    expect(refused).toMatchObject({ status: 405, body: '' });
    expect(refused.head).toContain('allow: get');
  },
);

test('methods that are not served are refused to those with the token too (H17)', async () => {
  await using server = await aServer();
  for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PURGE']) {
    expect((await ask(server, `${method} /keys`, [withToken])).status).toBe(405);
  }
  expect((await raw(server, 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n')).status).toBe(405);
  expect((await ask(server, 'get /healthz')).status).toBe(400);
});

test('no other protocol is offered (H16)', async () => {
  await using server = await aServer();
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x'];
  expect((await ask(server, 'GET /keys', upgrade)).status).toBe(401);
  const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
  expect((await ask(server, 'GET /healthz', h2c)).status).toBe(200);
  const socket = await connected(server);
  const said = untilClosed(socket);
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  expect(await said).toMatch(/^(?:HTTP\/1\.1 400|$)/);
});

test('headers that name an address are ignored (H21)', async () => {
  await using server = await aServer();
  const headers = (tries: number) => [`X-Forwarded-For: 10.0.0.${tries}`, `Forwarded: for=10.0.0.${tries}`];
  for (let tries = 0; tries < 10; tries += 1) await ask(server, 'GET /keys', headers(tries));
  expect((await ask(server, 'GET /keys', headers(99))).status).toBe(429);
  expect((await ask(server, 'GET /keys', ['X-Forwarded-For: 127.0.0.1'])).status).toBe(429);
});
