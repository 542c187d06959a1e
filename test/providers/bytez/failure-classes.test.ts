import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LookupFunction } from 'node:net';
import { inspect } from 'node:util';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { failureTraits } from '../../../src/domain/failure.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { createBytezProvider } from '../../../src/providers/bytez/bytez-provider.ts';
import { createHttpClient } from '../../../src/providers/http/http-exchange.ts';
import { safeDetail } from '../../../src/providers/classification/strip-echo.ts';
import { localHttpServer } from '../../contract/local-server.ts';
import { secretsFound } from '../../support/secret-hunt.ts';
import { ask, askFor, canaryKey, failing, malformed } from './ask-bytez.ts';

test.each([
  ['30', { retryAfterMs: 30_000 }],
  ['0', { retryAfterMs: 1_000 }],
  ['Wed, 21 Oct 2015 07:28:00 GMT', { retryAfterMs: 1_000 }],
  ['Thu, 01 Jan 2099 00:00:00 GMT', { retryAfterMs: 3_600_000 }],
  ['999999', { retryAfterMs: 3_600_000 }],
  ['-1', {}],
  ['abc', {}],
  ['1e9', {}],
  ['NaN', {}],
])(
  'a key that is told to wait "%s" cools between a second and an hour, or as long as nobody said (C15)',
  async (value, marks) => {
    const reply = await askFor(429, '{"error":"Rate limit exceeded"}', `retry-after: ${value}\r\n`);

    expect(reply).toEqual(failing('key', 'rate-limited', marks));
  },
);

test.each([400, 422])('a page of HTML with %i says nothing of keys, whatever its words (C2)', async (status) => {
  const page = '<!doctype html><html><body>Invalid API key. Insufficient credits.</body></html>';
  expect(await askFor(status, page)).toEqual(failing('provider', 'malformed', { sureness: 'guess' }));
});

test('a key that is not told how long cools without a number (C15)', async () => {
  expect(await askFor(429, '{"error":"Rate limit exceeded"}')).toEqual(failing('key', 'rate-limited'));
});

test.each([
  [401, failing('key', 'rejected')],
  [403, failing('key', 'rejected', { sureness: 'likely' })],
])('%i says that the key is not accepted, so the job goes on with another (C16)', async (status, expected) => {
  expect(await askFor(status, '{"error":"Access denied"}')).toEqual(expected);
  expect(failureTraits.rejected).toEqual({ scope: 'key', action: 'rotate' });
});

const recorded = z.object({
  name: z.string(),
  status: z.int(),
  body: z.unknown().optional(),
  expect: z.object({ failure: z.object({ reason: z.string() }) }).or(z.object({ source: z.unknown() })),
});
const folder = join(import.meta.dirname, '../../fixtures/bytez');
const withoutCredit = readdirSync(folder)
  .map((file) => recorded.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))))
  .filter((each) => 'failure' in each.expect && each.expect.failure.reason === 'out-of-credit');

test('answers about spent credit are recorded with 200, 400, 402 and 429 (C17)', () => {
  const statuses = new Set(withoutCredit.map(({ status }) => status));
  expect([200, 400, 402, 429].filter((status) => !statuses.has(status))).toEqual([]);
});

test.each(withoutCredit)('$name says that the key is out of credit (C17)', async ({ status, body }) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);

  expect(await askFor(status, text)).toMatchObject({ ok: false, failure: { blame: 'key', reason: 'out-of-credit' } });
  expect(failureTraits['out-of-credit'].action).toBe('rotate');
});

test.each([
  [400, '{"error":"The prompt is too long for this model"}', 'bad-request'],
  [422, '{"error":"height must have to be divisible by 8"}', 'bad-request'],
  [400, '{"error":"NSFW content detected"}', 'refused'],
  [413, '{"error":"Payload too large"}', 'bad-request'],
] as const)('%i %s is about the prompt: no other key is asked (C18)', async (status, body, reason) => {
  expect(await askFor(status, body)).toMatchObject({ ok: false, failure: { blame: 'request', reason } });
  expect(failureTraits[reason].action).toBe('fail');
});

test.each([
  [500, 'failed-run'],
  [501, 'overloaded'],
  [502, 'overloaded'],
  [503, 'overloaded'],
  [504, 'overloaded'],
  [520, 'overloaded'],
] as const)('%i is the fault of the provider, whatever its page says of keys (C19)', async (status, reason) => {
  for (const body of ['', '<html><body>Unauthorized</body></html>', '{"error":"Invalid API key"}']) {
    expect(await askFor(status, body)).toEqual(failing('provider', reason));
  }
});

