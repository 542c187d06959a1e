import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bot, webhookCallback } from 'grammy';
import type { Update } from 'grammy/types';
import { expect, test } from 'vitest';
import { aTelegram, refusalOf, token } from '../a-telegram.ts';

/** A webhook server on this machine. */
async function aHook(listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const close = () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    return closed;
  };
  return { url, [Symbol.asyncDispose]: async () => void (await close()) };
}

async function updateIn(request: IncomingMessage): Promise<Update> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) body += chunk;
  return JSON.parse(body) as Update;
}

test('a bot of grammY receives updates at its webhook, with the secret', async () => {
  await using telegram = await aTelegram();
  const { api, ada, sandbox } = telegram;
  const bot = new Bot(token, { client: { apiRoot: sandbox.url } });
  bot.on('message:text', (ctx) => ctx.reply(`heard ${ctx.msg.text}`));
  const callback = webhookCallback(bot, 'http', { secretToken: 'a-secret' });
  await using hook = await aHook((request, response) => void callback(request, response));
  expect(await api.setWebhook(hook.url, { secret_token: 'a-secret', drop_pending_updates: true })).toBe(true);
  ada.say('one');
  await ada.waitFor((messages) => messages.some(({ text }) => text === 'heard one'));
  expect(await refusalOf(api.getUpdates())).toContain("409 Conflict: can't use getUpdates method");
  await expect.poll(async () => (await api.getWebhookInfo()).pending_update_count).toBe(0);
  expect(await api.getWebhookInfo()).toEqual({
    url: hook.url,
    has_custom_certificate: false,
    pending_update_count: 0,
    max_connections: 40,
  });
});

test('an update without a 2xx is posted again: at once, then after 2 and 4 s, then after Retry-After', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const seen: number[] = [];
  await using hook = await aHook((request, response) => {
    void updateIn(request).then(({ message }) => {
      if (message?.text === 'next') return response.writeHead(200).end();
      seen.push(clock.now());
      if (seen.length === 5) return response.writeHead(204).end();
      return response.writeHead(500, seen.length === 4 ? { 'retry-after': '100' } : {}).end();
    });
  });
  await api.setWebhook(hook.url, { drop_pending_updates: true });
  const startMs = clock.now();
  ada.say('stubborn');
  ada.say('next');
  for (const [count, restMs] of [
    [2, 2000],
    [3, 4000],
    [4, 100_000],
  ] as const) {
    await expect.poll(() => seen.length).toBe(count);
    expect((await api.getWebhookInfo()).last_error_message).toContain('500');
    await expect
      .poll(
        async () => {
          const before = seen.length;
          if (before === count) await clock.advance(restMs);
          return seen.length;
        },
        { interval: 20 },
      )
      .toBe(count + 1);
  }
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = seen;
  expect([first, second]).toEqual([startMs, startMs]);
  expect(third - second).toBeGreaterThanOrEqual(2000);
  expect(fourth - third).toBeGreaterThanOrEqual(4000);
  expect(fifth - fourth).toBeGreaterThanOrEqual(100_000);
  await expect.poll(async () => (await api.getWebhookInfo()).pending_update_count).toBe(0);
});

test('messages of one chat keep their order, while a press of the same person is posted in parallel', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const { message_id: id } = await api.sendMessage(ada.id, 'press me', {
    reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] },
  });
  const seen: string[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using hook = await aHook((request, response) => {
    void updateIn(request).then(async ({ message, callback_query: press }) => {
      seen.push(message?.text ?? press?.data ?? '');
      if (message?.text === 'one') await released;
      response.end();
    });
  });
  await api.setWebhook(hook.url, { drop_pending_updates: true });
  ada.say('one');
  ada.say('two');
  ada.press(id, 'Go');
  await expect.poll(() => seen).toEqual(['one', 'go']);
  release();
  await expect.poll(() => seen).toEqual(['one', 'go', 'two']);
});

test('a webhook response that names a method has it carried out', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  await using hook = await aHook((request, response) => {
    void updateIn(request).then(({ message }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ method: 'sendMessage', chat_id: message?.chat.id, text: 'by the answer' }));
    });
  });
  await api.setWebhook(hook.url, { drop_pending_updates: true });
  ada.say('hello');
  const seen = await ada.waitFor((messages) => messages.some(({ from }) => from === 'bot'));
  expect(seen.at(-1)?.text).toBe('by the answer');
});

test('only allowed kinds are delivered, and nothing leaves this machine', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  await api.setWebhook('https://example.org/hook', { allowed_updates: ['callback_query'], drop_pending_updates: true });
  ada.say('not for you');
  expect((await api.getWebhookInfo()).pending_update_count).toBe(0);
  await api.setWebhook('https://example.org/hook', { allowed_updates: ['message'] });
  ada.say('for you');
  expect(await api.getWebhookInfo()).toMatchObject({
    pending_update_count: 1,
    last_error_message: 'Connection refused: the sandbox reaches this machine only',
  });
  await api.deleteWebhook();
  expect((await api.getUpdates()).map(({ message }) => message?.text)).toEqual(['for you']);
});
