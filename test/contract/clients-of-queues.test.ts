import { type FalClient, createFalClient } from '@fal-ai/client';
import Replicate from 'replicate';
import { expect, test } from 'vitest';
import { startFalSandbox } from '../../sandbox/fal/fal-sandbox.ts';
import { startReplicateSandbox } from '../../sandbox/replicate/replicate-sandbox.ts';

const key = 'canary-id-of-a-client:canary-secret-0123456789';
const model = 'fal-ai/wan/v2.2-5b/text-to-video';

async function aFalClient(credentials = key) {
  await using opening = new AsyncDisposableStack();
  const fal = opening.use(await startFalSandbox({ accounts: [{ name: 'one', key, concurrency: 1 }] }));
  const hosts = { 'https://queue.fal.run': fal.queueUrl, 'https://fal.run': fal.serviceUrl };
  const redirected: typeof fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const root = new Map(Object.entries(hosts)).get(url.origin) ?? url.origin;
    return fetch(`${root}${url.pathname}${url.search}`, init);
  };
  const client: FalClient = createFalClient({
    credentials,
    fetch: redirected,
    retry: { maxRetries: 0 },
    suppressLocalCredentialsWarning: true,
  });
  const opened = opening.move();
  return { fal, client, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('fal’s own client submits to the stand-in, sees its queue, brings the result, and cancels', async () => {
  await using stage = await aFalClient();
  const { fal, client } = stage;
  const hold = fal.hold();
  const input = { prompt: 'a fox that runs' };
  const first = await client.queue.submit(model, { input });
  const second = await client.queue.submit(model, { input });
  expect(first).toMatchObject({ status: 'IN_QUEUE', status_url: expect.stringContaining('/fal-ai/wan/requests/') });
  expect(await client.queue.status(model, { requestId: first.request_id })).toMatchObject({ status: 'IN_PROGRESS' });
  expect(await client.queue.status(model, { requestId: second.request_id })).toMatchObject({
    status: 'IN_QUEUE',
    queue_position: 0,
  });
  await client.queue.cancel(model, { requestId: second.request_id });
  hold.release();
  expect(await client.queue.status(model, { requestId: first.request_id })).toMatchObject({ status: 'COMPLETED' });
  const { data } = await client.queue.result(model, { requestId: first.request_id });
  const { url } = (data as { readonly video: { readonly url: string } }).video;
  const file = await fetch(url);
  expect(file.headers.get('content-type')).toBe('video/mp4');
  expect(fal.calls.filter(({ leakedKey }) => leakedKey)).toEqual([]);
});

test('fal’s own client gets an answer at once, and the errors that it knows', async () => {
  await using stage = await aFalClient();
  const { client } = stage;
  const { data } = await client.run('fal-ai/flux/schnell', { input: { prompt: 'a fox' } });
  expect(data).toMatchObject({ images: [{ content_type: 'image/png' }], has_nsfw_concepts: [false] });
  await expect(client.queue.submit('fal-ai/flux/schnell', { input: { seed: 7 } as never })).rejects.toMatchObject({
    name: 'ValidationError',
    status: 422,
  });
  await using strange = await aFalClient('somebody-else:0123456789');
  await expect(strange.client.run('fal-ai/flux/schnell', { input: { prompt: 'a fox' } })).rejects.toMatchObject({
    name: 'ApiError',
    status: 401,
  });
});

async function aReplicateClient(auth = key) {
  const sandbox = await startReplicateSandbox({ accounts: [{ name: 'someone', key }] });
  const client = new Replicate({ auth, baseUrl: sandbox.baseUrl, useFileOutput: false });
  return { sandbox, client, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
}

const flux = 'black-forest-labs/flux-schnell';

test('Replicate’s own client runs a model of the stand-in to its end, and cancels a run', async () => {
  await using stage = await aReplicateClient();
  const { sandbox, client } = stage;
  expect(await client.accounts.current()).toMatchObject({ username: 'someone' });
  const output = await client.run(flux, { input: { prompt: 'a fox', aspect_ratio: '16:9' }, wait: { mode: 'block' } });
  const file = await fetch(output as unknown as string);
  expect(file.headers.get('content-type')).toBe('image/png');
  const hold = sandbox.hold();
  const prediction = await client.predictions.create({ model: flux, input: { prompt: 'a bear' } });
  expect(prediction).toMatchObject({ status: 'starting', urls: { cancel: expect.stringContaining('/cancel') } });
  await client.predictions.cancel(prediction.id);
  hold.release();
  expect(await client.predictions.get(prediction.id)).toMatchObject({ status: 'canceled' });
  expect(sandbox.calls.filter(({ leakedKey }) => leakedKey)).toEqual([]);
});

test('Replicate’s own client is told what is wrong', async () => {
  await using stage = await aReplicateClient('r8_nobody_0123456789');
  await expect(stage.client.accounts.current()).rejects.toThrow(/401/);
  await using other = await aReplicateClient();
  other.sandbox.setEnding('nsfw');
  await expect(other.client.run(flux, { input: { prompt: 'a fox' } })).rejects.toThrow(/NSFW/);
  await expect(other.client.run('nobody/nothing', { input: { prompt: 'a fox' } })).rejects.toThrow(/404/);
});
