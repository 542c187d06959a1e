import { expect, test } from 'vitest';
import { fakeClock } from '../../support/fake-clock.ts';
import { aSandbox, chatModel, post, troubled } from './ask.ts';

const route = 'openai/v1/responses';
const bearer = { authorization: 'Bearer key-of-ann' };
const ask = { model: chatModel, input: 'Hi', max_output_tokens: 3 };

test('a response has the shape of OpenAI', async () => {
  await using sandbox = await aSandbox({ clock: fakeClock(5000) });
  expect(await (await post(sandbox, route, ask, bearer)).json()).toEqual({
    id: 'resp_5000',
    object: 'response',
    created_at: 5,
    model: chatModel,
    status: 'completed',
    error: null,
    output: [
      {
        type: 'message',
        id: 'msg_5000',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'You asked: Hi', annotations: [] }],
      },
    ],
    usage: { input_tokens: 1, output_tokens: 3, total_tokens: 4 },
  });
  expect(sandbox.calls).toMatchObject([{ route: 'chat', model: chatModel, account: 'ann', prompt: 'Hi', status: 200 }]);
});

test('a response answers messages in blocks, too', async () => {
  await using sandbox = await aSandbox();
  const input = [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }];
  const response = (await (await post(sandbox, route, { ...ask, input }, bearer)).json()) as {
    output: { content: { text: string }[] }[];
  };
  expect(response.output[0]?.content[0]?.text).toBe('You asked: Hi');
});

test('a streamed response comes as named and numbered events', async () => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, route, { ...ask, stream: true }, bearer);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events = (await response.text())
    .trim()
    .split('\n\n')
    .map((event) => {
      const [name = '', data = ''] = event.split('\n');
      return { name: name.slice('event: '.length), data: JSON.parse(data.slice('data: '.length)) as Data };
    });
  expect(events.map(({ name }) => name)).toEqual([
    'response.created',
    ...Array.from({ length: 3 }, () => 'response.output_text.delta'),
    'response.output_text.done',
    'response.completed',
  ]);
  expect(events.map(({ data }) => data.delta ?? '').join('')).toBe('You asked: Hi');
  expect(events.every(({ name, data }, index) => data.type === name && data.sequence_number === index)).toBe(true);
});

type Data = { type: string; sequence_number: number; delta?: string };

test.each([
  { name: 'an unknown model', body: { ...ask, model: 'no/model' }, status: 404 },
  { name: 'no input', body: { model: chatModel }, status: 400 },
  { name: 'no room for an answer', body: { ...ask, max_output_tokens: 0 }, status: 400 },
])('an error of a response is a plain string: $name', async ({ body, status }) => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, route, body, bearer);
  expect([response.status, await response.json()]).toEqual([status, { error: expect.any(String) as string }]);
});

test('a fault hits a response as it hits a run', async () => {
  await using sandbox = await troubled({ kind: 'rate-limited', retryAfterS: 3 });
  const response = await post(sandbox, route, ask, bearer);
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3']);
});
