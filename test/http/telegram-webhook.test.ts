import { expect, test } from 'vitest';
import { telegramArea, telegramRoutes, type TelegramWebhook } from '../../src/http/telegram-webhook.ts';
import { Secret } from '../../src/kit/secret.ts';
import { aServer } from './test-server.ts';

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
