import { expect, test } from 'vitest';
import type { ToldWindow } from '../../src/domain/key-state.ts';
import type { GenerationRequest, SynchronousProvider } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts';
import { createBytezProvider } from '../../src/providers/bytez/bytez-provider.ts';
import type { HttpClient } from '../../src/providers/http/http-exchange.ts';
import { openaiDialect } from '../../src/providers/openai/openai-dialect.ts';
import { createOpenAiLikeProvider } from '../../src/providers/openai/openai-like-provider.ts';

const nowMs = 1_790_000_000_000;
const baseUrl = 'https://api.example/v1';
const options = (http: HttpClient) => ({ baseUrl, http, now: () => nowMs });
const openai = (http: HttpClient) =>
  createOpenAiLikeProvider({ name: 'openai', dialect: openaiDialect, ...options(http) });
const bytez = (http: HttpClient) => createBytezProvider(options(http));
const anthropic = (http: HttpClient) => createAnthropicProvider(options(http));

const openAiHeaders = {
  'x-ratelimit-limit-requests': '5',
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-reset-requests': '12s',
};
const picture = { data: [{ b64_json: 'aGVsbG8=' }] };
const answer = { type: 'message', content: [{ type: 'text', text: 'Yes.' }], stop_reason: 'end_turn' };
const anthropicHeaders = {
  'anthropic-ratelimit-requests-limit': '5',
  'anthropic-ratelimit-requests-remaining': '4',
  'anthropic-ratelimit-requests-reset': new Date(nowMs + 60_000).toISOString(),
};

type Told = {
  readonly of: string;
  readonly make: (http: HttpClient) => SynchronousProvider;
  readonly kind: GenerationRequest['kind'];
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  readonly window: ToldWindow | undefined;
};

const told: readonly Told[] = [
  {
    of: 'a picture of OpenAI',
    make: openai,
    kind: 'image',
    status: 200,
    headers: openAiHeaders,
    body: picture,
    window: { limit: 5, remaining: 0, resetsAtMs: nowMs + 12_000 },
  },
  {
    of: 'an answer of Anthropic',
    make: anthropic,
    kind: 'chat',
    status: 200,
    headers: anthropicHeaders,
    body: answer,
    window: { limit: 5, remaining: 4, resetsAtMs: nowMs + 60_000 },
  },
  {
    of: 'a refusal in words and headers of one limit',
    make: openai,
    kind: 'image',
    status: 429,
    headers: openAiHeaders,
    body: { error: { message: 'Rate limit reached: 5 requests per minute', code: 'rate_limit_exceeded' } },
    window: { limit: 5, remaining: 0, resetsAtMs: nowMs + 12_000, lengthMs: 60_000 },
  },
  {
    of: 'a refusal in words, with headers of another limit',
    make: openai,
    kind: 'image',
    status: 429,
    headers: { ...openAiHeaders, 'x-ratelimit-limit-requests': '900', 'x-ratelimit-remaining-requests': '800' },
    body: { error: { message: 'Rate limit reached: 5 requests per minute', code: 'rate_limit_exceeded' } },
    window: { limit: 5, lengthMs: 60_000 },
  },
  {
    of: 'a refusal of Bytez',
    make: bytez,
    kind: 'image',
    status: 429,
    headers: {},
    body: { error: 'Rate limit exceeded: 20 calls / minute', output: null },
    window: { limit: 20, lengthMs: 60_000 },
  },
  {
    of: 'a refusal for the day that says when it ends',
    make: openai,
    kind: 'image',
    status: 429,
    headers: {},
    body: { error: { message: 'Daily limit of 100 images reached. Try again in 6 hours.' } },
    window: { limit: 100, lengthMs: 86_400_000, resetsAtMs: nowMs + 21_600_000 },
  },
  {
    of: 'a refusal for the day that says no more',
    make: bytez,
    kind: 'image',
    status: 429,
    headers: {},
    body: { error: 'You have reached your limit of 50 requests per day', output: null },
    window: { limit: 50, lengthMs: 86_400_000 },
  },
  {
    of: 'no refusal for a taken seat',
    make: bytez,
    kind: 'image',
    status: 429,
    headers: { 'ratelimit-limit': '1', 'ratelimit-remaining': '0', 'ratelimit-reset': '1' },
    body: { error: 'Rejected: your plan allows for 1 concurrency at a time', output: null },
    window: undefined,
  },
];

test.each(told)('the reply of an adapter carries the window of $of', async ({ make, kind, window, ...sent }) => {
  const body = Buffer.from(JSON.stringify(sent.body));
  const headers = { 'content-type': 'application/json', ...sent.headers };
  const provider = make({
    call: async () => ({ kind: 'answer', status: sent.status, headers, body }),
    [Symbol.asyncDispose]: async () => undefined,
  });
  const request = { kind, model: 'a-model', prompt: 'a fox', inputs: [] } as const;
  const reply = await provider.generate(request, new Secret('key-0123456789'), new AbortController().signal);
  expect([reply.ok, reply.window]).toEqual([sent.status === 200, window]);
});
