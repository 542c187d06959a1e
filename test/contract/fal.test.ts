import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type FalAccount,
  type FalSandbox,
  type FalSandboxOptions,
  startFalSandbox,
} from '../../sandbox/fal/fal-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createFalProvider } from '../../src/providers/fal/fal-provider.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { startStranger } from './stranger.ts';
import { failed, submit } from './replies.ts';

const secret = new Secret('canary-id-of-fal:canary-secret-0123456789');
const account: FalAccount = { name: 'account 1', key: secret.reveal() };
const request: GenerationRequest = { kind: 'image', model: 'fal-ai/flux/schnell', prompt: 'a red fox', inputs: [] };
const forever = new AbortController().signal;

async function aFal(own: Partial<FalAccount> = {}, options: Partial<FalSandboxOptions> = {}) {
  await using opening = new AsyncDisposableStack();
  const fal = opening.use(await startFalSandbox({ accounts: [{ ...account, ...own }], ...options }));
  const http = opening.use(createHttpClient());
  const provider = createFalProvider({ baseUrl: fal.serviceUrl, queueUrl: fal.queueUrl, http, now: Date.now });
  const opened = opening.move();
  return { fal, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function routes({ calls }: FalSandbox): readonly string[] {
  return calls.map(({ route }) => route);
}

test('a picture is submitted, waits, and is found by its address', async () => {
  await using stage = await aFal();
  const { fal, provider } = stage;
  const hold = fal.hold();
  const operation = await submit(provider, { ...request, seed: 7, size: { width: 1_024, height: 576 } }, secret);
  expect(await provider.status(operation, secret, forever)).toEqual({ kind: 'running' });
  hold.release();
  expect(await provider.status(operation, secret, forever)).toEqual({
    kind: 'ended',
    reply: {
      ok: true,
      source: { kind: 'url', url: expect.stringContaining(`http://${fal.mediaHost}/files/`) as unknown },
    },
  });
  expect(routes(fal)).toEqual(['submit', 'status', 'status', 'result']);
  expect(fal.calls[0]?.input).toEqual({
    prompt: 'a red fox',
    num_images: 1,
    seed: 7,
    image_size: { width: 1_024, height: 576 },
  });
});

test('a model with a path inside its app is asked about at the app, also where fal’s own links are missing', async () => {
  await using stage = await aFal();
  const { fal, provider } = stage;
  const asked = { ...request, kind: 'video', model: 'fal-ai/wan/v2.2-5b/text-to-video', negative: 'rain' } as const;
  const { id, app } = await submit(provider, asked, secret);
  expect(app).toBe('fal-ai/wan');
  expect(await provider.status({ id: id as string, app: app as string }, secret, forever)).toMatchObject({
    kind: 'ended',
    reply: { ok: true },
  });
  expect(fal.calls.map(({ path }) => path)).toEqual([
    '/fal-ai/wan/v2.2-5b/text-to-video',
    `/fal-ai/wan/requests/${id as string}/status`,
    `/fal-ai/wan/requests/${id as string}`,
  ]);
  expect(fal.calls[0]?.input).toMatchObject({ negative_prompt: 'rain' });
});

test('links to another host are not followed: the run is found by its id, and the key goes nowhere else (C22)', async () => {
  await using stranger = await startStranger();
  await using stage = await aFal({}, { linkRoot: stranger.root });
  const operation = await submit(stage.provider, request, secret);
  expect(operation['statusUrl']).toContain(stranger.root);
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'ended', reply: { ok: true } });
  await stage.provider.cancel?.(operation, secret, forever);
  expect(stranger.requests).toEqual([]);
});

test('a run above what the account may do at once waits in the queue and says behind how many', async () => {
  await using stage = await aFal({ concurrency: 1 });
  stage.fal.hold();
  await submit(stage.provider, request, secret);
  await submit(stage.provider, request, secret);
  const third = await submit(stage.provider, request, secret);
  expect(await stage.provider.status(third, secret, forever)).toEqual({
    kind: 'running',
    ahead: 1,
    isQueued: true,
    askAgainInMs: 5_000,
  });
});

test('a cancelled run is given up at fal', async () => {
  await using stage = await aFal();
  stage.fal.hold();
  const operation = await submit(stage.provider, request, secret);
  await stage.provider.cancel?.(operation, secret, forever);
  expect(routes(stage.fal)).toEqual(['submit', 'cancel']);
  expect(stage.fal.calls[1]).toMatchObject({ status: 202 });
});

