import { expect, test } from 'vitest';
import { anthropicDialect } from '../../sandbox/anthropic/anthropic-sandbox.ts';
import { type ChatDialect, startChatSandbox } from '../../sandbox/chat-sandbox.ts';
import { cohereDialect } from '../../sandbox/cohere/cohere-sandbox.ts';
import type { SynchronousProvider } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts';
import { createCohereProvider } from '../../src/providers/cohere/cohere-provider.ts';
import { createHttpClient, type HttpClient } from '../../src/providers/http/http-exchange.ts';

type Subject = {
  readonly name: string;
  readonly dialect: ChatDialect;
  readonly model: string;
  readonly path: string;
  readonly make: (options: { baseUrl: string; http: HttpClient; now: () => number }) => SynchronousProvider;
};

const subjects: readonly Subject[] = [
  {
    name: 'Anthropic',
    dialect: anthropicDialect,
    model: 'claude-haiku-5-5',
    path: '/v1',
    make: createAnthropicProvider,
  },
  { name: 'Cohere', dialect: cohereDialect, model: 'command-a-03-2025', path: '/v2', make: createCohereProvider },
];

const secret = new Secret('canary-key-of-the-answers-0123456789');
const forever = new AbortController().signal;

async function aStage(
  { dialect, make }: Subject,
  options: { readonly path?: string; readonly isSpent?: boolean } = {},
) {
  await using opening = new AsyncDisposableStack();
  const { path = '', isSpent = false } = options;
  const accounts = [{ name: 'account 1', key: secret.reveal(), isSpent }];
  const server = opening.use(await startChatSandbox({ dialect, accounts }));
  const http = opening.use(createHttpClient());
  const provider = make({ baseUrl: `${server.baseUrl}${path}`, http, now: Date.now });
  const opened = opening.move();
  return { server, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const history = [
  { role: 'person', text: 'hello' },
  { role: 'model', text: 'Good day.' },
] as const;

test.each(subjects)('$name: an answer is heard word by word and hears what was said before', async (subject) => {
  await using stage = await aStage(subject);
  const heard: string[] = [];
  const request = { kind: 'chat', model: subject.model, prompt: 'why is the sky blue?', inputs: [], history } as const;
  expect(await stage.provider.generate(request, secret, forever, (soFar) => heard.push(soFar))).toEqual({
    ok: true,
    source: { kind: 'text', text: 'You asked: why is the sky blue? (after 2 messages).' },
    usage: { inputTokens: 12, outputTokens: 10 },
  });
  expect(heard.length).toBeGreaterThan(2);
  expect(stage.server.calls).toMatchObject([
    {
      account: 'account 1',
      status: 200,
      messages: [{ content: 'hello' }, { content: 'Good day.' }, { content: 'why is the sky blue?' }],
    },
  ]);
});

test.each(subjects)('$name: a stream that is cut fails after the words that were heard', async (subject) => {
  await using stage = await aStage(subject);
  stage.server.cutAfter(6);
  const heard: string[] = [];
  const request = { kind: 'chat', model: subject.model, prompt: 'why?', inputs: [] } as const;
  expect(await stage.provider.generate(request, secret, forever, (soFar) => heard.push(soFar))).toMatchObject({
    ok: false,
    failure: { blame: 'provider', reason: 'unreachable' },
  });
  expect(heard.at(-1)).toMatch(/^You asked/);
});

test.each(
  subjects.flatMap((subject) => ['', '/', subject.path, `${subject.path}/`].map((path) => ({ subject, path }))),
)('$subject.name: the base URL may end in "$path"', async ({ subject, path }) => {
  await using stage = await aStage(subject, { path });
  expect(await stage.provider.probe(secret, forever)).toEqual({ ok: true });
  const request = { kind: 'chat', model: subject.model, prompt: 'why?', inputs: [] } as const;
  expect(await stage.provider.generate(request, secret, forever)).toMatchObject({ ok: true });
});

test.each(subjects)('$name: keys, credit, models and deadlines', async (subject) => {
  await using stage = await aStage(subject, { isSpent: true });
  const ask = (model: string, key = secret, signal = forever) =>
    stage.provider.generate({ kind: 'chat', model, prompt: 'why?', inputs: [] }, key, signal);
  expect(await ask(subject.model)).toMatchObject({ failure: { blame: 'key', reason: 'out-of-credit' } });
  expect(await ask('a-model-that-is-gone')).toMatchObject({ failure: { reason: 'unknown-model' } });
  expect(await ask(subject.model, new Secret('another-key'))).toMatchObject({ failure: { reason: 'rejected' } });
  expect(await stage.provider.probe(new Secret('another-key'), forever)).toMatchObject({
    failure: { reason: 'rejected' },
  });
  stage.server.setFaults([{ route: 'chat', reply: { kind: 'hang' } }]);
  expect(await ask(subject.model, secret, AbortSignal.timeout(50))).toMatchObject({ failure: { reason: 'timed-out' } });
});

test.each(subjects)('$name: the stand-in refuses what the provider would', async (subject) => {
  await using stage = await aStage(subject);
  const url = `${stage.server.baseUrl}${subject.path}/${subject.name === 'Cohere' ? 'chat' : 'messages'}`;
  const good = { model: subject.model, max_tokens: 5, messages: [{ role: 'user', content: 'why?' }] };
  const key = secret.reveal();
  const headers = { 'x-api-key': key, 'anthropic-version': '2023-06-01', authorization: `Bearer ${key}` };
  const status = async (body: object, given: Readonly<Record<string, string>> = headers) =>
    (await fetch(url, { method: 'POST', headers: given, body: JSON.stringify(body) })).status;
  expect(await status(good)).toBe(200);
  expect(await status(good, {})).toBe(401);
  expect(await status({ ...good, strange: 1 })).toBe(400);
  expect(await status({ ...good, messages: [] })).toBe(400);
  expect(await status({ ...good, messages: [...good.messages, ...good.messages] })).toBe(400);
  expect(await status({ ...good, model: 'gone' })).toBe(404);
});
