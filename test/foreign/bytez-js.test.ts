import { buffer, text } from 'node:stream/consumers';
import Bytez from 'bytez.js';
import { expect, test, vi } from 'vitest';
import type { FaultEffect } from '../../sandbox/bytez/bytez-fault.ts';
import type { BytezSandbox, BytezSandboxOptions } from '../../sandbox/bytez/bytez-sandbox.ts';
import { chatModel, imageModel, mp4Bytes, pngBytes, until, videoModel } from '../sandbox/bytez/ask.ts';
import { bytezOnLocalhost } from './bytez-on-localhost.ts';

type JsonContentType = NonNullable<NonNullable<BytezSandboxOptions['dialect']>['jsonContentType']>;

const exactly: JsonContentType = 'application/json';
const withCharset: JsonContentType = 'application/json; charset=utf-8';

/** The client of the official package in its development mode, which talks to localhost:8080. */
const aClient = (key = 'key-of-ann') => new Bytez(key, true);

const troubled = (effect: FaultEffect, jsonContentType: JsonContentType = withCharset) =>
  bytezOnLocalhost({
    accounts: [{ name: 'ann', key: 'key-of-ann', faults: [{ do: effect }] }],
    dialect: { jsonContentType },
  });

/** The requested routes with the status of their responses. */
const routesOf = ({ calls }: BytezSandbox) => calls.map(({ route, status }) => `${route} ${status ?? 'unanswered'}`);

test('bytez.js lists the tasks', async () => {
  await using _sandbox = await bytezOnLocalhost();
  expect(await aClient().list.tasks()).toEqual({
    error: null,
    output: ['chat', 'text-generation', 'text-to-audio', 'text-to-image', 'text-to-speech', 'text-to-video'],
  });
});

test('bytez.js lists the models of a task and finds one by its id', async () => {
  await using _sandbox = await bytezOnLocalhost();
  const { list } = aClient();
  const ofVideos = await list.models({ task: 'text-to-video' });
  expect(ofVideos.error).toBeNull();
  expect(ofVideos.output).toContainEqual(expect.objectContaining({ modelId: videoModel, task: 'text-to-video' }));
  expect(ofVideos.output).not.toContainEqual(expect.objectContaining({ modelId: imageModel }));
  expect(await list.models({ modelId: imageModel })).toEqual({
    error: null,
    output: [
      {
        modelId: imageModel,
        task: 'text-to-image',
        params: 1.07,
        ramRequired: 4.3,
        meter: 'sm-free',
        meterPrice: '0.000072 / sec',
      },
    ],
  });
});

test('bytez.js asks for nothing that exists when it is given both filters', async () => {
  await using _sandbox = await bytezOnLocalhost();
  expect(await aClient().list.models({ task: 'text-to-image', modelId: imageModel })).toEqual({
    error: null,
    output: [],
  });
});

test('bytez.js looks a model up before its first run and gets the address of a picture', async () => {
  await using sandbox = await bytezOnLocalhost();
  const model = aClient().model(imageModel);
  const first = await model.run('a red fox', { num_inference_steps: 20 } as object);
  expect(first).toEqual({
    error: null,
    output: expect.stringMatching(
      /^http:\/\/127\.0\.0\.1:\d+\/model\/output\/dreamlike-art\/dreamlike-photoreal-2\.0\/[\w-]{21}\.png$/,
    ),
  });
  expect(model.details.task).toBe('text-to-image');
  const file = await fetch(first.output as string);
  expect(file.headers.get('content-type')).toBe('image/png');
  expect(Buffer.from(await file.arrayBuffer())).toEqual(pngBytes);
  await model.run('a blue fox');
  expect(routesOf(sandbox)).toEqual(['models 200', 'run 200', 'media 200', 'run 200']);
  expect(sandbox.calls.map(({ prompt }) => prompt)).toEqual([undefined, 'a red fox', undefined, 'a blue fox']);
});

test('bytez.js gets the address of a video', async () => {
  await using _sandbox = await bytezOnLocalhost();
  const { error, output } = await aClient().model(videoModel).run('a horse on a beach');
  expect(error).toBeNull();
  const file = await fetch(output as string);
  expect(file.headers.get('content-type')).toBe('video/mp4');
  expect(Buffer.from(await file.arrayBuffer())).toEqual(mp4Bytes);
});

test('bytez.js talks to a chat model, whole and in pieces', async () => {
  await using _sandbox = await bytezOnLocalhost();
  const model = aClient().model(chatModel);
  const messages = [{ role: 'user', content: 'Name a bird.' }];
  const whole = await model.run(messages, { max_new_tokens: 5 });
  expect(whole).toEqual({ error: null, output: { role: 'assistant', content: 'You asked: Name a bird.' } });
  const pieces = await model.run(messages, { max_new_tokens: 5 }, true);
  expect(await text(pieces)).toBe('You asked: Name a bird.');
});

