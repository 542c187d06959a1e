import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/secret.ts';
import { createBytezProvider } from '../../../src/providers/bytez/bytez-provider.ts';
import type { HttpClient, HttpHeaders } from '../../../src/providers/http/http-exchange.ts';
import { runs } from '../../support/property-runs.ts';
import { canaryKey } from './ask-bytez.ts';

type Answer = { readonly status: number; readonly body: unknown; readonly headers?: HttpHeaders };

async function reasonFor(prompt: string, { status, body, headers = {} }: Answer): Promise<string> {
  const http: HttpClient = {
    call: async () => ({ kind: 'answer', status, headers, body: Buffer.from(JSON.stringify(body)) }),
    [Symbol.asyncDispose]: async () => {},
  };
  const provider = createBytezProvider({ baseUrl: 'https://api.example/models/v2', http, now: () => 0 });
  const request = { kind: 'image', model: 'a/b', prompt, inputs: [] } as const;
  const reply = await provider.generate(request, new Secret(canaryKey), new AbortController().signal);
  return reply.ok ? 'fine' : reply.failure.reason;
}

const prompts = [
  'a sign that says insufficient credits in red letters',
  'a poster: your API key has expired',
  'nsfw content is not allowed, written on a wall',
  'the words "IP address blocked" on a screen',
  'a clock, retry in 40s, daily limit reached',
  'an old man who was banned and blocked, his account suspended',
  'model not found',
  'too many requests per minute, please slow down',
  'payment required: your balance is too low',
];
const echoes: readonly ((prompt: string) => string)[] = [
  (prompt) => `Could not draw "${prompt}"`,
  (prompt) => `Could not draw: ${prompt}`,
  (prompt) => `Could not draw ${prompt.toUpperCase()} at all`,
  (prompt) => `Could not draw '${prompt.slice(0, -4)}...'`,
  (prompt) => `Could not draw ${JSON.stringify({ text: prompt })}`,
];
const wrappings: readonly ((text: string, prompt: string) => unknown)[] = [
  (error) => ({ error }),
  (message, prompt) => ({ error: { message }, input: { text: prompt } }),
  (message, prompt) => ({ detail: [{ msg: message, input: prompt }] }),
];

test('what a person wrote is not taken for what the provider says, however it is echoed', async () => {
  const echoed = fc.record({
    prompt: fc.constantFrom(...prompts),
    echo: fc.constantFrom(...echoes),
    wrap: fc.constantFrom(...wrappings),
  });
  await fc.assert(
    fc.asyncProperty(echoed, async ({ prompt, echo, wrap }) => {
      const body = wrap(echo(prompt), prompt);
      const reasons = await Promise.all([400, 403, 500].map(async (status) => reasonFor(prompt, { status, body })));
      expect(reasons).toEqual(['bad-request', 'rejected', 'failed-run']);
    }),
    { numRuns: runs(300) },
  );
});

test('an answer that a content network gave in the place of the provider blocks this machine', async () => {
  const headers = { 'cf-mitigated': 'challenge' };
  expect(await reasonFor('a red fox', { status: 403, body: { message: 'Forbidden' }, headers })).toBe(
    'blocks-this-machine',
  );
});
