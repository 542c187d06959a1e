import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { jobKinds } from '../../src/domain/kinds.ts';
import type { BalanceReply, ProbeReply, Provider, ProviderReply, StatusReply } from '../../src/domain/provider.ts';
import type { GenerationRequest, Operation, Submitted } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { HttpClient } from '../../src/providers/http/http-exchange.ts';

const failure = z.strictObject({
  blame: z.string(),
  reason: z.string(),
  sureness: z.enum(['likely', 'guess']).optional(),
  credit: z.enum(['this-model', 'this-price', 'all']).optional(),
  retryAfterMs: z.int().optional(),
});
const usage = z.record(z.string(), z.number());

const fixture = z.strictObject({
  name: z.string(),
  on: z.enum(['submit', 'status', 'probe', 'balance']),
  kind: z.enum(jobKinds).default('image'),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional(),
  bodyBase64: z.string().optional(),
  expect: z.union([
    z.strictObject({ submitted: z.string() }),
    z.strictObject({ running: z.record(z.string(), z.number()) }),
    z.strictObject({ unclear: failure }),
    z.strictObject({ failure }),
    z.strictObject({ url: z.string(), usage: usage.optional() }),
    z.strictObject({ base64: z.string(), usage: usage.optional() }),
    z.strictObject({ text: z.string(), isCut: z.literal(true).optional(), usage: usage.optional() }),
    z.strictObject({ amount: z.number(), unit: z.string() }),
    z.strictObject({ fine: z.literal(true) }),
  ]),
});

export type ReplyFixture = z.infer<typeof fixture>;

/** The recorded answers of one provider, by name. */
export function replyFixtures(provider: string): readonly ReplyFixture[] {
  const folder = join(import.meta.dirname, '..', 'fixtures', provider);
  return readdirSync(folder)
    .toSorted()
    .map((file) => fixture.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
}

export const fixtureKey = 'canary-key-of-the-fixtures-0123456789';
/** Words that would decide, were they read as the provider's. */
export const fixturePrompt = 'a sign saying: insufficient_quota, your API key was deactivated, nsfw';

export type Asking = {
  readonly models: Readonly<Partial<Record<ReplyFixture['kind'], string>>>;
  readonly create: (http: HttpClient) => Provider;
  readonly operation?: Operation;
};

/** What an adapter makes of a recorded answer, in the form of the fixtures; fails where it tells a key or the person's words. */
export async function understood(recorded: ReplyFixture, { models, create, operation = {} }: Asking): Promise<unknown> {
  const { on, kind, status, headers, body, bodyBase64 } = recorded;
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
  const bytes = bodyBase64 === undefined ? Buffer.from(text) : Buffer.from(bodyBase64, 'base64');
  const adapter = create({
    call: async () => ({ kind: 'answer', status, headers, body: bytes }),
    [Symbol.asyncDispose]: async () => {},
  });
  const secret = new Secret(fixtureKey);
  const { signal } = new AbortController();
  const request: GenerationRequest = { kind, model: models[kind] ?? '', prompt: fixturePrompt, inputs: [] };
  const ask = async () => {
    if (on === 'probe') return adapter.probe(secret, signal);
    if (on === 'balance') return adapter.balance?.(secret, signal);
    if ('generate' in adapter) return adapter.generate(request, secret, signal);
    return on === 'status' ? adapter.status(operation, secret, signal) : adapter.start(request, secret, signal);
  };
  const reply = await ask();
  if (reply === undefined) throw new Error(`Cannot ask for the balance: ${recorded.name}`);
  const told = JSON.stringify(reply);
  expect(told).not.toContain(fixtureKey.slice(0, 12));
  expect(told).not.toContain(fixturePrompt);
  return shown(reply);
}

function shown(reply: ProviderReply | Submitted | StatusReply | ProbeReply | BalanceReply): unknown {
  if ('kind' in reply) {
    if (reply.kind === 'ended') return shown(reply.reply);
    if (reply.kind === 'unclear') return { unclear: withoutDetail(reply.failure) };
    const { kind: _, ...facts } = reply;
    return { running: facts };
  }
  if (!reply.ok) return { failure: withoutDetail(reply.failure) };
  if ('operation' in reply) return { submitted: reply.operation['id'] };
  if ('amount' in reply) return { amount: reply.amount, unit: reply.unit };
  if (!('source' in reply)) return { fine: true };
  const used = reply.usage === undefined ? {} : { usage: reply.usage };
  const { source } = reply;
  switch (source.kind) {
    case 'bytes':
      return { base64: Buffer.from(source.bytes).toString('base64'), ...used };
    case 'url':
      return { url: source.url, ...used };
    case 'text':
      return { text: source.text, ...(source.isCut === true ? { isCut: true } : {}), ...used };
    case 'files':
      throw new Error('Cannot show several files: no fixture has them');
  }
}

function withoutDetail({ detail, ...rest }: { readonly detail: string }): object {
  expect(detail).not.toBe('');
  expect(detail.length).toBeLessThanOrEqual(200);
  return rest;
}
