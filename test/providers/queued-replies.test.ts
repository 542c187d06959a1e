import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type {
  AsynchronousProvider,
  GenerationRequest,
  ProbeReply,
  ProviderReply,
  ReplySource,
  StatusReply,
  Submitted,
} from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { HttpClient, HttpReply } from '../../src/providers/http/http-exchange.ts';
import { definitionOf } from '../../src/providers/registry.ts';
import { fakeClock } from '../support/fake-clock.ts';
import type { ProviderEndings } from './provider-endings.ts';

const names = ['bfl', 'fal', 'replicate'] as const;
type Name = (typeof names)[number];

const key = 'canary-key-of-the-queues-0123456789';
const prompt = 'a sign saying that credit is exhausted, nsfw';
const forever = new AbortController().signal;

const failure = z.strictObject({
  blame: z.string(),
  reason: z.string(),
  sureness: z.enum(['likely', 'guess']).optional(),
  credit: z.enum(['this-model', 'this-price', 'all']).optional(),
  retryAfterMs: z.int().optional(),
});
const source = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('url'), url: z.string() }),
  z.strictObject({ kind: z.literal('bytes'), base64: z.string() }),
  z.strictObject({ kind: z.literal('files'), urls: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
]);
const running = z.strictObject({
  ahead: z.int().optional(),
  askAgainInMs: z.int().optional(),
  isQueued: z.literal(true).optional(),
});
const usage = z.strictObject({ seconds: z.number().optional(), credits: z.number().optional() });

const fixture = z.strictObject({
  name: z.string(),
  /** `look`: the answer to the first question about a run; `status`: the one that tells its end. */
  on: z.enum(['submit', 'look', 'status', 'probe']),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
  expect: z.union([
    z.strictObject({ submitted: z.record(z.string(), z.union([z.string(), z.number()])) }),
    z.strictObject({ running }),
    z.strictObject({ unclear: failure }),
    z.strictObject({ failure }),
    z.strictObject({ source, usage: usage.optional() }),
    z.strictObject({ fine: z.literal(true) }),
  ]),
});
type Fixture = z.infer<typeof fixture> & { readonly provider: Name };

const fixtures = names.flatMap((provider) => {
  const folder = join(import.meta.dirname, '..', 'fixtures', provider);
  return readdirSync(folder)
    .toSorted()
    .map((file) => ({ ...fixture.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))), provider }));
});

test.each(fixtures)('$provider: $name ($on) is understood', async (given) => {
  const reply = await replyTo(given);
  expect(shown(reply)).toEqual(given.expect);
  const told = JSON.stringify(reply);
  expect(told).not.toContain(key.slice(0, 8));
  expect(told).not.toContain(prompt);
});

const wires: readonly (readonly [HttpReply, string])[] = [
  [{ kind: 'timed-out' }, 'timed-out'],
  [{ kind: 'cut', detail: 'the connection broke: ECONNRESET' }, 'unreachable'],
  [{ kind: 'too-large' }, 'malformed'],
];

test.each(names.flatMap((name) => wires.map(([reply, reason]) => ({ name, reply, reason, wire: reply.kind }))))(
  '$name: a wire that fails with $wire fails a submission and a probe, and no run under way',
  async ({ name, reply, reason }) => {
    const { provider, operation } = await adapterOf(name, async () => reply);
    const secret = new Secret(key);
    const failed = { blame: 'provider', reason };
    expect(shown(await provider.start(requestOf(name), secret, forever))).toEqual({ failure: failed });
    expect(shown(await provider.probe(secret, forever))).toEqual({ failure: failed });
    expect(shown(await provider.status(operation, secret, forever))).toEqual({ unclear: failed });
  },
);

test('a run that failed is told by its code, never by words that may be those of its person', async () => {
  const error = `Cannot draw ${prompt} (E6716)`;
  const body = Buffer.from(JSON.stringify({ id: 'r-1', status: 'failed', error }));
  const answer = { kind: 'answer', status: 200, headers: {}, body } as const;
  const { provider, operation } = await adapterOf('replicate', async () => answer);
  const reply = await provider.status(operation, new Secret(key), forever);
  expect(JSON.stringify(reply)).not.toContain(prompt);
  expect(reply).toMatchObject({ reply: { failure: { detail: 'the run failed: E6716' } } });
});

async function adapterOf(name: Name, call: HttpClient['call']) {
  const http: HttpClient = { call, [Symbol.asyncDispose]: async () => {} };
  const definition = definitionOf(name);
  const create = await definition?.adapter?.load();
  if (definition === undefined || create === undefined) throw new Error(`Cannot ask ${name}: it has no adapter`);
  const { baseUrl, furtherUrls = {} } = definition;
  const provider = create({ baseUrl, furtherUrls, http, clock: fakeClock() }) as AsynchronousProvider;
  const { endings } = (await import(`./${name}/endings.ts`)) as { readonly endings: ProviderEndings };
  return { provider, operation: endings.operation ?? {}, also: endings.also ?? [] };
}

function requestOf(name: Name): GenerationRequest {
  const model = definitionOf(name)?.models[0]?.model ?? '';
  return { kind: 'image', model, prompt, inputs: [] };
}

async function replyTo({ provider: name, on, status, headers, body }: Fixture) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer: HttpReply = { kind: 'answer', status, headers, body: Buffer.from(text) };
  const { provider, operation, also } = await adapterOf(name, async ({ url }) => {
    const other = on === 'status' ? also.find(({ when }) => url.includes(when)) : undefined;
    return other === undefined ? answer : { ...answer, status: 200, body: Buffer.from(JSON.stringify(other.body)) };
  });
  const secret = new Secret(key);
  if (on === 'submit') return provider.start(requestOf(name), secret, forever);
  return on === 'probe' ? provider.probe(secret, forever) : provider.status(operation, secret, forever);
}

/** A reply in the form of the fixtures. */
function shown(reply: ProviderReply | Submitted | StatusReply | ProbeReply): unknown {
  if ('kind' in reply) {
    if (reply.kind === 'ended') return shown(reply.reply);
    if (reply.kind === 'unclear') return { unclear: withoutDetail(reply.failure) };
    const { kind: _, ...facts } = reply;
    return { running: facts };
  }
  if (!reply.ok) return { failure: withoutDetail(reply.failure) };
  if ('operation' in reply) return { submitted: reply.operation };
  if (!('source' in reply)) return { fine: true };
  const used = reply.usage === undefined ? {} : { usage: reply.usage };
  return { source: plain(reply.source), ...used };
}

function plain(found: ReplySource): unknown {
  if (found.kind === 'bytes') return { kind: 'bytes', base64: Buffer.from(found.bytes).toString('base64') };
  if (found.kind !== 'files') return found;
  return { kind: 'files', urls: found.sources.map((one) => (one.kind === 'url' ? one.url : '')) };
}

function withoutDetail({ detail, ...rest }: { readonly detail: string }): object {
  expect(detail).not.toBe('');
  expect(detail.length).toBeLessThanOrEqual(200);
  return rest;
}
