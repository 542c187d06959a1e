import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { toFile } from 'openai';
import { expect, test } from 'vitest';
import { readDescription } from '../http/described.ts';
import { clientToken, openGatewayStage } from './gateway-stage.ts';

const hello = [{ role: 'user', content: 'hello there' }] as const;

test('the openai client gets an answer, and who gave it', async () => {
  await using stage = await openGatewayStage();
  const { data, response } = await stage.client.chat.completions
    .create({ model: 'auto', messages: [...hello] })
    .withResponse();
  expect(data.choices[0]?.message.content).toBe('You said: hello there');
  expect(data.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 21 });
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-darkroom-provider': 'openai',
    'x-darkroom-attempts': '1',
    'x-darkroom-request': expect.stringMatching(/^api-/),
  });
});

test('the openai client reads a stream, with the usage at its end where it asks for that', async () => {
  await using stage = await openGatewayStage();
  const read = async (usage: boolean) => {
    const stream = await stage.client.chat.completions.create({
      model: 'openai:gpt-6-luna',
      messages: [...hello],
      stream: true,
      ...(usage ? { stream_options: { include_usage: true } } : {}),
    });
    let text = '';
    const usages: unknown[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices.length === 0) usages.push(chunk.usage);
    }
    return { text, usages };
  };
  expect(await read(false)).toEqual({ text: 'You said: hello there', usages: [] });
  expect(await read(true)).toEqual({
    text: 'You said: hello there',
    usages: [{ prompt_tokens: 11, completion_tokens: 21 }],
  });
});

test('tools, pictures in messages and response formats go through to a provider that speaks the language', async () => {
  await using stage = await openGatewayStage();
  const parameters = { type: 'object', properties: { words: { type: 'string' } } };
  const answer = await stage.client.chat.completions.create({
    model: 'gpt-6-luna',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what is this' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
    ],
    tools: [{ type: 'function', function: { name: 'look', parameters } }],
    tool_choice: 'auto',
    response_format: { type: 'json_object' },
    temperature: 0.5,
    max_tokens: 9,
  });
  expect(answer.choices[0]?.message.tool_calls).toMatchObject([
    { function: { name: 'look', arguments: '{"words":"what is this (image_url)"}' } },
  ]);
  const sent = stage.openai.calls.find(({ route }) => route === 'chat');
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({
    model: 'gpt-6-luna',
    temperature: 0.5,
    max_tokens: 9,
    response_format: { type: 'json_object' },
  });

  const stream = await stage.client.chat.completions.create({
    model: 'gpt-6-luna',
    messages: [...hello],
    tools: [{ type: 'function', function: { name: 'look', parameters } }],
    stream: true,
  });
  const calls = [];
  for await (const chunk of stream) calls.push(...(chunk.choices[0]?.delta.tool_calls ?? []));
  expect(calls).toMatchObject([{ index: 0, function: { name: 'look' } }]);
});

test('the openai client asks the Responses API, whole and as a stream', async () => {
  await using stage = await openGatewayStage();
  const whole = await stage.client.responses.create({ model: 'gpt-6-luna', input: 'hello there' });
  expect(whole.output_text).toBe('You said: hello there');
  const stream = await stage.client.responses.create({ model: 'gpt-6-luna', input: 'hello there', stream: true });
  const types: string[] = [];
  let text = '';
  for await (const event of stream) {
    types.push(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  expect(text).toBe('You said: hello there');
  expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
  const bound = await stage.ask('/responses', { input: 'and then?', previous_response_id: 'resp_1' });
  expect([bound.status, await bound.json()]).toMatchObject([400, { error: { param: 'previous_response_id' } }]);
});

test('the openai client has pictures made and changed, words spoken, and models listed', async () => {
  await using stage = await openGatewayStage();
  const { client } = stage;
  const made = await client.images.generate({ prompt: 'a red fox', size: '1024x1536', quality: 'high', n: 1 });
  const bytes = Buffer.from(made.data?.[0]?.b64_json ?? '', 'base64');
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect(JSON.parse(stage.openai.calls.at(-1)?.body ?? '')).toMatchObject({ size: '1024x1536', quality: 'high' });

  const edited = await client.images.edit({
    image: await toFile(bytes, 'fox.png', { type: 'image/png' }),
    prompt: 'make it blue',
  });
  expect(edited.data).toHaveLength(1);
  expect(stage.openai.calls.at(-1)).toMatchObject({ route: 'edits', inputs: 1, prompt: 'make it blue' });

  const spoken = await client.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'coral', input: 'good morning' });
  expect(spoken.headers.get('content-type')).toBe('audio/mpeg');
  expect((await spoken.arrayBuffer()).byteLength).toBeGreaterThan(1_000);
  expect(JSON.parse(stage.openai.calls.at(-1)?.body ?? '')).toMatchObject({ voice: 'coral' });

  const models = (await client.models.list()).data.map(({ id }) => id);
  expect(models).toEqual(expect.arrayContaining(['auto', 'openai:gpt-6-luna', 'bytez:Qwen/Qwen3-4B']));
  // The client percent-encodes the name; curl sends it as it is.
  const { id } = await client.models.retrieve('bytez:Qwen/Qwen3-4B');
  const raw = async (name: string) => {
    const headers = { authorization: `Bearer ${clientToken}` };
    const answered = await stage.fetch(`${stage.base}/models/${name}`, { headers });
    return [answered.status, ((await answered.json()) as { id?: string }).id];
  };
  expect([[200, id], await raw('bytez:Qwen/Qwen3-4B'), await raw('Qwen%2FQwen3-4B')]).toEqual(
    Array.from({ length: 3 }, () => [200, 'bytez:Qwen/Qwen3-4B']),
  );
  for (const name of ['nobody/nothing', 'bytez%253AQwen', '%2e%2e%2fchat', 'a%00b', '%ff', 'bytez:Qwen//Qwen3-4B']) {
    expect(await raw(name)).toEqual([404, undefined]);
  }
  expect(await stage.app.inputs()).toEqual([]);
});

