import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type ReplicateAccount,
  type ReplicateSandbox,
  type ReplicateSandboxOptions,
  startReplicateSandbox,
} from '../../sandbox/replicate/replicate-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { createReplicateProvider } from '../../src/providers/replicate/replicate-provider.ts';
import { startStranger } from './stranger.ts';
import { failed, submit } from './replies.ts';

const secret = new Secret('r8_canary_token_of_replicate_0123456789');
const account: ReplicateAccount = { name: 'someone', key: secret.reveal() };
const model = 'black-forest-labs/flux-schnell';
const request: GenerationRequest = { kind: 'image', model, prompt: 'a red fox', inputs: [] };
const version = '5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa';
const forever = new AbortController().signal;

async function aReplicate(own: Partial<ReplicateAccount> = {}, options: Partial<ReplicateSandboxOptions> = {}) {
  await using opening = new AsyncDisposableStack();
  const accounts = [{ ...account, ...own }];
  const replicate = opening.use(await startReplicateSandbox({ accounts, versions: [version], ...options }));
  const http = opening.use(createHttpClient());
  const provider = createReplicateProvider({ baseUrl: replicate.baseUrl, http, now: Date.now });
  const opened = opening.move();
  return { replicate, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function routes({ calls }: ReplicateSandbox): readonly string[] {
  return calls.map(({ route }) => route);
}

test('an official model has a route of its own; its prediction is followed to the file and says what it used', async () => {
  await using stage = await aReplicate();
  const { replicate, provider } = stage;
  const hold = replicate.hold();
  const operation = await submit(provider, { ...request, seed: 7, size: { width: 1_360, height: 768 } }, secret);
  expect(await provider.status(operation, secret, forever)).toEqual({ kind: 'running' });
  hold.release();
  expect(await provider.status(operation, secret, forever)).toEqual({
    kind: 'ended',
    reply: {
      ok: true,
      source: { kind: 'url', url: expect.stringContaining(`http://${replicate.mediaHost}/`) as unknown },
      usage: { seconds: 1.75 },
    },
  });
  expect(routes(replicate)).toEqual(['create', 'get', 'get']);
  expect(replicate.calls[0]).toMatchObject({
    path: `/v1/models/${model}/predictions`,
    body: { input: { prompt: 'a red fox', aspect_ratio: '16:9', seed: 7 } },
  });
});

test.each([`someone/their-model:${version}`, version])(
  'any other model is asked for by its version: %s',
  async (named) => {
    await using stage = await aReplicate();
    stage.replicate.setEnding('list');
    const operation = await submit(stage.provider, { ...request, model: named }, secret);
    expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ reply: { ok: true } });
    expect(stage.replicate.calls[0]).toMatchObject({
      path: '/v1/predictions',
      body: { version, input: { prompt: 'a red fox' } },
    });
  },
);

test.each(['', '/', '/v1', '/v1/'])('the address of the service may end in "%s"', async (end) => {
  await using stage = await aReplicate();
  const baseUrl = `${stage.replicate.baseUrl.slice(0, -'/v1'.length)}${end}`;
  const provider = createReplicateProvider({ baseUrl, http: stage.http, now: Date.now });
  expect(await provider.probe(secret, forever)).toEqual({ ok: true });
});

test('links to another host are not followed: the run is found by its id, and the key goes nowhere else', async () => {
  await using stranger = await startStranger();
  await using stage = await aReplicate({}, { linkRoot: stranger.root });
  const operation = await submit(stage.provider, request, secret);
  expect(operation['getUrl']).toContain(stranger.root);
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'ended', reply: { ok: true } });
  await stage.provider.cancel?.(operation, secret, forever);
  expect(stranger.requests).toEqual([]);
  expect(routes(stage.replicate)).toEqual(['create', 'get', 'cancel']);
});

test('a cancelled run is given up at Replicate', async () => {
  await using stage = await aReplicate();
  stage.replicate.hold();
  const operation = await submit(stage.provider, request, secret);
  await stage.provider.cancel?.(operation, secret, forever);
  const reply = failed('provider', 'failed-run');
  expect(await stage.provider.status(operation, secret, forever)).toEqual({ kind: 'ended', reply });
});

test.each([
  ['nsfw', failed('request', 'refused', { sureness: 'guess' })],
  ['failed', failed('provider', 'failed-run')],
  ['nothing', failed('provider', 'failed-run')],
  ['aborted', failed('provider', 'failed-run')],
] as const)('a run that ends as %s ends so', async (ending, reply) => {
  await using stage = await aReplicate();
  stage.replicate.setEnding(ending);
  const operation = await submit(stage.provider, request, secret);
  expect(await stage.provider.status(operation, secret, forever)).toEqual({ kind: 'ended', reply });
});

test('one bad look says nothing of the run', async () => {
  await using stage = await aReplicate();
  const operation = await submit(stage.provider, request, secret);
  stage.replicate.setFaults([
    { route: 'get', times: 1, reply: { kind: 'cut' } },
    { route: 'get', times: 1, reply: { kind: 'reply', status: 404, headers: {}, body: '<html>not found</html>' } },
  ]);
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'unclear' });
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'unclear' });
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'ended', reply: { ok: true } });
});

test('the picture of a person goes along in the field of the model', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'darkroom-input-'));
  await using stage = await aReplicate();
  const path = join(folder.path, 'fox.png');
  writeFileSync(path, 'the bytes of a fox');
  const picture = { path, kind: 'image', mime: 'image/png', bytes: 18 } as const;
  await submit(
    stage.provider,
    {
      ...request,
      kind: 'edit',
      model: 'black-forest-labs/flux-kontext-pro',
      inputs: [picture],
    },
    secret,
  );
  const uri = `data:image/png;base64,${Buffer.from('the bytes of a fox').toString('base64')}`;
  expect(stage.replicate.calls[0]).toMatchObject({ body: { input: { prompt: 'a red fox', input_image: uri } } });
});

test.each([
  [{ isSpent: true }, failed('key', 'out-of-credit', { credit: 'this-price' })],
  [{ key: 'r8_another_token_0123456789' }, failed('key', 'rejected')],
] as const)('with an account of %j a submission ends so', async (own, reply) => {
  await using stage = await aReplicate(own);
  expect(await stage.provider.start(request, secret, forever)).toEqual(reply);
});

test.each(['nobody/no-model', '0'.repeat(64)])(
  'the model %s, which is not there, is the model’s fault',
  async (named) => {
    await using stage = await aReplicate();
    const reply = await stage.provider.start({ ...request, model: named }, secret, forever);
    expect(reply).toMatchObject(failed('model', 'unknown-model'));
  },
);

test('a song is found by its address', async () => {
  await using stage = await aReplicate();
  const song: GenerationRequest = { ...request, kind: 'music', model: 'stability-ai/stable-audio-2.5' };
  const operation = await submit(stage.provider, song, secret);
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({
    kind: 'ended',
    reply: { ok: true, source: { kind: 'url', url: expect.stringMatching(/\.mp3$/) as unknown } },
  });
  expect(stage.replicate.calls[0]).toMatchObject({ body: { input: { prompt: 'a red fox' } } });
});
