import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AttemptFailure, type FailureCode, failureTraits } from '../../src/domain/failure.ts';
import { type JobKind, jobKinds } from '../../src/domain/kinds.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { codeFor } from '../../src/jobs/retry-policy.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { HttpClient, HttpReply } from '../../src/providers/http/http-exchange.ts';
import { definitionOf, providerDefinitions } from '../../src/providers/registry.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** What happens on the wire, by the name of a fixture of the provider or as a wire that fails. */
type Cause = string | HttpReply;

type Row = {
  readonly ending: string;
  /** Whose fault it is, what comes next, and what the person is told where nothing does. */
  readonly means: readonly [AttemptFailure['blame'], AttemptFailure['reason'], string, FailureCode] | 'ok';
  readonly causes: Readonly<Record<string, readonly Cause[]>>;
};

function everywhere(...causes: readonly Cause[]): Row['causes'] {
  return { bytez: causes, horde: causes, openai: causes };
}

const rows: readonly Row[] = [
  {
    ending: 'ok',
    means: 'ok',
    causes: { bytez: ['ok-url'], horde: ['status-url', 'status-base64'], openai: ['ok-b64', 'ok-url'] },
  },
  {
    ending: 'a bad key',
    means: ['key', 'rejected', 'rotate', 'keys-being-set-up'],
    causes: { bytez: ['401-unauthorized'], horde: ['submit-401'], openai: ['401-invalid-key', '401-deactivated'] },
  },
  {
    ending: 'no money',
    means: ['key', 'out-of-credit', 'rotate', 'out-of-credit'],
    causes: {
      bytez: ['402-documented', '200-credits'],
      horde: ['submit-403-kudos', 'submit-403-shared-key'],
      openai: ['429-quota', '429-balance', '400-hard-limit'],
    },
  },
  {
    ending: 'too many in a time',
    means: ['key', 'rate-limited', 'rotate', 'busy'],
    causes: { bytez: ['429-documented'], horde: ['submit-429-rate'], openai: ['429-rate'] },
  },
  {
    ending: 'too many at once',
    means: ['key', 'concurrency', 'rotate', 'busy'],
    causes: { bytez: ['429-concurrency', '200-concurrency'], horde: ['submit-429-prompts'] },
  },
  {
    ending: 'not for this key',
    means: ['key', 'not-entitled', 'rotate', 'keys-being-set-up'],
    causes: { bytez: ['403-model-plan'], horde: ['submit-403-anonymous'], openai: ['403-unverified'] },
  },
  {
    ending: 'a model that is gone',
    means: ['model', 'unknown-model', 'next-candidate', 'model-unavailable'],
    causes: {
      bytez: ['404-model', '410-gone'],
      horde: ['submit-400-model', 'submit-400-workers', 'check-impossible'],
      openai: ['404-model', '404-deprecated', '400-model-value'],
    },
  },
  {
    ending: 'refused words',
    means: ['request', 'refused', 'fail', 'refused'],
    causes: {
      bytez: ['400-nsfw', '200-nsfw', '422-moderation', '403-content-policy'],
      horde: ['submit-400-corrupt', 'submit-400-refused-words', 'status-censored', 'status-censored-note'],
      openai: ['400-moderation', '400-policy', '400-refused-words', '400-flagged', '200-error-refused', '200-empty'],
    },
  },
  {
    ending: 'a request that is wrong',
    means: ['request', 'bad-request', 'fail', 'bad-request'],
    causes: { bytez: ['422-fields'], horde: ['submit-400-size'], openai: ['400-size', '400-too-long'] },
  },
  {
    ending: 'an overloaded provider',
    means: ['provider', 'overloaded', 'wait', 'provider-down'],
    causes: {
      bytez: ['503-retry-after', '502-html'],
      horde: ['submit-503', 'submit-502', 'submit-423'],
      openai: ['503-overloaded', '502-page'],
    },
  },
  {
    ending: 'a run that fails, or is done without a picture',
    means: ['provider', 'failed-run', 'wait', 'provider-down'],
    causes: { horde: ['check-faulted', 'status-empty', 'check-404-gone'], openai: ['500-server-error', '200-error'] },
  },
  {
    ending: 'a shut door',
    means: ['provider', 'blocks-this-machine', 'wait', 'provider-down'],
    causes: { bytez: ['403-network-block'], horde: ['submit-403-network'], openai: ['403-country'] },
  },
  {
    ending: 'a wrong body',
    means: ['provider', 'malformed', 'wait', 'provider-down'],
    causes: {
      bytez: ['c2-html', 'c2-empty', 'c1-cut-json', 'c3-empty-list'],
      horde: ['submit-200-page', 'submit-202-no-id', 'submit-202-path-id'],
      openai: ['200-page', '200-null', '200-no-list', '200-null-picture'],
    },
  },
  {
    ending: 'a passed deadline',
    means: ['provider', 'timed-out', 'wait', 'taking-longer'],
    causes: everywhere({ kind: 'timed-out' }),
  },
  {
    ending: 'a cut connection',
    means: ['provider', 'unreachable', 'wait', 'provider-down'],
    causes: everywhere({ kind: 'cut', detail: 'ECONNRESET' }, { kind: 'unreachable', detail: 'ECONNREFUSED' }),
  },
];

