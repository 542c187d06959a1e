import { expect, test } from 'vitest';
import { Sessions } from '../../src/http/dashboard/sessions.ts';
import { digestOf } from '../../src/http/gate.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aServer, adminToken, ask, raw, type RawAnswer, type TestServer, withToken } from './test-server.ts';

const ownOrigin = (server: TestServer) => `Origin: ${server.url}`;

/** Posts the form of the sign-in page. */
function signIn(server: TestServer, token: string, headers = [ownOrigin(server)]): Promise<RawAnswer> {
  const body = new URLSearchParams({ token }).toString();
  return raw(
    server,
    [
      'POST /sign-in HTTP/1.1',
      `Host: ${new URL(server.url).host}`,
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
      'Connection: close',
      ...headers,
      '',
      body,
    ].join('\r\n'),
  );
}

async function cookieOf(server: TestServer): Promise<string> {
  const [, value = 'none'] = /set-cookie: (darkroom_session=[^;]+)/.exec((await signInAsSent(server)) ?? '') ?? [];
  return `Cookie: ${value}`;
}

/** The head of the answer as it was sent: a cookie's value has capitals. */
async function signInAsSent(server: TestServer): Promise<string> {
  const response = await fetch(`${server.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: server.url },
    body: new URLSearchParams({ token: adminToken }),
  });
  return [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
}

const page = 'X-Darkroom-Page: 1';

test('the token opens a session; its cookie is for this site alone, unreadable to scripts, and not the token', async () => {
  await using server = await aServer();
  const answered = await signIn(server, adminToken);
  expect(answered).toMatchObject({ status: 303, body: '' });
  expect(answered.head).toMatch(
    /\r\nset-cookie: darkroom_session=[a-z0-9_-]{43}; path=\/; httponly; samesite=strict\r\n/,
  );
  expect(answered.head).toMatch(/\r\nlocation: \/\r\n/);
  expect(answered.head).not.toContain('canary');
  const cookie = await cookieOf(server);
  expect((await ask(server, 'GET /', [cookie])).body).toContain('id="verdict"');
  expect((await ask(server, 'GET /keys', [cookie])).status).toBe(404);
  expect((await ask(server, 'GET /')).body).toContain('action="/sign-in"');
});

test('behind TLS the cookie is sent over TLS only', async () => {
  await using server = await aServer();
  const origin = `Origin: ${server.url.replace('http:', 'https:')}`;
  expect((await signIn(server, adminToken, [origin])).head).toContain('samesite=strict; secure');
});

test('a wrong token is refused with words, and counts as everywhere: after ten the right one has to wait', async () => {
  const clock = fakeClock();
  await using server = await aServer({ clock });
  const wrong = await signIn(server, 'wrong');
  expect(wrong).toMatchObject({ status: 401 });
  expect(wrong.body).toContain('That is not the token');
  expect(wrong.head).not.toContain('set-cookie');
  for (let tries = 0; tries < 9; tries += 1) await signIn(server, '');
  const waits = await signIn(server, adminToken);
  expect(waits).toMatchObject({ status: 429 });
  expect(waits.head).toContain('retry-after: 60');
  expect((await ask(server, 'GET /keys', [withToken])).status).toBe(429);
  await clock.advance(60_000);
  expect((await signIn(server, adminToken)).status).toBe(303);
});

test('a page that was left open after its session ended locks nobody out', async () => {
  await using server = await aServer();
  const old = `Cookie: darkroom_session=${'x'.repeat(43)}`;
  for (let tries = 0; tries < 20; tries += 1) {
    expect(await ask(server, 'GET /api/overview', [old])).toMatchObject({ status: 401, body: '' });
  }
  expect((await signIn(server, adminToken)).status).toBe(303);
});

test('a session ends by signing out, after twelve idle hours, and after seven days', async () => {
  const clock = fakeClock();
  await using server = await aServer({ clock });
  const first = await cookieOf(server);
  const out = await ask(server, 'POST /sign-out', [first, ownOrigin(server), page, 'Content-Length: 0']);
  expect(out.status).toBe(204);
  expect(out.head).toContain('darkroom_session=; path=/; httponly; samesite=strict; max-age=0');
  expect((await ask(server, 'GET /keys', [first])).status).toBe(401);

  const hour = 3_600_000;
  const idle = await cookieOf(server);
  const busy = await cookieOf(server);
  const statuses: number[] = [];
  for (let hours = 0; hours < 7 * 24 - 1; hours += 1) {
    await clock.advance(hour);
    statuses.push((await ask(server, 'GET /keys', [busy])).status);
  }
  expect(new Set(statuses)).toEqual(new Set([404]));
  expect((await ask(server, 'GET /keys', [idle])).status).toBe(401);
  await clock.advance(hour);
  expect((await ask(server, 'GET /keys', [busy])).status).toBe(401);
});

test('a session ends with the token that opened it, and no sooner (H20)', () => {
  let tokens = ['the-old-token', 'the-new-token'];
  const sessions = new Sessions({ digests: () => tokens.map(digestOf), clock: fakeClock() });
  const [old, next] = tokens.map((token) => `darkroom_session=${sessions.open(token) ?? ''}`);
  expect([sessions.has(old), sessions.has(next), sessions.open('another-token')]).toEqual([true, true, undefined]);
  tokens = tokens.slice(1);
  expect([sessions.has(old), sessions.has(next)]).toEqual([false, true]);
  tokens = ['the-old-token'];
  expect(sessions.has(old)).toBe(false);
});

test('a session opens nothing for pages of other sites, whatever they make the browser send (H6)', async () => {
  await using server = await aServer();
  const cookie = await cookieOf(server);
  const post = (headers: readonly string[]) => ask(server, 'POST /keys', [cookie, 'Content-Length: 0', ...headers]);
  const evil = 'Origin: https://evil.test';
  const refused = await Promise.all([
    post([evil]),
    post([evil, page]),
    post(['Origin: null', page]),
    post([page]),
    post([ownOrigin(server)]),
    post([ownOrigin(server), page, 'Sec-Fetch-Site: cross-site']),
    post([ownOrigin(server), page, 'Sec-Fetch-Site: same-site']),
    ask(server, 'GET /keys', [cookie, evil]),
    ask(server, 'GET /keys', [cookie, 'Sec-Fetch-Site: cross-site']),
    ask(server, 'GET /', [cookie, evil, 'Connection: Upgrade', 'Upgrade: websocket']),
    ask(server, 'GET /', [cookie, 'Connection: Upgrade', 'Upgrade: websocket']),
  ]);
  expect(refused.map(({ status, body }) => [status, body])).toEqual(refused.map(() => [403, '']));
  for (const { head } of refused) expect(head).not.toContain('access-control');
  expect((await post([ownOrigin(server), page])).status).toBe(404);
  expect((await post([ownOrigin(server), page, 'Sec-Fetch-Site: same-origin'])).status).toBe(404);

  const planted = await signIn(server, adminToken, [evil]);
  expect(planted).toMatchObject({ status: 403 });
  expect(planted.head).not.toContain('set-cookie');
  expect((await signIn(server, adminToken, [])).status).toBe(403);
  expect((await signIn(server, adminToken, [ownOrigin(server), 'Sec-Fetch-Site: cross-site'])).status).toBe(403);
});

test('a link from another site leads to the dashboard by a step of its own, with which the cookie comes', async () => {
  await using server = await aServer();
  const linked = await ask(server, 'GET /', ['Sec-Fetch-Site: cross-site']);
  expect(linked.status).toBe(200);
  expect(linked.body).toContain('http-equiv="refresh" content="0;url=/"');
});

test('the token itself is no session, in a cookie or in the address', async () => {
  await using server = await aServer();
  const headers = [`Cookie: darkroom_session=${adminToken}`];
  expect((await ask(server, 'GET /keys', headers)).status).toBe(401);
  expect((await ask(server, `GET /?token=${adminToken}`)).body).toContain('action="/sign-in"');
  expect((await ask(server, `GET /sign-in?token=${adminToken}`)).status).toBe(405);
});

test('every page carries the content policy, and nothing but its own server may be asked for (H9)', async () => {
  await using server = await aServer();
  const cookie = await cookieOf(server);
  const pages = await Promise.all([
    ask(server, 'GET /'),
    ask(server, 'GET /', [cookie]),
    signIn(server, '<script>alert(1)</script>'),
    ask(server, 'GET /dashboard/main.js'),
    ask(server, 'GET /dashboard/uplot.js'),
  ]);
  for (const { head } of pages) {
    expect(head).toContain(
      "\r\ncontent-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n",
    );
    expect(head).toContain('\r\nx-content-type-options: nosniff\r\n');
    expect(head).toContain('\r\nreferrer-policy: same-origin\r\n');
  }
  for (const { head } of pages.slice(0, 3)) expect(head).toContain('\r\ncache-control: no-store\r\n');
  for (const { body } of pages.slice(0, 3)) {
    expect(body).not.toMatch(/<script>|\sstyle=|\son[a-z]+=|https?:\/\//);
  }
});

test('files of the page are served by their exact names, and only once while they are unchanged', async () => {
  await using server = await aServer();
  const style = await ask(server, 'GET /dashboard/style.css');
  const [, etag = ''] = /\r\netag: ("[^"]+")/.exec(style.head) ?? [];
  expect(style.head).toContain('content-type: text/css');
  const response = await fetch(`${server.url}/dashboard/style.css`);
  const again = await fetch(`${server.url}/dashboard/style.css`, {
    headers: { 'if-none-match': response.headers.get('etag') ?? '' },
  });
  expect([etag.length > 10, again.status, await again.text()]).toEqual([true, 304, '']);
  const odd = ['/dashboard/', '/dashboard/../main.js', '/dashboard/x.js', '/dashboard/page-routes.ts', '/index.html'];
  for (const path of odd) expect((await ask(server, `GET ${path}`)).status).toBe(401);
});

test('pages are for the names of this server only, and for their own methods (H5, H17)', async () => {
  await using server = await aServer();
  expect((await ask(server, 'GET /', ['Host: evil.test'])).status).toBe(421);
  expect((await ask(server, 'POST /', ['Content-Length: 0'])).status).toBe(405);
  expect((await ask(server, 'HEAD /')).status).toBe(405);
  expect((await ask(server, 'PUT /sign-in', ['Content-Length: 0'])).status).toBe(405);
});

test('without a configured token nobody signs in, and the page says what to do (H3)', async () => {
  await using server = await aServer({ token: '' });
  const told = await ask(server, 'GET /');
  expect(told.status).toBe(503);
  expect(told.body).toContain('No ADMIN_TOKEN is set');
  expect((await signIn(server, '')).status).toBe(401);
  expect((await ask(server, 'GET /api/overview')).status).toBe(401);
});
