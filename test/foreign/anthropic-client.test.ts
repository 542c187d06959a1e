import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { anthropicDialect } from '../../sandbox/anthropic/anthropic-sandbox.ts';
import { startChatSandbox } from '../../sandbox/chat-sandbox.ts';
import { jsonReply } from '../../sandbox/http/stand-in-server.ts';

const key = 'sk-ant-canary-key-of-a-client-0123456789';
const model = 'claude-haiku-5-5';

/** Anthropic's own client and the stand-in that it asks, which answers once: no call is repeated. */
async function aClient({ apiKey = key, isSpent = false } = {}) {
  const sandbox = await startChatSandbox({ dialect: anthropicDialect, accounts: [{ name: 'one', key, isSpent }] });
  const client = new Anthropic({ apiKey, authToken: null, baseURL: sandbox.baseUrl, maxRetries: 0, logLevel: 'off' });
  return { sandbox, client, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
}

const asked: Anthropic.MessageCreateParamsNonStreaming = {
  model,
  max_tokens: 100,
  messages: [
    { role: 'user', content: 'hello' },
    { role: 'assistant', content: 'Good day.' },
    { role: 'user', content: 'why is the sky blue?' },
  ],
};
const answer = 'You asked: why is the sky blue? (after 2 messages).';

test('Anthropic’s own client is answered by the stand-in, whole', async () => {
  await using stage = await aClient();
  expect(await stage.client.messages.create(asked)).toMatchObject({
    role: 'assistant',
    model,
    content: [{ type: 'text', text: answer }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 12, output_tokens: 5 },
  });
});

test('Anthropic’s own client puts the pieces of the stand-in together', async () => {
  await using stage = await aClient();
  const heard: string[] = [];
  const stream = stage.client.messages.stream(asked).on('text', (text) => void heard.push(text));
  expect(await stream.finalMessage()).toMatchObject({
    content: [{ type: 'text', text: answer }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 12, output_tokens: heard.length },
  });
  expect([heard.join(''), heard.length > 3]).toEqual([answer, true]);
});

test('Anthropic’s own client lists the models of the stand-in', async () => {
  await using stage = await aClient();
  const { data } = await stage.client.models.list({ limit: 1 });
  expect(data.map(({ id }) => id)).toEqual([model]);
});

const types = { request: 'invalid_request_error', key: 'authentication_error', model: 'not_found_error' };

test.each([
  [Anthropic.AuthenticationError, { apiKey: 'sk-ant-of-nobody' }, asked, 401, types.key],
  [Anthropic.APIError, { isSpent: true }, asked, 402, 'billing_error'],
  [Anthropic.NotFoundError, {}, { ...asked, model: 'claude-0' }, 404, types.model],
  [Anthropic.BadRequestError, {}, { ...asked, messages: [] }, 400, types.request],
  [Anthropic.BadRequestError, {}, { ...asked, top_k: 4 }, 400, types.request],
])('Anthropic’s own client meets %o where the stand-in refuses', async (kind, own, request, status, type) => {
  await using stage = await aClient(own);
  const error = await stage.client.messages.create(request).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ status, error: { type: 'error', error: { type } } });
});

test.each([
  [429, 'rate_limit_error', Anthropic.RateLimitError],
  [529, 'overloaded_error', Anthropic.InternalServerError],
])('Anthropic’s own client takes %i for what it is', async (status, type, kind) => {
  await using stage = await aClient();
  const reply = jsonReply(status, { type: 'error', error: { type, message: 'later' } });
  stage.sandbox.setFaults([{ route: 'chat', reply }]);
  await expect(stage.client.messages.create(asked)).rejects.toBeInstanceOf(kind);
});

test('Anthropic’s own client sees that a stream of the stand-in was cut', async () => {
  await using stage = await aClient();
  stage.sandbox.cutAfter(4);
  await expect(stage.client.messages.stream(asked).finalMessage()).rejects.toBeInstanceOf(Error);
});
