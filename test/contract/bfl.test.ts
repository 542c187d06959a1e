import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type BflAccount,
  type BflSandbox,
  type BflSandboxOptions,
  startBflSandbox,
} from '../../sandbox/bfl/bfl-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createBflProvider } from '../../src/providers/bfl/bfl-provider.ts';
import { mayCarryKey } from '../../src/providers/followed-links.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { definitionOf } from '../../src/providers/registry.ts';
import { startStranger } from './stranger.ts';
import { failed, submit } from './replies.ts';

const secret = new Secret('canary-key-of-bfl-0123456789');
const account: BflAccount = { name: 'account 1', key: secret.reveal() };
const request: GenerationRequest = { kind: 'image', model: 'flux-2-pro', prompt: 'a red fox', inputs: [] };
const hosts = definitionOf('bfl')?.hosts ?? [];
const forever = new AbortController().signal;

async function aBfl(own: Partial<BflAccount> = {}, options: Partial<BflSandboxOptions> = {}) {
  await using opening = new AsyncDisposableStack();
  const bfl = opening.use(await startBflSandbox({ accounts: [{ ...account, ...own }], ...options }));
  const http = opening.use(createHttpClient());
  const provider = createBflProvider({ baseUrl: bfl.baseUrl, hosts, http, now: Date.now });
  const opened = opening.move();
  return { bfl, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function routes({ calls }: BflSandbox): readonly string[] {
  return calls.map(({ route }) => route);
}

test('a picture is submitted, followed to its file, and says what it cost', async () => {
  await using stage = await aBfl();
  const { bfl, provider } = stage;
  const hold = bfl.hold();
  const operation = await submit(provider, { ...request, seed: 7, size: { width: 1_365, height: 768 } }, secret);
  expect(await provider.status(operation, secret, forever)).toEqual({ kind: 'running' });
  hold.release();
  expect(await provider.status(operation, secret, forever)).toEqual({
    kind: 'ended',
    reply: {
      ok: true,
      source: { kind: 'url', url: expect.stringContaining(`http://${bfl.mediaHost}/results/`) as unknown },
      usage: { credits: 3 },
    },
  });
  expect(routes(bfl)).toEqual(['submit', 'result', 'result']);
  expect(bfl.calls[0]?.body).toEqual({ prompt: 'a red fox', seed: 7, width: 1_360, height: 768 });
});

test.each([
  ['image', 'flux-pro-1.1', { width: 1_376, height: 768 }],
  ['image', 'flux-pro-1.1-ultra', { aspect_ratio: '16:9' }],
  ['edit', 'flux-kontext-max', { aspect_ratio: '16:9' }],
  ['video', 'flux-3-video', { aspect_ratio: '16:9', resolution: 'hd' }],
] as const)('what is sent for a %s to %s is taken', async (kind, model, shape) => {
  await using stage = await aBfl();
  await submit(stage.provider, { ...request, kind, model, size: { width: 1_366, height: 768 } }, secret);
  expect(stage.bfl.calls[0]?.body).toEqual({ prompt: 'a red fox', ...shape });
});

test.each(['', '/', '/v1', '/v1/'])('the address of the service may end in "%s"', async (end) => {
  await using stage = await aBfl();
  const baseUrl = `${stage.bfl.baseUrl.slice(0, -'/v1'.length)}${end}`;
  const provider = createBflProvider({ baseUrl, hosts, http: stage.http, now: Date.now });
  expect(await provider.probe(secret, forever)).toEqual({ ok: true });
});

test.each([
  ['https://api.us1.bfl.ai/v1/get_result?id=1', true],
  ['https://api.bfl.ai/v1/get_result?id=1', true],
  ['https://proxy.example:8443/bfl/v1/get_result?id=1', true],
  ['http://api.us1.bfl.ai/v1/get_result?id=1', false],
  ['https://api.us1.bfl.ai:8443/v1/get_result?id=1', false],
  ['https://api.us1.bfl.ai.example/v1/get_result?id=1', false],
  ['https://evilbfl.ai/v1/get_result?id=1', false],
  ['https://proxy.example/bfl/v1/get_result?id=1', false],
  ['https://someone@api.bfl.ai/v1/get_result?id=1', false],
  ['not an address', false],
])('the key may be sent to %s: %s', (link, isRight) => {
  expect(mayCarryKey(link, { bases: ['https://proxy.example:8443/bfl/v1'], hosts })).toBe(isRight);
});

test('a link to another host is not followed: the task is found by its id, and the key goes nowhere else', async () => {
  await using stranger = await startStranger();
  await using stage = await aBfl({}, { linkRoot: stranger.root });
  const operation = await submit(stage.provider, request, secret);
  expect(operation['pollingUrl']).toContain(stranger.root);
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'ended', reply: { ok: true } });
  expect(stranger.requests).toEqual([]);
});

test.each([
  ['Request Moderated', failed('request', 'refused')],
  ['Content Moderated', failed('request', 'refused')],
  ['Error', failed('provider', 'failed-run')],
  ['Task not found', failed('provider', 'failed-run')],
] as const)('a task that ends as %s ends so', async (ending, reply) => {
  await using stage = await aBfl();
  stage.bfl.setEnding(ending);
  const operation = await submit(stage.provider, request, secret);
  expect(await stage.provider.status(operation, secret, forever)).toEqual({ kind: 'ended', reply });
});

test('one bad look says nothing of the task', async () => {
  await using stage = await aBfl();
  const operation = await submit(stage.provider, request, secret);
  stage.bfl.setFaults([
    { route: 'result', times: 1, reply: { kind: 'cut' } },
    { route: 'result', times: 1, reply: { kind: 'reply', status: 503, headers: {}, body: '{"detail":"down"}' } },
  ]);
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'unclear' });
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'unclear' });
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({ kind: 'ended', reply: { ok: true } });
});

test('pictures of a person go along in base64', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'darkroom-input-'));
  await using stage = await aBfl();
  const path = join(folder.path, 'fox.png');
  writeFileSync(path, 'the bytes of a fox');
  const picture = { path, kind: 'image', mime: 'image/png', bytes: 18 } as const;
  const base64 = Buffer.from('the bytes of a fox').toString('base64');
  await submit(
    stage.provider,
    { ...request, kind: 'edit', model: 'flux-kontext-pro', inputs: [picture, picture] },
    secret,
  );
  await submit(stage.provider, { ...request, kind: 'edit', inputs: [picture, picture] }, secret);
  await submit(stage.provider, { ...request, kind: 'video', model: 'flux-3-video', inputs: [picture] }, secret);
  expect(stage.bfl.calls.map(({ body }) => body)).toEqual([
    { prompt: 'a red fox', input_image: base64 },
    { prompt: 'a red fox', input_image: base64, input_image_2: base64 },
    { prompt: 'a red fox', resolution: 'hd', keyframes: [base64] },
  ]);
});

test.each([
  [{ credits: 1 }, failed('key', 'out-of-credit'), { ok: true, amount: 1, unit: 'credits' }],
  [
    { key: 'another-key-0123456789' },
    failed('key', 'rejected', { sureness: 'likely' }),
    failed('key', 'rejected', { sureness: 'likely' }),
  ],
  [
    { activeTasks: 0 },
    failed('key', 'concurrency', { sureness: 'likely' }),
    { ok: true, amount: 1_000, unit: 'credits' },
  ],
] as const)('with an account of %j a submission and the balance end so', async (own, reply, balance) => {
  await using stage = await aBfl(own);
  expect(await stage.provider.start(request, secret, forever)).toEqual(reply);
  expect(await stage.provider.balance?.(secret, forever)).toEqual(balance);
});