test.each([
  ['black', failed('request', 'refused')],
  ['refused', failed('request', 'refused', { sureness: 'likely' })],
  ['nothing', failed('provider', 'failed-run')],
  ['runner-failed', failed('provider', 'overloaded', { sureness: 'likely' })],
] as const)('a run that ends as %s ends so', async (ending, reply) => {
  await using stage = await aFal();
  stage.fal.setEnding(ending);
  const operation = await submit(stage.provider, request, secret);
  expect(await stage.provider.status(operation, secret, forever)).toEqual({ kind: 'ended', reply });
});

test('one bad look says nothing of the run', async () => {
  await using stage = await aFal();
  const operation = await submit(stage.provider, request, secret);
  stage.fal.setFaults([
    { route: 'status', times: 1, reply: { kind: 'cut' } },
    { route: 'result', times: 1, reply: { kind: 'reply', status: 502, headers: {}, body: '<html>bad gateway</html>' } },
  ]);
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'unclear' });
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'unclear' });
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'ended', reply: { ok: true } });
});

test('the picture of a person goes along as a data URI, and one that is too large does not go', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'darkroom-input-'));
  await using stage = await aFal();
  const path = join(folder.path, 'fox.png');
  writeFileSync(path, 'the bytes of a fox');
  const picture = { path, kind: 'image', mime: 'image/png', bytes: 18 } as const;
  const edit = { ...request, kind: 'edit', model: 'fal-ai/flux-pro/kontext', inputs: [picture] } as const;
  await submit(stage.provider, edit, secret);
  const uri = `data:image/png;base64,${Buffer.from('the bytes of a fox').toString('base64')}`;
  expect(stage.fal.calls[0]?.input).toMatchObject({ prompt: 'a red fox', image_url: uri });
  const huge = { ...edit, inputs: [{ ...picture, bytes: 9_000_000 }] };
  expect(await stage.provider.start(huge, secret, forever)).toEqual(failed('request', 'bad-request'));
  expect(stage.fal.calls).toHaveLength(1);
});

test.each([
  [{ isLocked: true }, failed('key', 'out-of-credit', { credit: 'all', sureness: 'likely' })],
  [{ key: 'somebody-else:0123456789' }, failed('key', 'rejected')],
] as const)('with an account of %j a submission ends so', async (own, reply) => {
  await using stage = await aFal(own);
  expect(await stage.provider.start(request, secret, forever)).toEqual(reply);
});

test('a model that is not there is the model’s fault', async () => {
  await using stage = await aFal();
  const asked = { ...request, model: 'fal-ai/flux-9' };
  expect(await stage.provider.start(asked, secret, forever)).toMatchObject(failed('model', 'unknown-model'));
});

test('the probe asks about a run that never was: only a good key is told that there is none', async () => {
  await using stage = await aFal();
  expect(await stage.provider.probe(secret, forever)).toEqual({ ok: true });
  expect(await stage.provider.probe(new Secret('nobody:0123456789'), forever)).toEqual(failed('key', 'rejected'));
  expect(routes(stage.fal)).toEqual(['status', 'status']);
});

test('another address of the service without a queue answers at once', async () => {
  await using stage = await aFal();
  const { fal, http } = stage;
  const queueUrl = 'https://queue.fal.run';
  const provider = createFalProvider({ baseUrl: `${fal.serviceUrl}/`, queueUrl, http, now: Date.now });
  expect(await provider.start(request, secret, forever)).toMatchObject({ ok: true, source: { kind: 'url' } });
  expect(routes(fal)).toEqual(['run']);
});

test.each([
  ['music', 'fal-ai/lyria2', { prompt: 'a red fox' }],
  ['speech', 'fal-ai/kokoro/american-english', { prompt: 'a red fox' }],
  ['speech', 'fal-ai/minimax/speech-02-turbo', { text: 'a red fox' }],
] as const)(
  'a sound of the kind %s by %s is asked for in the field that the model takes',
  async (kind, model, input) => {
    await using stage = await aFal();
    const { fal, provider } = stage;
    const operation = await submit(provider, { ...request, kind, model }, secret);
    const url = expect.stringMatching(/\.mp3$/) as unknown;
    const reply = { ok: true, source: { kind: 'url', url } };
    expect(await provider.status(operation, secret, forever)).toEqual({ kind: 'ended', reply });
    expect(fal.calls[0]?.input).toMatchObject(input);
  },
);