test.each(['ENOTFOUND', 'EAI_AGAIN'])(
  'a name that cannot be resolved, %s, is an unreachable provider (C19)',
  async (code) => {
    const lookup: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('No'), { code }), []);
    await using opened = new AsyncDisposableStack();
    const agent = opened.adopt(new Agent({ connect: { lookup } }), async (agent) => await agent.destroy());
    await using http = createHttpClient({ agent });
    const provider = createBytezProvider({ baseUrl: 'http://provider.example', http, now: Date.now });

    const reply = await provider.probe(new Secret(canaryKey), new AbortController().signal);
    expect(reply).toEqual({
      ok: false,
      failure: { blame: 'provider', reason: 'unreachable', detail: `cannot connect: ${code}` },
    });
  },
);

test('a closed port is an unreachable provider (C19)', async () => {
  const server = await localHttpServer((_request, response) => void response.end());
  await server[Symbol.asyncDispose]();

  expect(await ask(server.url)).toEqual(failing('provider', 'unreachable'));
});

test('a server that speaks no TLS is an unreachable provider (C19)', async () => {
  await using server = await localHttpServer((_request, response) => void response.end());

  expect(await ask(server.url.replace('http:', 'https:'))).toEqual(failing('provider', 'unreachable'));
});

const spellings = [
  canaryKey,
  canaryKey.toUpperCase(),
  `Key ${canaryKey}`,
  `${canaryKey.slice(0, 8)}...${canaryKey.slice(-8)}`,
  encodeURIComponent(canaryKey),
  Buffer.from(`Key ${canaryKey}`).toString('base64'),
  Buffer.from(canaryKey).toString('hex'),
];

test.each(spellings)('a key that a provider quotes as "%s" is told to nobody (C20)', async (said) => {
  for (const status of [200, 400, 401, 403, 404, 418, 429, 500, 503]) {
    const message = `Incorrect API key provided: ${said}. You can find your key at ${said}`;
    for (const body of [
      { error: message },
      { error: { message, code: said, type: said } },
      { errors: [message], name: said },
    ]) {
      const reply = await askFor(status, JSON.stringify(body), `www-authenticate: ${said}\r\n`);
      const told = [inspect(reply, { depth: 10 }), JSON.stringify(reply)].map((text) => ({ where: text, text }));
      expect(secretsFound(told, [canaryKey])).toEqual([]);
      expect(JSON.stringify(reply)).not.toContain(canaryKey.slice(-8));
    }
  }
});

test('a key at the edge of what is told is taken out before the cut (C20)', () => {
  for (let before = 150; before < 210; before += 1) {
    expect(safeDetail(`${'x '.repeat(before / 2)}${canaryKey}`, canaryKey)).not.toContain(canaryKey.slice(0, 8));
  }
});

const list = (output: readonly unknown[]) => JSON.stringify({ error: null, output });

test.each([
  ['markup in its names', list(['<b>x</b><script>', '\u202Egnp', '../../x', '__proto__']), { ok: true }],
  ['a name of 900 KB', list(['x'.repeat(900_000)]), { ok: true }],
  ['100,000 entries', list(Array.from({ length: 100_000 }, () => 1)), malformed],
  ['more than a megabyte', list(Array.from({ length: 1_000 }, () => 'x'.repeat(1_000))), malformed],
])(
  'of a list of tasks with %s nothing is handed on but whether the key is accepted (C30)',
  async (_what, body, expected) => {
    await using server = await localHttpServer((_request, response) => void response.end(body));
    await using http = createHttpClient();
    const provider = createBytezProvider({ baseUrl: server.url, http, now: Date.now });

    expect(await provider.probe(new Secret(canaryKey), new AbortController().signal)).toEqual(expected);
  },
);

test.each([
  ['plain', canaryKey],
  ['escaped', Array.from(canaryKey, (letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')],
])(
  'a result at an address that carries our key, %s, is not looked at, nor is the address kept (C20)',
  async (_, key) => {
    const output = `https://cdn.example/${key}/fox.png`;

    const reply = await askFor(200, JSON.stringify({ error: null, output }));

    expect(reply).toEqual({
      ok: false,
      failure: { blame: 'provider', reason: 'result-forbidden', detail: 'the address of the result contains the key' },
    });
  },
);
