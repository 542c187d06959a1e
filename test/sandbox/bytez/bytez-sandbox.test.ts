import { expect, test } from 'vitest';
import { fakeClock } from '../../support/fake-clock.ts';
import { startBytezSandbox } from '../../../sandbox/bytez/bytez-sandbox.ts';
import {
  aSandbox,
  chatModel,
  get,
  imageModel,
  madeUrl,
  mp4Bytes,
  plainPainter,
  pngBytes,
  post,
  until,
  videoModel,
} from './ask.ts';

test.each(['list/tasks', 'no/such/path', 'openai/v1/models', 'openai/v1/nothing'])(
  'a request without a key is refused before %s is looked at',
  async (path) => {
    await using sandbox = await aSandbox();
    const response = await get(sandbox, path, '');
    expect([response.status, await response.json()]).toEqual([401, { error: 'Unauthorized' }]);
  },
);

test.each(['key-of-ann', 'Key key-of-ann', 'key key-of-ann', 'Bearer key-of-ann', 'BEARER key-of-ann'])(
  'the key is accepted as "%s"',
  async (authorization) => {
    await using sandbox = await aSandbox();
    expect((await get(sandbox, 'list/tasks', authorization)).status).toBe(200);
    expect(sandbox.calls).toMatchObject([{ route: 'tasks', account: 'ann', status: 200 }]);
  },
);

test.each(['Basic key-of-ann', 'Key key-of-eve', 'key-of-an', 'Key'])(
  'the credential "%s" is refused',
  async (authorization) => {
    await using sandbox = await aSandbox();
    expect((await get(sandbox, 'list/tasks', authorization)).status).toBe(401);
  },
);

test('a dialect without Bearer on native routes still accepts it on the OpenAI routes', async () => {
  await using sandbox = await aSandbox({ dialect: { bearerOnNative: false } });
  const native = await get(sandbox, 'list/tasks', 'Bearer key-of-ann');
  const openAi = await get(sandbox, 'openai/v1/models', 'Bearer key-of-ann');
  expect([native.status, openAi.status]).toEqual([401, 200]);
});

test('list/tasks names every task once', async () => {
  await using sandbox = await aSandbox();
  expect(await (await get(sandbox, 'list/tasks')).json()).toEqual({
    error: null,
    output: ['chat', 'text-generation', 'text-to-audio', 'text-to-image', 'text-to-speech', 'text-to-video'],
  });
});

test('list/models filters by task and by model', async () => {
  await using sandbox = await aSandbox();
  const one = (await (await get(sandbox, `list/models?modelId=${chatModel}`)).json()) as { output: unknown[] };
  const videos = (await (await get(sandbox, 'list/models?task=text-to-video')).json()) as {
    output: { modelId: string; task: string }[];
  };
  const none = (await (await get(sandbox, 'list/models?task=chat?modelId=a/b')).json()) as { output: unknown[] };
  expect(one.output).toMatchObject([{ modelId: chatModel, task: 'chat', params: 4.02, meter: 'sm-free' }]);
  expect(videos.output.map((model) => model.modelId)).toContain(videoModel);
  expect(new Set(videos.output.map((model) => model.task))).toEqual(new Set(['text-to-video']));
  expect(none.output).toEqual([]);
});

test('list/models without a model returns 500 in the dialect that needs one', async () => {
  await using sandbox = await aSandbox({ dialect: { listNeedsModelId: true } });
  const response = await get(sandbox, 'list/models?task=chat');
  expect([response.status, await response.json()]).toEqual([500, { error: 'Expected parameter(s): modelId' }]);
});

test('an empty catalog lists no model and runs none, though the key is accepted', async () => {
  await using sandbox = await aSandbox();
  sandbox.setCatalog('empty');
  const tasks = await get(sandbox, 'list/tasks');
  const models = await get(sandbox, 'list/models');
  const run = await post(sandbox, imageModel, { text: 'a fox' });
  expect([tasks.status, await models.json()]).toEqual([200, { error: null, output: [] }]);
  expect([run.status, await run.json()]).toEqual([
    404,
    { error: 'Model does not exist or has yet to be added to the Bytez catalog', output: null },
  ]);
  sandbox.setCatalog('full');
  expect((await post(sandbox, imageModel, { text: 'a fox' })).status).toBe(200);
});

