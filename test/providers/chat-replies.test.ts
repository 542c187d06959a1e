import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ProbeReply, ProviderReply, SynchronousProvider } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts';
import { createCohereProvider } from '../../src/providers/cohere/cohere-provider.ts';
import type { HttpClient } from '../../src/providers/http/http-exchange.ts';

const key = 'canary-key-of-the-answers-0123456789';
const prompt = 'a question that says: insufficient_quota, your key was deactivated';
const request = { kind: 'chat', model: 'a-model', prompt, inputs: [] } as const;
const forever = new AbortController().signal;
const now = () => 0;

const makers: Readonly<Record<string, (http: HttpClient) => SynchronousProvider>> = {
  anthropic: (http) => createAnthropicProvider({ baseUrl: 'https://api.example', http, now }),
  cohere: (http) => createCohereProvider({ baseUrl: 'https://api.example', http, now }),
};

const fixture = z.strictObject({
  name: z.string(),
  on: z.enum(['chat', 'probe']),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
  expect: z.unknown(),
});

const cells = Object.entries(makers).flatMap(([name, make]) => {
  const folder = join(import.meta.dirname, '../fixtures', name);
  return readdirSync(folder)
    .toSorted()
    .map((file) => ({ make, of: name, ...fixture.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))) }));
});

test.each(cells)('$of: $name', async ({ make, on, status, headers, body, expect: expected }) => {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const heard: string[] = [];
  const provider = make({
    call: async ({ onBody }) => {
      if (status < 300) for (let at = 0; at < bytes.length; at += 7) onBody?.(bytes.subarray(at, at + 7));
      return { kind: 'answer', status, headers, body: bytes };
    },
    [Symbol.asyncDispose]: async () => undefined,
  });
  const secret = new Secret(key);
  const reply = await (on === 'chat'
    ? provider.generate(request, secret, forever, (soFar) => heard.push(soFar))
    : provider.probe(secret, forever));
  expect(shown(reply)).toEqual(expected);
  const told = JSON.stringify(reply);
  expect(told).not.toContain(key.slice(0, 8));
  expect(told).not.toContain(prompt);
  // What is heard on the way only grows, and ends as the whole.
  for (const [index, soFar] of heard.entries()) expect(soFar.startsWith(heard[index - 1] ?? '')).toBe(true);
  if (heard.length > 0 && reply.ok) expect(shown(reply)).toMatchObject({ text: heard.at(-1)?.trim() });
});

function shown(reply: ProviderReply | ProbeReply): unknown {
  if (!reply.ok) {
    const { detail: _, ...failure } = reply.failure;
    return { failure };
  }
  if (!('source' in reply)) return { fine: true };
  const { kind: _, ...source } = reply.source;
  return { ...source, ...(reply.usage === undefined ? {} : { usage: reply.usage }) };
}