const cells = rows.flatMap(({ ending, means, causes }) =>
  Object.entries(causes).flatMap(([provider, own]) =>
    kindsOf(provider).flatMap((kind) =>
      own.map((cause) => ({
        ending,
        means,
        provider,
        kind,
        cause,
        name: typeof cause === 'string' ? cause : cause.kind,
      })),
    ),
  ),
);

test.each(cells)('$provider, $kind, $ending ($name)', async ({ provider, kind, cause, means }) => {
  const failure = await endingOf(provider, kind, cause);
  if (failure === 'ok' || means === 'ok') return expect(failure).toBe(means);
  const { blame, reason } = failure;
  expect([blame, reason, failureTraits[reason].action, codeFor(reason)]).toEqual(means);
});

test('every provider that is served has a cell for each ending that it knows', () => {
  const served = providerDefinitions.filter(({ adapter }) => adapter !== undefined).map(({ name }) => name);
  const missing = rows.flatMap(({ ending, causes }) =>
    served.filter((name) => causes[name] === undefined).map((name) => `${name}: ${ending}`),
  );
  expect(missing).toEqual([
    // OpenAI tells no number of requests at once.
    'openai: too many at once',
    // Bytez has rows of its own for each shape of a failed run.
    'bytez: a run that fails, or is done without a picture',
  ]);
});

function kindsOf(provider: string): readonly JobKind[] {
  const models = definitionOf(provider)?.models ?? [];
  return jobKinds.filter((kind) => models.some((model) => model.kind === kind));
}

type Fixture = {
  readonly on?: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bodyBase64?: string;
};

const forever = new AbortController().signal;

async function endingOf(provider: string, kind: JobKind, cause: Cause): Promise<AttemptFailure | 'ok'> {
  const fixture = typeof cause === 'string' ? readFixture(provider, cause) : undefined;
  const given = typeof cause === 'string' ? replyOf(fixture) : cause;
  const isDone = fixture?.on === 'status';
  const http: HttpClient = {
    call: async ({ url }) => (isDone && url.includes('/check/') ? { ...replyOf(undefined), ...done } : given),
    [Symbol.asyncDispose]: async () => {},
  };
  const definition = definitionOf(provider);
  const create = await definition?.adapter?.load();
  const adapter = create?.({ baseUrl: definition?.baseUrl ?? '', http, clock: fakeClock() });
  const model = definition?.models.find((known) => known.kind === kind)?.model ?? '';
  const request: GenerationRequest = { kind, model, prompt: 'a red fox', inputs: [] };
  const secret = new Secret('canary-key-of-the-endings-01');
  if (adapter === undefined) throw new Error(`Cannot ask ${provider}: it has no adapter`);
  if ('generate' in adapter) return failureIn(await adapter.generate(request, secret, forever));
  if (fixture?.on === undefined || fixture.on === 'submit') {
    const reply = await adapter.start(request, secret, forever);
    return failureIn(reply);
  }
  const standing = await adapter.status({ id: 'r-1' }, secret, forever);
  if (standing.kind !== 'ended') throw new Error('Cannot tell how it ends: it has not ended');
  return failureIn(standing.reply);
}

function failureIn(reply: { readonly ok: true } | { readonly ok: false; readonly failure: AttemptFailure }) {
  return reply.ok ? 'ok' : reply.failure;
}

const done = { body: Buffer.from('{"done":true}') } as const;

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