const sayFox = [{ role: 'user', content: 'a fox' }];

test.each([
  { form: 'text', body: { text: 'a fox' } },
  { form: 'input as a string', body: { input: 'a fox' } },
  { form: 'input as an object', body: { input: { text: 'a fox' } } },
  { form: 'messages', body: { messages: sayFox } },
  { form: 'input as messages', body: { input: sayFox } },
  { form: 'messages in blocks', body: { messages: [{ role: 'user', content: [{ type: 'text', text: 'a fox' }] }] } },
])('a run reads its prompt from $form', async ({ body }) => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, imageModel, body);
  expect(response.status).toBe(200);
  expect(sandbox.calls).toMatchObject([{ route: 'run', model: imageModel, account: 'ann', prompt: 'a fox' }]);
});

test('params reach the picture, in the body and inside input alike', async () => {
  const painter = plainPainter();
  await using sandbox = await aSandbox({ painter });
  await post(sandbox, imageModel, { text: 'a fox', params: { width: 256, height: 128, seed: 7 } });
  await post(sandbox, videoModel, { input: { text: 'a fox', params: { num_frames: 16, fps: 4, seed: 8 } } });
  expect(painter.asked).toEqual([
    { prompt: 'a fox', seed: 7, width: 256, height: 128 },
    { prompt: 'a fox', seed: 8, width: undefined, height: undefined, fps: 4, seconds: 4 },
  ]);
});

test.each([
  { params: { sizes: 3 }, error: /unexpected keyword argument 'sizes'/ },
  { params: { num_frames: 3 }, error: /unexpected keyword argument 'num_frames'/ },
  { params: { width: 100 }, error: /divisible by 8/ },
  { params: { seed: 'x' }, error: /seed/ },
])('a picture with the params $params fails as a run', async ({ params, error }) => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, imageModel, { text: 'a fox', params });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ error: expect.stringMatching(error) as string, output: null });
});

test.each(['{"text":', '{"text":3}', '{}', '{"text":"  "}', '[]'])('the body %s is a bad request', async (body) => {
  await using sandbox = await aSandbox();
  expect((await post(sandbox, imageModel, body)).status).toBe(400);
});

test('the slash of a model may come percent-encoded', async () => {
  await using sandbox = await aSandbox();
  expect((await post(sandbox, encodeURIComponent(imageModel), { text: 'a fox' })).status).toBe(200);
  expect((await post(sandbox, '%E0%A4%A', { text: 'a fox' })).status).toBe(404);
});

test('a model can be asked for', async () => {
  await using sandbox = await aSandbox();
  expect(await (await post(sandbox, 'request/some/model', {})).json()).toEqual({ error: null, output: 'Job queued' });
  expect(sandbox.calls).toMatchObject([{ route: 'request', model: 'some/model' }]);
});

test.each([
  { model: imageModel, type: 'image/png', ending: 'png', bytes: pngBytes },
  { model: videoModel, type: 'video/mp4', ending: 'mp4', bytes: mp4Bytes },
])('$model returns the URL of a file that needs no key', async ({ model, type, ending, bytes }) => {
  await using sandbox = await aSandbox();
  const { output } = (await (await post(sandbox, model, { text: 'a fox' })).json()) as { output: string };
  expect(output).toMatch(new RegExp(`^http://${sandbox.mediaHost}/model/output/${model}/[\\w-]{21}\\.${ending}$`));
  const file = await fetch(output);
  expect(file.headers.get('content-type')).toBe(type);
  expect(Buffer.from(await file.arrayBuffer())).toEqual(bytes);
  expect(sandbox.calls.at(-1)).toMatchObject({ route: 'media', status: 200, leakedKey: false });
});

test('an unknown result returns 404', async () => {
  await using sandbox = await aSandbox();
  expect((await fetch(`http://${sandbox.mediaHost}/model/output/a/b/c.png`)).status).toBe(404);
});

test.each([{ authorization: 'Key key-of-ann' }, { authorization: 'whatever' }, { 'x-api': 'key-of-bob' }])(
  'a media request with %j is recorded as a leaked key',
  async (headers) => {
    await using sandbox = await aSandbox();
    await fetch(await madeUrl(sandbox), { headers: headers as Record<string, string> });
    expect(sandbox.calls.at(-1)).toMatchObject({ route: 'media', leakedKey: true });
  },
);

