import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openTestApp } from '../support/test-app.ts';
import { adminEnv, asAdmin } from './admin-client.ts';

const [spent, good] = ['sk-canary-openai-key-of-the-tests-1', 'sk-canary-openai-key-of-the-tests-2'];

/** A server that speaks like OpenAI: the first key is over its limit. */
async function anOpenAi() {
  const bodies: Record<string, unknown>[] = [];
  const server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      const isSpent = request.headers.authorization === `Bearer ${spent}`;
      const isList = request.method === 'GET';
      if (!isList) bodies.push(JSON.parse(body) as Record<string, unknown>);
      response.writeHead(isSpent ? 429 : 200, { 'content-type': 'application/json', 'retry-after': '20' });
      const message = { role: 'assistant', content: 'Hello.' };
      const whole = { id: 'x', object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
      const list = { object: 'list', data: [{ id: 'gpt-x', object: 'model' }] };
      response.end(
        JSON.stringify(
          isSpent ? { error: { code: 'rate_limit_exceeded', message: 'slow down' } } : isList ? list : whole,
        ),
      );
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { bodies, url: `http://127.0.0.1:${port}/v1`, [Symbol.asyncDispose]: async () => void server.close() };
}

test('a real call goes on with another key, the trail says so, and the pool has learned from it', async () => {
  await using openai = await anOpenAi();
  const env = {
    ...adminEnv,
    OPENAI_API_KEYS: `${spent},${good}`,
    OPENAI_BASE_URL: openai.url,
    ROTATION_STRATEGY: 'primary-first',
  };
  await using bot = await openTestApp({ env });
  const admin = await asAdmin(bot.app);
  const asked = { prompt: 'Say hello.', model: 'gpt-x', maxTokens: 7 };
  const told = await admin.call('POST', '/api/openai/test-fallback', asked);
  expect(told).toMatchObject({
    status: 200,
    body: {
      success: true,
      model: 'gpt-x',
      text: 'Hello.',
      error: null,
      trail: [
        { keyName: 'openai #1', ok: false, blame: 'key', reason: 'rate-limited' },
        { keyName: 'openai #2', ok: true, reason: null },
      ],
    },
  });
  expect(openai.bodies.at(-1)).toMatchObject({ model: 'gpt-x', max_tokens: 7 });
  expect(JSON.stringify(told.body)).not.toContain('canary');
  const health = await admin.call('GET', '/api/openai/health');
  expect(health.body).toMatchObject({ summary: { healthyKeys: 1, rateLimitedKeys: 1 } });
  const listed = await admin.call('GET', '/api/openai/test-fallback?type=models');
  expect(listed.body).toMatchObject({ success: true, models: 1, trail: [{ keyName: 'openai #2', ok: true }] });
  for (const type of ['text', 'chat'])
    expect((await admin.call('GET', `/api/openai/test-fallback?type=${type}`)).body).toMatchObject({
      success: true,
      text: 'Hello.',
    });
});

test('a picture is tested too, and what cannot be tested is told', async () => {
  await using bot = await openTestApp({ accounts: [[{ do: { kind: 'unauthorized' } }]], env: adminEnv });
  const admin = await asAdmin(bot.app);
  expect((await admin.call('GET', '/api/bytez/test-fallback?type=image')).body).toMatchObject({
    success: false,
    error: 'no further key is free',
    trail: [{ keyName: 'bytez #1', ok: false, reason: 'rejected' }],
  });
  expect((await admin.call('GET', '/api/nobody/test-fallback')).status).toBe(404);
  expect((await admin.call('GET', '/api/bytez/test-fallback?type=video')).status).toBe(400);
  const limited = await admin.call('POST', '/api/bytez/test-fallback', { prompt: 'x', type: 'image', maxTokens: 5 });
  expect([limited.status, limited.body]).toMatchObject([400, { code: 'no-token-limit' }]);
});
