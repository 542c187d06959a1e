import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { hasPicture } from '../support/answers.ts';
import { openTestApp } from '../support/test-app.ts';
import { until } from './talk.ts';

const secret = 'canary-secret-of-the-webhook-0123456789';

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function aWebhookedBot() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/telegram/updates`;
  const app = await openTestApp({ env: { HTTP_PORT: String(port), WEBHOOK_URL: url, WEBHOOK_SECRET: secret } });
  // It takes updates from when it asks for them; before that Telegram is told to come again.
  await until(() => app.telegram.calls.some(({ method }) => method === 'setWebhook'));
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret, ...headers },
      body,
    });
  return { app, url, post, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

test('a bot behind a webhook answers without ever asking for updates', async () => {
  await using stage = await aWebhookedBot();
  const person = stage.app.person(7);
  person.say('/generate a fox');
  await person.waitFor(hasPicture);
  const methods = stage.app.telegram.calls.map(({ method }) => method);
  expect(methods).toContain('setWebhook');
  expect(methods).not.toContain('getUpdates');
  const ready = await fetch(new URL('/readyz', stage.app.app.httpUrl));
  expect(ready.status).toBe(200);
});

test('what comes while the bot is away is handled at its next start, and a start without WEBHOOK_URL polls again', async () => {
  await using stage = await aWebhookedBot();
  const { app } = stage;
  const person = app.person(7);
  const before = app.restart();
  person.say('/generate a fox');
  await before;
  await person.waitFor(hasPicture);
  await app.restart({ WEBHOOK_URL: '', WEBHOOK_SECRET: '' });
  const other = app.person(8);
  other.say('/generate a bear');
  await other.waitFor(hasPicture);
  expect(app.telegram.calls.map(({ method }) => method)).toContain('deleteWebhook');
});

test.each([
  ['no secret', { 'x-telegram-bot-api-secret-token': '' }],
  ['a wrong secret', { 'x-telegram-bot-api-secret-token': secret.replace('0', '1') }],
  ['the beginning of the secret', { 'x-telegram-bot-api-secret-token': secret.slice(0, -1) }],
  ['a secret without end', { 'x-telegram-bot-api-secret-token': 'a'.repeat(300) }],
  ['two secrets', { 'x-telegram-bot-api-secret-token': `${secret}, ${secret}` }],
  ['the secret as a bearer', { 'x-telegram-bot-api-secret-token': '', authorization: `Bearer ${secret}` }],
])('an update with %s is answered 401 and nothing else (B21)', async (_what, headers) => {
  await using stage = await aWebhookedBot();
  const answer = await stage.post('{"update_id":1}', headers);
  expect([answer.status, await answer.text()]).toEqual([401, '']);
  for (let again = 0; again < 12; again += 1) await stage.post('{"update_id":1}', headers);
  // Others that guess do not keep Telegram out.
  expect((await stage.post('{"update_id":900000001}')).status).toBe(200);
});

test('bodies that are too long, packed or without a length are refused unread (B23)', async () => {
  await using stage = await aWebhookedBot();
  const statusOf = async (init: {
    body: string | Uint8Array<ArrayBuffer> | ReadableStream;
    headers?: Record<string, string>;
    duplex?: 'half';
  }) =>
    (
      await fetch(stage.url, {
        method: 'POST',
        ...init,
        headers: { 'x-telegram-bot-api-secret-token': secret, ...init.headers },
      })
    ).status;
  expect(await statusOf({ body: new Uint8Array(2 * 1024 * 1024) })).toBe(413);
  expect(await statusOf({ body: 'x', headers: { 'content-encoding': 'gzip' } })).toBe(415);
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_024)) });
  expect(await statusOf({ body: endless, duplex: 'half' })).toBe(411);
});

test.each([
  ['no JSON', 'the canary {'],
  ['a byte order mark', '\uFEFF{"update_id":1}'],
  ['bytes that are no UTF-8', Uint8Array.from(Buffer.from('{"update_id":1,"x":"\xff"}', 'latin1'))],
  ['nested without end', `{"update_id":1,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['no update', '{"canary":1}'],
  ['an id that is no number', '{"update_id":"canary"}'],
])('a body with %s is answered 400 and is in no log (B24)', async (_what, body) => {
  await using stage = await aWebhookedBot();
  expect((await stage.post(body)).status).toBe(400);
  expect(JSON.stringify(stage.app.events)).not.toContain('canary {');
  expect(stage.app.events.filter(({ event }) => event === 'app.error')).toEqual([]);
});

test('an update is taken from any address that knows the secret, whatever the Host is (B25)', async () => {
  await using stage = await aWebhookedBot();
  const answer = await stage.post('{"update_id":900000002}', { 'x-forwarded-for': '203.0.113.7' });
  expect(answer.status).toBe(200);
  const again = await stage.post('{"update_id":900000002}');
  expect(again.status).toBe(200);
});

test('guesses at the path and the method are told nothing (B26)', async () => {
  await using stage = await aWebhookedBot();
  const headers = { 'x-telegram-bot-api-secret-token': secret };
  const statuses = [
    (await fetch(stage.url, { headers })).status,
    (await fetch(stage.url, { method: 'PUT', headers, body: 'x' })).status,
    (await fetch(stage.url)).status,
    (await fetch(`${stage.url}/more`, { method: 'POST', headers, body: '{"update_id":3}' })).status,
    (await fetch(stage.url.replace('/telegram', '//telegram'), { method: 'POST', headers, body: '{}' })).status,
    (await fetch(stage.url.replace('updates', '%75pdates'), { method: 'POST', headers, body: '{}' })).status,
  ];
  expect(statuses).toEqual([405, 405, 401, 404, 401, 401]);
});