test('"json": false returns the file itself', async () => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, imageModel, { text: 'a fox', json: false });
  expect(Buffer.from(await response.arrayBuffer())).toEqual(pngBytes);
});

test('a chat model answers a message, in blocks when it came in blocks, and at most max_new_tokens long', async () => {
  await using sandbox = await aSandbox();
  const plain = await post(sandbox, chatModel, { messages: sayFox, params: { max_new_tokens: 4 } });
  const blocks = await post(sandbox, chatModel, {
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    params: { max_new_tokens: 3 },
  });
  expect(await plain.json()).toEqual({ error: null, output: { role: 'assistant', content: 'You asked: a fox' } });
  expect(await blocks.json()).toEqual({
    error: null,
    output: { role: 'assistant', content: [{ type: 'text', text: 'You asked: Hi' }] },
  });
});

test.each(['gpt2', 'openai-community/gpt2'])('%s goes on where the prompt ends', async (model) => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, model, { text: 'Once upon a time', params: { max_new_tokens: 2 } });
  expect(await response.json()).toEqual({ error: null, output: 'Once upon a time and the' });
});

test('a streamed text comes as plain chunks without an envelope', async () => {
  await using sandbox = await aSandbox();
  const response = await post(sandbox, chatModel, { messages: sayFox, stream: true, params: { max_new_tokens: 4 } });
  expect(response.headers.get('transfer-encoding')).toBe('chunked');
  expect(response.headers.get('content-type')).toBe('text/plain');
  expect(await response.text()).toBe('You asked: a fox');
});

test.each(['application/json', 'application/json; charset=utf-8'] as const)(
  'JSON has the content type %s in the dialect with it',
  async (jsonContentType) => {
    await using sandbox = await aSandbox({ dialect: { jsonContentType } });
    const good = await post(sandbox, imageModel, { text: 'a fox' });
    const bad = await post(sandbox, 'no/model', { text: 'a fox' });
    expect([good, bad].map((response) => response.headers.get('content-type'))).toEqual([
      jsonContentType,
      jsonContentType,
    ]);
  },
);

test.each([true, false])('the meter headers are there when the dialect has them: %s', async (meterHeaders) => {
  await using sandbox = await aSandbox({ dialect: { meterHeaders } });
  const { headers } = await post(sandbox, imageModel, { text: 'a fox' });
  const names = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'inference-meter', 'inference-time'];
  expect(names.map((name) => headers.has(name))).toEqual(names.map(() => meterHeaders));
});

test('while the API is down every route returns a gateway page, and the media host stays up', async () => {
  await using sandbox = await aSandbox();
  const url = await madeUrl(sandbox);
  sandbox.setDown(true);
  const run = await post(sandbox, imageModel, { text: 'a fox' });
  const list = await get(sandbox, 'list/tasks', '');
  expect([run.status, list.status, (await fetch(url)).status]).toEqual([503, 503, 200]);
  expect(await run.text()).toContain('<html>');
  sandbox.setDown(false);
  expect((await post(sandbox, imageModel, { text: 'a fox' })).status).toBe(200);
});

test('runs and media take the configured time', async () => {
  const clock = fakeClock();
  await using sandbox = await aSandbox({ clock, latencyMs: 40_000, media: { latencyMs: 5000 } });
  const making = madeUrl(sandbox);
  await until(sandbox, () => sandbox.calls[0]?.prompt !== undefined);
  await clock.advance(40_000);
  const fetching = fetch(await making);
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(5000);
  expect((await fetching).status).toBe(200);
  expect(sandbox.calls.map((call) => (call.endedAtMs ?? 0) - call.atMs)).toEqual([40_000, 5000]);
});

test('startBytezSandbox() names every account that cannot be used', async () => {
  const accounts = [
    { name: 'ann', key: 'one' },
    { name: 'ann', key: 'one', seats: 0 },
  ];
  const starting = startBytezSandbox({ clock: fakeClock(), accounts });
  await expect(starting).rejects.toThrow(/seats[^]*accounts\[1\]|accounts\[1\][^]*seats/);
  await expect(aSandbox().then((sandbox) => sandbox.setFaults('eve', []))).rejects.toThrow(/"eve"; known are ann, bob/);
});
