import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/secret.ts';
import type { HttpClient } from '../../src/providers/http/http-exchange.ts';
import { definitionOf } from '../../src/providers/registry.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { addressOf, requiredExamples } from './provider-endings.ts';

/** Providers of every sort: at once and queued, with codes and with words, like OpenAI and unlike it. */
const names = [
  'openai',
  'gemini',
  'stability',
  'fal',
  'replicate',
  'bfl',
  'together',
  'openrouter',
  'pollinations',
  'cloudflare',
  'hf',
  'horde',
  'elevenlabs',
  'suno',
  'xai',
  'bytez',
] as const;

const json = { 'content-type': 'application/json' };
const forever = new AbortController().signal;

type Ask = (status: number, body: unknown) => Promise<string>;

/** The reason that the provider's adapter finds in an answer to a submission. */
async function aProvider(name: string): Promise<Ask> {
  const definition = definitionOf(name);
  const create = await definition?.adapter?.load();
  const [row] = definition?.models ?? [];
  if (definition === undefined || create === undefined || row === undefined) throw new Error(`Cannot ask ${name}`);
  return async (status, body) => {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const http: HttpClient = {
      call: async () => ({ kind: 'answer', status, headers: json, body: bytes }),
      [Symbol.asyncDispose]: async () => {},
    };
    const required = requiredExamples(definition);
    const adapter = create({ baseUrl: addressOf(definition), required, http, clock: fakeClock() });
    const request = { kind: row.kind, model: row.model, prompt: 'a fox', inputs: [] } as const;
    const secret = new Secret('canary-key-of-other-words-01');
    const reply =
      'generate' in adapter
        ? await adapter.generate(request, secret, forever)
        : await adapter.start(request, secret, forever);
    return reply.ok ? 'ok' : reply.failure.reason;
  };
}

/** Sentences that stand in no fixture, by what they mean and the statuses with which they must be understood. */
const wordings = {
  'out-of-credit': {
    statuses: [200, 400, 401, 402, 403, 429],
    words: [
      'Your wallet is empty. Please deposit funds.',
      'Not enough credits: need 4, have 0',
      'Payment needed to continue',
      'Your account has been suspended due to unpaid invoices',
      'You ran out of tokens. Buy more.',
      'You have exhausted your free tier',
      'You need to add a payment method before making requests',
      'Please top up your account',
      '余额不足，请充值',
    ],
  },
  'rate-limited': {
    statuses: [403, 429],
    words: ['Slow down!', 'You are sending requests too quickly', 'Throttled', '请求过于频繁'],
  },
  concurrency: {
    statuses: [403, 429],
    words: ['You already have 2 generations running', 'concurrent request limit hit'],
  },
  rejected: {
    statuses: [400, 401, 403],
    words: ['Unknown API key', 'The provided api key is not valid', 'Your key has expired', 'API密钥无效'],
  },
  'unknown-model': {
    statuses: [400, 404, 410, 422],
    words: ['The model has been retired', 'Unsupported model: x', 'This model is no longer available', '模型不存在'],
  },
  refused: {
    statuses: [400, 403, 422, 451],
    words: [
      'Your prompt was flagged by our content filter',
      'NSFW content detected',
      'We cannot generate that: safety',
    ],
  },
  overloaded: { statuses: [503], words: ['All GPUs are busy', 'The system is under maintenance'] },
} as const;

const cells = names.flatMap((name) => Object.keys(wordings).map((reason) => ({ name, reason })));

test.each(cells)('$name: other words for $reason are understood with every status', async ({ name, reason }) => {
  const ask = await aProvider(name);
  const { statuses, words } = wordings[reason as keyof typeof wordings];
  for (const message of words) {
    for (const status of statuses) {
      expect([message, status, await ask(status, { error: { message } })]).toEqual([message, status, reason]);
    }
  }
});

/** Bodies in which one sentence stands at other places. */
const placesOf = (words: string): readonly unknown[] => [
  { error: words },
  { detail: words },
  { errors: [{ message: words }] },
  { errors: [words] },
  { error: { error: { message: words } } },
  { data: { error: { message: words } } },
  [{ error: { message: words } }],
  { status: 'error', msg: words },
  { success: false, error: { reason: words } },
  { error: JSON.stringify({ error: { message: words } }) },
  { code: '1001', message: words },
  { description: words },
  { error: { message: { text: words } } },
  { fault: { faultstring: words } },
  words,
];

test.each(names)('%s: the words of a failure are found wherever they stand in its body', async (name) => {
  const ask = await aProvider(name);
  for (const [status, words, reason] of [
    [403, 'You have no credits left', 'out-of-credit'],
    [400, 'Content violates our usage policies', 'refused'],
    [400, 'Your API key is invalid', 'rejected'],
    [400, 'Unsupported model: x', 'unknown-model'],
  ] as const) {
    for (const body of placesOf(words)) {
      expect([body, await ask(status, body)]).toEqual([body, reason]);
    }
  }
});

test.each(names)('%s: a number that is a text, and an error inside 200, count as what they say', async (name) => {
  const ask = await aProvider(name);
  expect(await ask(200, { code: '402', msg: 'Insufficient credits', data: null })).toBe('out-of-credit');
  expect(await ask(200, { error: { code: 429, message: 'Rate limit exceeded' } })).toBe('rate-limited');
  expect(await ask(429, { error: { code: '429', message: 'Too many requests', retry_after: '12' } })).toBe(
    'rate-limited',
  );
  expect(await ask(200, {})).toBe('malformed');
  expect(await ask(200, '')).toBe('malformed');
});
