import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type A1111SandboxOptions, startA1111Sandbox } from '../../sandbox/a1111/a1111-sandbox.ts';
import { jsonReply } from '../../sandbox/http/stand-in-server.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createA1111Provider } from '../../src/providers/a1111/a1111-provider.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';

const nobody = new Secret('');
const login = 'operator:canary-password-01';
const request: GenerationRequest = { kind: 'image', model: 'loaded-model', prompt: 'a red fox', inputs: [] };
const forever = new AbortController().signal;
const picture = { ok: true, source: { kind: 'bytes' }, usage: { images: 1 } };

async function aServer(options: A1111SandboxOptions = {}) {
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await startA1111Sandbox(options));
  const http = opening.use(createHttpClient());
  const providerAt = (baseUrl: string) => createA1111Provider({ baseUrl, http, now: Date.now });
  const opened = opening.move();
  const provider = providerAt(server.baseUrl);
  return { server, provider, providerAt, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function withLogin(baseUrl: string, user: string): string {
  return baseUrl.replace('http://', `http://${user}@`);
}

test('a picture is made without a key, and every option arrives', async () => {
  await using stage = await aServer();
  const asked = { ...request, model: 'sd_xl_base_1.0', seed: 7, negative: 'snow', size: { width: 1_344, height: 768 } };
  expect(await stage.provider.generate(asked, nobody, forever)).toMatchObject(picture);
  expect(stage.server.calls).toMatchObject([
    { route: 'txt2img', status: 200, body: { seed: 7, negative_prompt: 'snow', width: 1_344, height: 768 } },
  ]);
  expect(stage.server.calls[0]).not.toHaveProperty('authorization');
});

test('a picture of a person is changed', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'darkroom-input-'));
  await using stage = await aServer();
  const path = join(folder.path, 'fox.png');
  writeFileSync(path, 'the bytes of a fox');
  const inputs = [{ path, kind: 'image', mime: 'image/png', bytes: 18 }] as const;
  expect(await stage.provider.generate({ ...request, kind: 'edit', inputs }, nobody, forever)).toMatchObject(picture);
  const images = [Buffer.from('the bytes of a fox').toString('base64')];
  expect(stage.server.calls).toMatchObject([{ route: 'img2img', status: 200, body: { init_images: images } }]);
});

test.each(['', '/', '/sdapi/v1', '/sdapi/v1/'])('the address may end in "%s"', async (end) => {
  await using stage = await aServer();
  expect(await stage.providerAt(`${stage.server.baseUrl}${end}`).probe(nobody, forever)).toEqual({ ok: true });
});

test('user and password come from the address or from the key, and are told nowhere', async () => {
  await using stage = await aServer({ login });
  const { server, provider, providerAt } = stage;
  expect(await provider.probe(nobody, forever)).toMatchObject({ failure: { blame: 'key', reason: 'rejected' } });
  expect(await provider.generate(request, new Secret(login), forever)).toMatchObject(picture);
  const own = providerAt(withLogin(server.baseUrl, 'operator:canary%2Dpassword-01'));
  expect(await own.generate(request, nobody, forever)).toMatchObject(picture);
  server.setFaults([{ route: 'txt2img', reply: jsonReply(401, { detail: `not ${login}` }) }]);
  const refused = await own.generate(request, nobody, forever);
  expect(refused).toMatchObject({ failure: { blame: 'key', reason: 'rejected' } });
  expect(JSON.stringify(refused)).not.toContain('canary');
});

test.each([
  [{ model: 'sd_xl_turbo' }, 'model', 'unknown-model'],
  [{ size: { width: 2_048, height: 2_048 } }, 'provider', 'failed-run'],
  [{ size: { width: 32, height: 32 } }, 'request', 'bad-request'],
] as const)('a request for %j fails by its cause', async (more, blame, reason) => {
  await using stage = await aServer();
  const reply = await stage.provider.generate({ ...request, ...more }, nobody, forever);
  expect(reply).toMatchObject({ ok: false, failure: { blame, reason } });
});

test('a server without its API, and one without an address, are told apart from a bad request', async () => {
  await using stage = await aServer({ hasApi: false });
  const { provider, providerAt } = stage;
  expect(await provider.probe(nobody, forever)).toMatchObject({ failure: { blame: 'provider', reason: 'malformed' } });
  expect(await providerAt('').generate(request, nobody, forever)).toMatchObject({ failure: { blame: 'key' } });
});

test('a passed deadline times the run out, an abort ends it', async () => {
  await using stage = await aServer();
  stage.server.setFaults([{ route: 'txt2img', reply: { kind: 'hang' } }]);
  const passed = AbortSignal.timeout(20);
  expect(await stage.provider.generate(request, nobody, passed)).toMatchObject({ failure: { reason: 'timed-out' } });
  const stop = new AbortController();
  const running = stage.provider.generate(request, nobody, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
});
