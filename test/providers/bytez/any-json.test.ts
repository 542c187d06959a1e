import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { assert, expect, test } from 'vitest';
import { z } from 'zod';
import { failureTraits } from '../../../src/domain/failure.ts';
import type { JobKind } from '../../../src/domain/kinds.ts';
import type { ProviderReply } from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { createBytezProvider } from '../../../src/providers/bytez/bytez-provider.ts';
import { secretsFound } from '../../support/secret-hunt.ts';
import { canaryKey } from './ask-bytez.ts';
import { runs } from '../../support/property-runs.ts';

const recorded = z.object({
  kind: z.enum(['image', 'video', 'music', 'speech', 'chat'] satisfies JobKind[]),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.json().optional(),
  expect: z.object({ source: z.unknown().optional() }),
});
type Recorded = z.infer<typeof recorded>;

const folder = join(import.meta.dirname, '../../fixtures/bytez');
const good = readdirSync(folder)
  .map((file) => recorded.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))))
  .filter((each) => each.expect.source !== undefined && typeof each.body === 'object' && each.body !== null);

const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    null,
    -1,
    1e308,
    2 ** 60,
    '',
    'x'.repeat(5_000),
    '\uD800',
    `Invalid key ${canaryKey}`,
    'http://169.254.169.254/',
    'https://cdn.example.com/a b',
    `https://cdn.example.com/${'a'.repeat(9_000)}`,
    `https://cdn.example.com/${'a'.repeat(3_000)}`,
    'data:image/png;base64,AAAA',
    'data:text/html,<script>',
    { status: 401 },
    { code: 'invalid_api_key', message: canaryKey },
    JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}') as unknown,
    Array.from({ length: 50 }, () => 'https://cdn.example.com/a.png'),
  ),
);

/** Puts the value somewhere in the tree, in the place of what is there, beside it or around it. */
function mutated(
  tree: unknown,
  path: readonly number[],
  value: unknown,
  how: 'replace' | 'remove' | 'add' | 'wrap',
): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof tree !== 'object' || tree === null)
    return how === 'wrap' ? { output: [tree] } : value;
  const isList = Array.isArray(tree);
  const entries = Object.entries(tree);
  const chosen = step % (entries.length + 1);
  const next = entries.flatMap(([name, child], index): [string, unknown][] => {
    if (index !== chosen) return [[name, child]];
    return how === 'remove' && rest.length === 0 ? [] : [[name, mutated(child, rest, value, how)]];
  });
  if (how === 'add' || chosen === entries.length) next.push([how === 'add' ? 'error' : 'extra', value]);
  return isList ? next.map(([, child]) => child) : Object.fromEntries(next);
}

const treeMutation = fc.record({
  path: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  value: nasty,
  how: fc.constantFrom('replace', 'remove', 'add', 'wrap'),
});
const byteMutation = fc.record({
  at: fc.nat(),
  drop: fc.nat(3),
  put: fc.oneof(
    fc.constant([]),
    fc.array(fc.constantFrom(0, 0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d, 0xff), { maxLength: 3 }),
  ),
});
const answer = fc
  .tuple(fc.constantFrom(...good), fc.array(treeMutation, { maxLength: 3 }), fc.array(byteMutation, { maxLength: 2 }))
  .map(([given, trees, bytes]) => {
    const tree = trees.reduce<unknown>((body, { path, value, how }) => mutated(body, path, value, how), given.body);
    return { given, body: bytes.reduce(spliced, Buffer.from(JSON.stringify(tree) ?? '')) };
  });

function spliced(body: Buffer, { at, drop, put }: { at: number; drop: number; put: readonly number[] }): Buffer {
  const from = at % (body.byteLength + 1);
  return Buffer.concat([body.subarray(0, from), Buffer.from(put), body.subarray(from + drop)]);
}

async function replyTo(given: Recorded, body: Uint8Array): Promise<ProviderReply> {
  const provider = createBytezProvider({
    now: Date.now,
    baseUrl: 'https://api.example/models/v2',
    http: {
      call: async () => ({ kind: 'answer', status: given.status, headers: given.headers, body }),
      [Symbol.asyncDispose]: async () => {},
    },
  });
  const request = { kind: given.kind, model: 'a/b', prompt: 'a red fox', inputs: [] };
  return await provider.generate(request, new Secret(canaryKey), new AbortController().signal);
}

function expectSound(reply: ProviderReply): void {
  if (!reply.ok) {
    expect(failureTraits).toHaveProperty(reply.failure.reason);
    expect(reply.failure.detail.length).toBeLessThanOrEqual(200);
    expect(reply.failure.detail).not.toMatch(/\p{Cc}|\uD800/u);
    expect(secretsFound([{ where: 'detail', text: reply.failure.detail }], [canaryKey])).toEqual([]);
  } else if (reply.source.kind === 'url') {
    expect(reply.source.url).toMatch(/^https?:\/\/[^\s]{1,8185}$/i);
    expect(URL.canParse(reply.source.url)).toBe(true);
  } else if (reply.source.kind === 'text') {
    expect(reply.source.text.trim()).not.toBe('');
    expect(reply.source.text.isWellFormed()).toBe(true);
    expect(secretsFound([{ where: 'text', text: reply.source.text }], [canaryKey])).toEqual([]);
  } else {
    assert(reply.source.kind === 'bytes');
    expect(reply.source.bytes).toBeInstanceOf(Uint8Array);
  }
}

test('10,000 answers bent out of recorded good ones are each a sound result or a sound failure (C3)', async () => {
  const seen = { results: 0, failures: 0 };
  await fc.assert(
    fc.asyncProperty(answer, async ({ given, body }) => {
      const reply = await replyTo(given, body);
      expectSound(reply);
      seen[reply.ok ? 'results' : 'failures'] += 1;
    }),
    { numRuns: runs(10_000) },
  );
  expect(good.length).toBeGreaterThan(10);
  expect(Math.min(seen.results, seen.failures)).toBeGreaterThan(runs(1_000));
  expect(Reflect.get({}, 'admin')).toBeUndefined();
});
