import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AttemptFailure, failureTraits } from '../../src/domain/failure.ts';
import { type JobKind, jobKinds } from '../../src/domain/kinds.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { codeFor } from '../../src/jobs/retry-policy.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { HttpClient, HttpReply } from '../../src/providers/http/http-exchange.ts';
import { definitionOf, providerDefinitions } from '../../src/providers/registry.ts';
import { makes } from '../../src/providers/provider-definition.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { addressOf, type Ending, meanings, type ProviderEndings, requiredExamples } from './provider-endings.ts';

const served = providerDefinitions.filter(({ adapter }) => adapter !== undefined).map(({ name }) => name);
const endingsOf: ReadonlyMap<string, ProviderEndings> = new Map(
  await Promise.all(
    served.map(async (name) => {
      const { endings } = (await import(`./${name}/endings.ts`)) as { readonly endings: ProviderEndings };
      return [name, endings] as const;
    }),
  ),
);

type Cell = { readonly provider: string; readonly kind: JobKind; readonly ending: string; readonly cause: string };

const cells: readonly Cell[] = [...endingsOf].flatMap(([provider, { endings }]) =>
  kindsOf(provider).flatMap((kind) =>
    Object.entries(endings).flatMap(([ending, causes]) =>
      ('length' in causes ? causes : (causes[kind] ?? [])).map((cause) => ({ provider, kind, ending, cause })),
    ),
  ),
);

const wires = [
  ['timed-out', 'taking-longer', { kind: 'timed-out' }],
  ['unreachable', 'provider-down', { kind: 'cut', detail: 'ECONNRESET' }],
  ['unreachable', 'provider-down', { kind: 'unreachable', detail: 'ECONNREFUSED' }],
] as const;

const wireCells = [...endingsOf.keys()].flatMap((provider) =>
  kindsOf(provider).flatMap((kind) =>
    wires.map(([reason, code, reply]) => ({ provider, kind, reason, code, reply, wire: reply.kind })),
  ),
);

test.each(cells)('$provider, $kind, $ending ($cause)', async ({ provider, kind, ending, cause }) => {
  const failure = await endingOf(provider, kind, cause);
  const means = meanings[ending as Ending];
  if (failure === 'ok' || means === 'ok') return expect(failure).toBe(means);
  const { blame, reason } = failure;
  expect([blame, reason, failureTraits[reason].action, codeFor(reason)]).toEqual(means);
});

test.each(wireCells)('$provider, $kind, $wire', async ({ provider, kind, reply, reason, code }) => {
  const failure = await endingOf(provider, kind, reply);
  if (failure === 'ok') return expect(failure).toBe(reason);
  expect([failure.blame, failure.reason, failureTraits[reason].action, codeFor(failure.reason)]).toEqual([
    'provider',
    reason,
    'wait',
    code,
  ]);
});

test.each(served)('%s has a fixture for each ending, or says why it has none', (name) => {
  const { endings = {}, unknown = {} } = endingsOf.get(name) ?? {};
  for (const ending of Object.keys(meanings) as Ending[]) {
    expect([ending, endings[ending] === undefined]).toEqual([ending, unknown[ending] !== undefined]);
  }
});

function kindsOf(provider: string): readonly JobKind[] {
  const models = definitionOf(provider)?.models ?? [];
  return jobKinds.filter((kind) => models.some((model) => makes(model, kind)));
}

type Fixture = {
  readonly on?: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bodyBase64?: string;
};

/** What a fixture answers that is no question about a run. */
const onSubmission: ReadonlySet<string> = new Set(['submit', 'images', 'speech', 'music', 'video', 'chat']);

const forever = new AbortController().signal;

async function endingOf(provider: string, kind: JobKind, cause: string | HttpReply): Promise<AttemptFailure | 'ok'> {
  const fixture = typeof cause === 'string' ? readFixture(provider, cause) : undefined;
  const given = typeof cause === 'string' ? replyOf(fixture) : cause;
  const { operation = {}, also = [] } = endingsOf.get(provider) ?? {};
  const others = fixture?.on === 'status' ? also : [];
  const http: HttpClient = {
    call: async ({ url }) => {
      const other = others.find(({ when }) => url.includes(when));
      return other === undefined ? given : replyOf({ status: 200, headers: {}, body: other.body });
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const definition = definitionOf(provider);
  const create = await definition?.adapter?.load();
  const adapter =
    definition === undefined
      ? undefined
      : create?.({ baseUrl: addressOf(definition), required: requiredExamples(definition), http, clock: fakeClock() });
  const model = definition?.models.find((known) => makes(known, kind))?.model ?? '';
  const request: GenerationRequest = { kind, model, prompt: 'a red fox', inputs: [] };
  const secret = new Secret('canary-key-of-the-endings-01');
  if (adapter === undefined) throw new Error(`Cannot ask ${provider}: it has no adapter`);
  if ('generate' in adapter) return failureIn(await adapter.generate(request, secret, forever));
  if (onSubmission.has(fixture?.on ?? 'submit')) {
    const reply = await adapter.start(request, secret, forever);
    return failureIn(reply);
  }
  const standing = await adapter.status(operation, secret, forever);
  if (standing.kind !== 'ended') throw new Error('Cannot tell how it ends: it has not ended');
  return failureIn(standing.reply);
}

function failureIn(reply: { readonly ok: true } | { readonly ok: false; readonly failure: AttemptFailure }) {
  return reply.ok ? 'ok' : reply.failure;
}

function readFixture(provider: string, name: string): Fixture {
  const path = join(import.meta.dirname, '..', 'fixtures', provider, `${name}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Fixture;
}

function replyOf(fixture: Fixture | undefined): Extract<HttpReply, { kind: 'answer' }> {
  const { status = 200, headers = {}, body, bodyBase64 } = fixture ?? {};
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? null);
  const bytes = bodyBase64 === undefined ? Buffer.from(text) : Buffer.from(bodyBase64, 'base64');
  return { kind: 'answer', status, headers, body: bytes };
}
