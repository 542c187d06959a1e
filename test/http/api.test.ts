import { createRoute, z } from '@hono/zod-openapi';
import { expect, test } from 'vitest';
import { StoreUnavailable } from '../../src/domain/failure.ts';
import { type RouteGroup, answer, body, createApi, problems } from '../../src/http/api.ts';
import { type Area, digestOf } from '../../src/http/gate.ts';
import { healthRoutes } from '../../src/http/health-api.ts';
import { readDescription } from './described.ts';
import { aServer, ask, raw, well, withToken } from './test-server.ts';

const thing = z.strictObject({ name: z.string().max(20), seats: z.int().min(1) });
const things: RouteGroup = (api) => {
  const route = createRoute({
    method: 'post',
    path: '/api/things',
    request: { body: body(thing), query: z.object({ id: z.string().optional() }) },
    responses: { 200: answer(thing, 'The thing.'), ...problems({ 400: 'It is not as described.' }) },
  });
  api.openapi(route, (c) => c.json(c.req.valid('json'), 200));
};

const post = (text: string, headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' }) =>
  ['/api/things', { method: 'POST', body: text, headers }] as const;

test('the document is valid by a validator of others, and every answer is as it describes', async () => {
  const api = createApi([healthRoutes(well), things]);
  const described = await readDescription(async (path) => api.request(path));
  expect([described.errors, described.valid]).toEqual([undefined, true]);
  expect(described.paths).toEqual(['/healthz', '/readyz', '/api/things']);
  const good = await api.request(...post('{"name":"x","seats":1}'));
  const bad = await api.request(...post('{"name":"x","seats":"1"}'));
  const deviations = [
    await described.deviations('POST', '/api/things', good),
    await described.deviations('POST', '/api/things', bad),
    await described.deviations('GET', '/healthz', await api.request('/healthz')),
    await described.deviations(
      'GET',
      '/readyz',
      await api.request('/readyz', { headers: { authorization: 'Bearer x' } }),
    ),
  ];
  expect([good.status, bad.status, deviations]).toEqual([200, 400, [[], [], [], []]]);
});

test.each([
  ['a wrong type', '{"name":"canary","seats":"1"}', ['json.seats']],
  ['a list for a text', '{"name":["canary"],"seats":1}', ['json.name']],
  ['an unknown field', '{"name":"canary","seats":1,"more":1}', ['json']],
  ['a prototype', '{"__proto__":{"seats":1},"name":"canary"}', ['json.seats', 'json']],
  ['no JSON', '{"name":"canary', undefined],
  ['60 KB of nested lists', '['.repeat(30_000) + ']'.repeat(30_000), ['json']],
])('a body with %s is a problem that names fields and repeats no value (H11)', async (_what, text, fields) => {
  const refused = await createApi([things]).request(...post(text));
  const said = (await refused.json()) as { code: string; fields?: { field: string }[] };
  expect([refused.status, said.code, said.fields?.map(({ field }) => field)]).toEqual([400, 'bad-request', fields]);
  expect(JSON.stringify(said)).not.toContain('canary');
  expect(Object.prototype).not.toHaveProperty('seats');
});

test('a repeated parameter is no text, and a body that is not said to be JSON is not read (H11)', async () => {
  const api = createApi([things]);
  const [path, init] = post('{"name":"x","seats":1}');
  expect((await api.request(`${path}?id=1&id=2`, init)).status).toBe(400);
  const [, untyped] = post('{"name":"x","seats":1}', {});
  expect((await api.request(path, untyped)).status).toBe(415);
});

test('an error is a problem without its reason, and the log has it under the same id (H14)', async () => {
  const told: unknown[] = [];
  const failure = new Error('canary at /home/x.ts');
  const broken: RouteGroup = (api) =>
    void api.get('/api/broken', () => {
      throw failure;
    });
  const answered = await createApi([broken], (error, id) => told.push([error, id])).request('/api/broken');
  const said = (await answered.json()) as { requestId: string };
  expect([answered.status, told]).toEqual([500, [[failure, said.requestId]]]);
  expect(JSON.stringify(said)).not.toMatch(/canary|\.ts/);
});

class Locked extends StoreUnavailable {
  readonly isRefusal = true;
}

test('a storage that refuses is 503 with a code and a time to come back (H13)', async () => {
  const locked: RouteGroup = (api) =>
    void api.get('/api/locked', () => {
      throw new Locked('database is locked');
    });
  const answered = await createApi([locked]).request('/api/locked');
  expect([answered.status, answered.headers.get('retry-after'), await answered.json()]).toMatchObject([
    503,
    '5',
    { code: 'storage-unavailable' },
  ]);
});

const area: Area = {
  prefix: '/v1/',
  digests: () => [digestOf('a-client-token')],
  maxBodyBytes: 1_000_000,
  takesUnstatedLength: true,
  refusalBody: (status) => JSON.stringify({ error: { status } }),
};
const echo: RouteGroup = (api) => void api.post('/v1/echo', async (c) => c.text(String((await c.req.text()).length)));

test('an area has tokens, a body limit and refusals of its own, and they are no good elsewhere', async () => {
  await using server = await aServer({ routes: [echo, things], areas: [area] });
  const client = 'Authorization: Bearer a-client-token';
  const host = `Host: ${new URL(server.url).host}`;
  const send = (...lines: string[]) => raw(server, [...lines, 'Connection: close', '', ''].join('\r\n'));
  const long = `POST /v1/echo HTTP/1.1\r\n${host}\r\n${client}\r\nConnection: close\r\n`;
  expect(await raw(server, `${long}Content-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`)).toMatchObject({
    status: 200,
    body: '100000',
  });
  expect(await raw(server, `${long}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`)).toMatchObject({
    body: '3',
  });
  expect(await send('POST /v1/echo HTTP/1.1', host, client, 'Content-Length: 1000001')).toMatchObject({
    status: 413,
    body: '{"error":{"status":413}}',
  });
  expect(await send('POST /v1/echo HTTP/1.1', host, withToken)).toMatchObject({
    status: 401,
    body: '{"error":{"status":401}}',
  });
  expect(await ask(server, 'GET /api/things', [client])).toMatchObject({ status: 401, body: '' });
});