test('a picture of a provider that speaks another language comes in the same shape', async () => {
  await using stage = await openGatewayStage();
  const { data, response } = await stage.client.images
    .generate({ model: 'dreamlike-art/dreamlike-photoreal-2.0', prompt: 'a red fox', size: '1024x1024' })
    .withResponse();
  expect(data.data).toHaveLength(1);
  expect(response.headers.get('x-darkroom-provider')).toBe('bytez');
  const refused = await stage.ask('/images/generations', {
    model: 'bytez:dreamlike-art/dreamlike-photoreal-2.0',
    prompt: 'a red fox',
    quality: 'high',
  });
  expect([refused.status, await refused.json()]).toMatchObject([
    400,
    { error: { param: 'quality', code: 'unsupported_parameter' } },
  ]);
});

test('the AI SDK asks through its OpenAI-compatible provider', async () => {
  await using stage = await openGatewayStage();
  const provider = createOpenAICompatible({
    name: 'darkroom',
    baseURL: stage.base,
    apiKey: clientToken,
    fetch: stage.fetch,
  });
  const model = provider.chatModel('auto');
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hello there' }] }];
  const { content } = await model.doGenerate({ prompt });
  expect(content).toMatchObject([{ type: 'text', text: 'You said: hello there' }]);
  const { stream } = await model.doStream({ prompt });
  let text = '';
  for await (const part of stream) if (part.type === 'text-delta') text += part.delta;
  expect(text).toBe('You said: hello there');
  const { images } = await provider.imageModel('auto').doGenerate({
    prompt: 'a red fox',
    n: 1,
    size: undefined,
    aspectRatio: undefined,
    seed: undefined,
    files: undefined,
    mask: undefined,
    providerOptions: {},
  });
  expect(images).toHaveLength(1);
});

test('curl reads a stream of server-sent events that ends with [DONE]', async () => {
  await using stage = await openGatewayStage();
  const body = JSON.stringify({ messages: hello, stream: true });
  const { stdout } = await promisify(execFile)('curl', [
    '-sN',
    '-i',
    `${stage.base}/chat/completions`,
    '-H',
    `Authorization: Bearer ${clientToken}`,
    '-H',
    'Content-Type: application/json',
    '-d',
    body,
  ]);
  const [head = '', ...events] = stdout.split('\r\n\r\n').join('\n\n').split('\n\n');
  expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(head.toLowerCase()).toContain('content-type: text/event-stream');
  expect(events.findLast((event) => event !== '')).toBe('data: [DONE]');
});

test('what calls cost is counted for their client', async () => {
  await using stage = await openGatewayStage();
  await stage.client.chat.completions.create({ model: 'auto', messages: [...hello] });
  await stage.client.images.generate({ prompt: 'a red fox' });
  await stage.app.restart();
  const costs = await stage.app.app.admin.costs(0);
  expect(costs).toMatchObject([
    { client: 'tests', provider: 'openai', model: 'gpt-6-luna', kind: 'chat', calls: 1 },
    { client: 'tests', provider: 'openai', model: 'gpt-image-2.6-flare', kind: 'image', calls: 1 },
  ]);
});

test('what the gateway says of itself is valid OpenAPI; every answer to the tests here is held against it', async () => {
  await using stage = await openGatewayStage();
  const admin = { authorization: 'Bearer canary-token-of-the-admin-0123456789' };
  const described = await readDescription((path) => fetch(`${stage.app.app.httpUrl}${path}`, { headers: admin }));
  expect([described.valid, described.errors]).toEqual([true, undefined]);
  const other = new Response('{"object":"list","data":[{"id":5}]}', {
    headers: { 'content-type': 'application/json' },
  });
  expect(await described.deviations('GET', '/v1/models', other)).toEqual(expect.arrayContaining([expect.any(String)]));
  await stage.fetch(`${stage.base}/models`, { headers: { authorization: `Bearer ${clientToken}` } });
});
