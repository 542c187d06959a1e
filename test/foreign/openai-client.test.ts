import OpenAI, { toFile } from 'openai';
import { expect, test } from 'vitest';
import { jsonReply } from '../../sandbox/http/stand-in-server.ts';
import { type OpenAiAccount, startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { serverShapes } from '../../sandbox/openai/other-servers.ts';
import type { ServerShape } from '../../sandbox/openai/server-shape.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { pngBytes } from '../sandbox/bytez/ask.ts';

const key = 'sk-canary-key-of-a-client-0123456789';
const [picture, speech, chat] = ['gpt-image-2', 'gpt-4o-mini-tts', 'gpt-5.5-mini'];
const models = [picture, speech, chat];

type Stage = { readonly apiKey?: string; readonly own?: Partial<OpenAiAccount>; readonly shape?: ServerShape };

/** OpenAI's own client and the stand-in that it asks, which answers once: no call is repeated. */
async function aClient({ apiKey = key, own = {}, shape }: Stage = {}) {
  const accounts = [{ name: 'one', key, ...own }];
  const options = { clock: systemClock, accounts, models, ...(shape === undefined ? {} : { shape }) };
  const sandbox = await startOpenAiSandbox(options);
  // Some servers have no version in their paths.
  const path = shape?.routes.chat?.replace('/chat/completions', '') ?? '/v1';
  const baseURL = `http://${sandbox.mediaHost}${path}`;
  const client = new OpenAI({ apiKey, baseURL, maxRetries: 0, logLevel: 'off' });
  return { sandbox, client, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
}

function isPng(base64: string | undefined): boolean {
  return Buffer.from(base64 ?? '', 'base64')
    .subarray(0, 4)
    .equals(pngBytes.subarray(0, 4));
}

test('OpenAI’s own client draws a picture, changes one, speaks and lists the models of the stand-in', async () => {
  await using stage = await aClient();
  const { client, sandbox } = stage;
  const drawn = await client.images.generate({ model: picture, prompt: 'a fox', size: '1536x1024' });
  expect(isPng(drawn.data?.[0]?.b64_json)).toBe(true);
  expect(drawn.usage?.output_tokens).toBe(1_056);
  const image = await toFile(pngBytes, 'fox.png', { type: 'image/png' });
  const changed = await client.images.edit({ model: picture, prompt: 'a bear', image });
  expect(isPng(changed.data?.[0]?.b64_json)).toBe(true);
  const said = await client.audio.speech.create({ model: speech, voice: 'alloy', input: 'good day' });
  expect(
    Buffer.from(await said.arrayBuffer())
      .subarray(0, 3)
      .toString(),
  ).toBe('ID3');
  const listed: string[] = [];
  for await (const { id } of client.models.list()) listed.push(id);
  expect(listed).toEqual(models);
  expect(sandbox.calls.map(({ route, prompt, inputs, status }) => [route, prompt, inputs, status])).toEqual([
    ['images', 'a fox', undefined, 200],
    ['edits', 'a bear', 1, 200],
    ['speech', 'good day', undefined, 200],
    ['models', undefined, undefined, 200],
  ]);
});

/** Each server of answers says what it charges in its own way. */
const shapes = [
  ['OpenAI', undefined] as const,
  ...['deepseek', 'mistral', 'xai'].map((name) => [name, shapeOf(name)] as const),
];

function shapeOf(name: string): ServerShape | undefined {
  const shape = Object.entries(serverShapes).find(([known]) => known === name)?.[1];
  if (shape === undefined) throw new Error(`Cannot ask ${name}: there is no such shape`);
  return shape;
}

test.each(shapes)(
  'OpenAI’s own client is answered by the stand-in for %s, whole and in pieces',
  async (_name, shape) => {
    await using stage = await aClient(shape === undefined ? {} : { shape });
    const messages = [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'Good day.' },
      { role: 'user', content: 'why is the sky blue?' },
    ] as const;
    const asked = { model: chat, messages: [...messages] };
    const whole = await stage.client.chat.completions.create(asked);
    expect(whole.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'You said: why is the sky blue?' });
    expect(whole.usage?.completion_tokens).toBeGreaterThan(0);
    let text = '';
    let pieces = 0;
    let used: number | undefined;
    // OpenAI counts a stream when it is asked to; the others do so by themselves, and Mistral does not know the field.
    const counting = shape === undefined ? { stream_options: { include_usage: true } } : {};
    for await (const chunk of await stage.client.chat.completions.create({ ...asked, ...counting, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
      pieces += 1;
      used ??= chunk.usage?.completion_tokens;
    }
    expect([text, pieces > 3, used]).toEqual(['You said: why is the sky blue?', true, text.length]);
  },
);

const asked = { model: picture, prompt: 'a fox' };

test.each([
  [OpenAI.AuthenticationError, { apiKey: 'sk-of-nobody' }, asked, 401, 'invalid_api_key'],
  [OpenAI.RateLimitError, { own: { isSpent: true } }, asked, 429, 'insufficient_quota'],
  [OpenAI.PermissionDeniedError, { own: { isUnverified: true } }, asked, 403, null],
  [OpenAI.NotFoundError, {}, { ...asked, model: 'gpt-image-0' }, 404, 'model_not_found'],
  [OpenAI.BadRequestError, {}, { ...asked, response_format: 'b64_json' as const }, 400, 'unknown_parameter'],
])('OpenAI’s own client meets %o where the stand-in refuses', async (kind, own, request, status, code) => {
  await using stage = await aClient(own);
  const error = await stage.client.images.generate(request).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ status, code });
});

test('OpenAI’s own client waits as long as the stand-in says, and tries once more', async () => {
  await using stage = await aClient();
  const error = { message: 'Rate limit reached', type: 'requests', param: null, code: 'rate_limit_exceeded' };
  const limited = jsonReply(429, { error }, { 'retry-after-ms': '1' });
  stage.sandbox.setFaults([{ route: 'images', times: 1, reply: limited }]);
  const patient = stage.client.withOptions({ maxRetries: 1 });
  expect(isPng((await patient.images.generate(asked)).data?.[0]?.b64_json)).toBe(true);
  stage.sandbox.setFaults([{ route: 'images', reply: { kind: 'cut' } }]);
  await expect(stage.client.images.generate(asked)).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
});