test('bytez.js corrupts the bytes of a streamed picture by reading them as text', async () => {
  await using _sandbox = await bytezOnLocalhost();
  const bytes = await buffer(await aClient().model(imageModel).run('a red fox', true));
  expect(bytes.subarray(0, 6)).toEqual(Buffer.from('efbfbd504e47', 'hex'));
});

test('bytez.js gets the Python error of a parameter that the model does not know', async () => {
  await using _sandbox = await bytezOnLocalhost();
  expect(await aClient().model(imageModel).run('a red fox', { max_new_tokens: 9 })).toEqual({
    error: "StableDiffusionPipeline.__call__() got an unexpected keyword argument 'max_new_tokens'",
    output: null,
  });
});

test.each([exactly, withCharset])('a key that is not known is unauthorized on every route, as %s', async (type) => {
  await using sandbox = await bytezOnLocalhost({ dialect: { jsonContentType: type } });
  const client = aClient('key-of-nobody');
  expect(await client.list.tasks()).toEqual({ error: 'Unauthorized' });
  const ran = await client.model(imageModel).run('a red fox');
  expect(ran).toEqual(type === exactly ? { error: 'Unauthorized' } : { error: 'Unauthorized', output: null });
  expect(routesOf(sandbox)).toEqual(['tasks 401', 'models 401', 'run 401']);
});

test('the words of a 402 are lost to bytez.js unless its content type is bare', async () => {
  {
    await using _sandbox = await troubled({ kind: 'out-of-credit' }, withCharset);
    expect(await aClient().model(imageModel).run('a red fox')).toEqual({ error: 'Payment Required', output: null });
  }
  await using _sandbox = await troubled({ kind: 'out-of-credit' }, exactly);
  expect(await aClient().model(imageModel).run('a red fox')).toEqual({
    status: 402,
    error: 'Payment Required',
    message: 'Insufficient credits. Please add credits to continue.',
  });
});

test.each([exactly, withCharset])('bytez.js gets the rate limit, as %s', async (type) => {
  await using sandbox = await troubled({ kind: 'rate-limited', retryAfterS: 3 }, type);
  expect(await aClient().model(imageModel).run('a red fox')).toEqual({ error: 'Rate limit exceeded', output: null });
  expect(routesOf(sandbox)).toEqual(['models 200', 'run 429']);
});

test('the second of two runs at once is rejected, and the next one is not', async () => {
  await using sandbox = await bytezOnLocalhost();
  const held = sandbox.hold();
  const model = aClient().model(imageModel);
  const first = model.run('a red fox');
  await until(sandbox, () => sandbox.calls.some(({ prompt }) => prompt === 'a red fox'));
  expect(await model.run('a blue fox')).toEqual({
    error: expect.stringContaining('Rejected: your plan allows for 1 concurrency at a time'),
    output: null,
  });
  held.release();
  expect(await first).toMatchObject({ error: null });
  expect(await model.run('a green fox')).toMatchObject({ error: null });
});

test('bytez.js continues without the catalog and gets the error of an unknown model', async () => {
  await using sandbox = await bytezOnLocalhost({ catalog: 'empty' });
  const model = aClient().model(imageModel);
  expect(await model.run('a red fox')).toEqual({
    error: 'Model does not exist or has yet to be added to the Bytez catalog',
    output: null,
  });
  expect(model.details).toEqual({});
  expect(routesOf(sandbox)).toEqual(['models 200', 'run 404']);
});

test('bytez.js fails on a gateway page and prints what it could not parse', async () => {
  const printed = vi.spyOn(console, 'error').mockReturnValue();
  await using _sandbox = await troubled({ kind: 'status', status: 502 });
  expect(await aClient().model(imageModel).run('a red fox')).toEqual({
    error: expect.stringContaining("Cannot destructure property 'error'"),
    output: null,
  });
  expect(printed).toHaveBeenCalledWith(expect.any(SyntaxError));
});

test('bytez.js gets a stream of the error itself when a stream is refused with a bare content type', async () => {
  await using _sandbox = await troubled({ kind: 'unauthorized' }, exactly);
  const refused = await aClient().model(chatModel).run('hello', true);
  expect(await text(refused)).toBe('{"error":"Unauthorized"}');
});

test('bytez.js reports a failed fetch when the connection is cut', async () => {
  await using _sandbox = await troubled({ kind: 'cut' });
  expect(await aClient().model(chatModel).run('hello')).toEqual({ error: 'fetch failed', output: null });
});

test('a port in use is reported in one sentence', async () => {
  await using _first = await bytezOnLocalhost();
  await expect(bytezOnLocalhost()).rejects.toThrow(/^Cannot listen on port 8080 of \S+: another program has it/);
});
