import { expect, test } from 'vitest';
import { fakeClock } from '../../support/fake-clock.ts';
import { aSandbox, chatModel, get, post } from './ask.ts';

const route = 'openai/v1/chat/completions';
const bearer = { authorization: 'Bearer key-of-ann' };
const ask = { model: chatModel, messages: [{ role: 'user', content: 'Hi' }], max_completion_tokens: 3 };

test('a chat completion has the shape of OpenAI', async () => {
  await using sandbox = await aSandbox({ clock: fakeClock(5000) });
  expect(await (await post(sandbox, route, ask, bearer)).json()).toEqual({
    id: 'chatcmpl-5000',
    object: 'chat.completion',
    created: 5,
    model: chatModel,
    choices: [{ index: 0, message: { role: 'assistant', content: 'You asked: Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
  });
  expect(sandbox.calls).toMatchObject([{ route: 'chat', model: chatModel, account: 'ann', prompt: 'Hi', status: 200 }]);
});

test('a streamed chat completion comes as events and ends with [DONE]', async () => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, route, { ...ask, stream: true }, bearer);
  const events = (await response.text()).trim().split('\n\n');
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(events.at(-1)).toBe('data: [DONE]');
  const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice('data: '.length)) as Chunk);
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('You asked: Hi');
  expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([null, null, null, 'stop']);
});

type Chunk = { choices: { delta: { content?: string }; finish_reason: string | null }[] };

test('a plain completion returns text', async () => {
  await using sandbox = await aSandbox();
  const body = { model: 'gpt2', prompt: 'Hi', max_tokens: 3 };
  expect(await (await post(sandbox, 'openai/v1/completions', body, bearer)).json()).toMatchObject({
    object: 'text_completion',
    choices: [{ text: 'You asked: Hi', finish_reason: 'stop' }],
  });
});

test.each([
  { name: 'no key', body: ask, authorization: 'Bearer nobody', status: 401 },
  { name: 'an unknown model', body: { ...ask, model: 'no/model' }, status: 404 },
  { name: 'no model', body: { messages: [] }, status: 400 },
  { name: 'no message', body: { model: chatModel, messages: [] }, status: 400 },
])('an error of the OpenAI routes is a plain string: $name', async ({ body, status, authorization }) => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, route, body, { authorization: authorization ?? bearer.authorization });
  expect([response.status, await response.json()]).toEqual([status, { error: expect.any(String) as string }]);
});

test('the OpenAI routes list the models and know no other route', async () => {
  await using sandbox = await aSandbox();
  const models = await get(sandbox, 'openai/v1/models');
  const images = await post(sandbox, 'openai/v1/images/generations', {}, bearer);
  const { data } = (await models.json()) as { data: unknown[] };
  expect(data).toContainEqual({ id: chatModel, object: 'model', owned_by: 'bytez' });
  expect([images.status, await images.json()]).toEqual([404, { error: 'Not found' }]);
});
