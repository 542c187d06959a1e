import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { understandAnswer } from '../../src/providers/understand-answer.ts';
import { isServed, providerDefinitions } from '../../src/providers/registry.ts';
import { systemClock } from '../../src/kit/clock.ts';

const { definitions, providers: settings } = parseConfig({
  CLOUDFLARE_ACCOUNT_ID: 'a'.repeat(32),
  A1111_BASE_URL: 'http://127.0.0.1:7860',
  COMFYUI_BASE_URL: 'http://127.0.0.1:8188',
  COMFYUI_WORKFLOW_FILE: 'docs/comfyui/picture.json',
});
const understand = (provider: string, status: number, body: string, headers: Readonly<Record<string, string>> = {}) =>
  understandAnswer(
    { provider },
    { status, headers: { 'content-type': 'application/json', ...headers }, body },
    { settings, definitions, clock: systemClock, rules: () => [] },
  );

const served = providerDefinitions.flatMap(({ name }) => (isServed(name) ? [name] : []));

test.each(served)('an answer of %s that another program got blames as one that the bot got', async (provider) => {
  const reasons = await Promise.all(
    [
      [401, '{"error":{"message":"Invalid API key"}}'],
      [429, '{"error":{"message":"Too many requests"}}'],
      [500, '{"error":{"message":"Internal server error"}}'],
    ].map(async ([status, body]) => (await understand(provider, Number(status), String(body))).failure?.blame),
  );
  expect(reasons).toEqual(['key', 'key', 'provider']);
});

test('a stated wait, a window told in headers and an error inside of a success are understood', async () => {
  const limited = await understand('openai', 429, '{"error":{"code":"rate_limit_exceeded","message":"slow down"}}', {
    'retry-after': '17',
  });
  expect(limited.failure).toMatchObject({ blame: 'key', reason: 'rate-limited', retryAfterMs: 17_000 });
  const inside = await understand('bytez', 200, '{"error":"Unauthorized","output":null}');
  expect(inside.failure?.blame).toBe('key');
});

test('an answer on which the adapter would go on is a success', async () => {
  expect(await understand('bytez', 200, '{"error":null,"output":"https://example.org/fox.png"}')).toEqual({});
  expect((await understand('replicate', 201, '{"id":"x","status":"starting","urls":{}}')).failure).toBeUndefined();
});
