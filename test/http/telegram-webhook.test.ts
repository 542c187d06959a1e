import { expect, test } from 'vitest';
import { telegramArea, telegramRoutes, type TelegramWebhook } from '../../src/http/telegram-webhook.ts';
import { Secret } from '../../src/kit/secret.ts';
import { usualLimits } from '../../src/http/listen.ts';
import { aServer, aServerWithin, connected, untilClosed } from './test-server.ts';

const secret = 'canary-secret-of-the-webhook-0123456789';

async function aWebhook(accept: TelegramWebhook['accept']) {
  const webhook = { path: '/telegram/updates', secret: new Secret(secret), accept };
  const server = await aServer({ routes: [telegramRoutes(webhook)], areas: [telegramArea(webhook)] });
  const post = (headers: Record<string, string> = { 'x-telegram-bot-api-secret-token': secret }) =>
    fetch(`${server.url}/telegram/updates`, { method: 'POST', headers, body: '{"update_id":1,"message":{}}' });
  return { post, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test('an update that is not durable is answered 503, so that Telegram sends it again; one that is, 200', async () => {
  const answers = [false, true];
  const seen: unknown[] = [];
  await using webhook = await aWebhook(async (update) => {
    seen.push(update);
    return answers.shift() ?? false;
  });
  const refused = await webhook.post();
  expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([503, '1', '']);
  expect((await webhook.post()).status).toBe(200);
  expect(seen).toEqual([
    { update_id: 1, message: {} },
    { update_id: 1, message: {} },
  ]);
});

test('an update without the secret is not even read', async () => {
  let asked = 0;
  await using webhook = await aWebhook(async () => {
    asked += 1;
    return true;
  });
  expect((await webhook.post({})).status).toBe(401);
  expect(asked).toBe(0);
});

test.each(['Content-Length: 60000', 'Transfer-Encoding: chunked', 'Content-Length: -1'])(
  'an update that comes a byte at a time, with %s, is cut off and never taken (B23)',
  async (length) => {
    let asked = 0;
    const webhook = { path: '/telegram/updates', secret: new Secret(secret), accept: async () => (asked += 1) > 0 };
    await using server = await aServerWithin(
      { ...usualLimits, headersMs: 80, requestMs: 80, checkEveryMs: 20 },
      { routes: [telegramRoutes(webhook)], areas: [telegramArea(webhook)] },
    );
    const socket = await connected(server);
    const all = untilClosed(socket);
    const head = ['POST /telegram/updates HTTP/1.1', `Host: ${new URL(server.url).host}`, length];
    socket.write([...head, `X-Telegram-Bot-Api-Secret-Token: ${secret}`, '', '{"update_id":1,"x":"'].join('\r\n'));
    const dripping = setInterval(() => socket.write('a'), 5);
    expect(await all).toMatch(/^(?:HTTP\/1\.1 4(?:00|08|11) |$)/);
    clearInterval(dripping);
    expect(asked).toBe(0);
  },
);
