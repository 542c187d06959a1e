import { expect, test } from 'vitest';
import { type CloudflareAccount, startCloudflareSandbox } from '../../sandbox/cloudflare/cloudflare-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createCloudflareProvider } from '../../src/providers/cloudflare/cloudflare-provider.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { failed, endsByAbort, obeyedAborts } from './replies.ts';

const secret = new Secret('canary-token-of-cloudflare-0123456789');
const accountId = '0123456789abcdef0123456789abcdef';
const flux = '@cf/black-forest-labs/flux-1-schnell';
const request: GenerationRequest = { kind: 'image', model: flux, prompt: 'a red fox', inputs: [] };
const chat: GenerationRequest = { ...request, kind: 'chat', model: '@cf/openai/gpt-oss-120b' };
const forever = new AbortController().signal;

async function aCloudflare(own: Partial<CloudflareAccount> = {}) {
  await using opening = new AsyncDisposableStack();
  const accounts = [{ name: 'account 1', token: secret.reveal(), accountId, ...own }];
  const cloudflare = opening.use(await startCloudflareSandbox({ accounts }));
  const http = opening.use(createHttpClient());
  const provider = createCloudflareProvider({ baseUrl: cloudflare.baseUrl, accountId, http, now: Date.now });
  const opened = opening.move();
  return { cloudflare, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const picture = { ok: true, source: { kind: 'bytes', bytes: expect.any(Buffer) as unknown }, usage: { images: 1 } };

test.each([
  [flux, { seed: 7 }],
  ['@cf/lykon/dreamshaper-8-lcm', { seed: 7, negative: 'snow', size: { width: 1_024, height: 576 } }],
])('%s draws with what it takes', async (model, more) => {
  await using stage = await aCloudflare();
  expect(await stage.provider.generate({ ...request, model, ...more }, secret, forever)).toEqual(picture);
  expect(stage.cloudflare.calls).toMatchObject([{ route: 'run', account: 'account 1', model, status: 200 }]);
});

test('longer words than a model reads are cut', async () => {
  await using stage = await aCloudflare();
  const long = { ...request, prompt: 'fox '.repeat(1_000) };
  expect(await stage.provider.generate(long, secret, forever)).toEqual(picture);
});

test('an answer is heard while it is written', async () => {
  await using stage = await aCloudflare();
  const heard: string[] = [];
  const reply = await stage.provider.generate(chat, secret, forever, (text) => heard.push(text));
  expect(reply).toEqual({ ok: true, source: { kind: 'text', text: 'You said: a red fox' } });
  expect(heard).toEqual(['You said: ', 'You said: a red fox']);
});

test.each([
  ['', true],
  ['/', true],
  ['/client/v4/', true],
  ['/other', false],
])('the address of the service may end in "%s": %s', async (end, isRight) => {
  await using stage = await aCloudflare();
  const baseUrl = `${new URL(stage.cloudflare.baseUrl).origin}${end}`;
  const provider = createCloudflareProvider({ baseUrl, accountId, http: stage.http, now: Date.now });
  expect((await provider.probe(secret, forever)).ok).toBe(isRight);
  expect((await provider.generate(request, secret, forever)).ok).toBe(isRight);
});

test('used up neurons are the account’s fault until midnight, and its token is still good', async () => {
  await using stage = await aCloudflare({ isUsedUp: true });
  const reply = await stage.provider.generate(request, secret, forever);
  expect(reply).toMatchObject(failed('key', 'out-of-credit', { credit: 'all' }));
  expect(await stage.provider.probe(secret, forever)).toEqual({ ok: true });
});

test.each([
  ['a wrong token', { token: 'another-token-0123456789' }],
  ['the id of another account', { accountId: 'f'.repeat(32) }],
])('%s is rejected', async (_name, own) => {
  await using stage = await aCloudflare(own);
  expect(await stage.provider.generate(request, secret, forever)).toEqual(failed('key', 'rejected'));
  expect(await stage.provider.probe(secret, forever)).toEqual(failed('key', 'rejected'));
});

test('without an account id nothing is sent', async () => {
  await using stage = await aCloudflare();
  const { baseUrl } = stage.cloudflare;
  const provider = createCloudflareProvider({ baseUrl, accountId: undefined, http: stage.http, now: Date.now });
  expect(await provider.generate(request, secret, forever)).toEqual(failed('key', 'rejected'));
  expect(await provider.probe(secret, forever)).toEqual(failed('key', 'rejected'));
  expect(stage.cloudflare.calls).toEqual([]);
});

test('a model that is gone, or whose id leads elsewhere, is the model’s fault', async () => {
  await using stage = await aCloudflare();
  for (const model of ['@cf/old/model', '@cf/../../tokens', 'flux']) {
    const reply = await stage.provider.generate({ ...request, model }, secret, forever);
    expect(reply).toEqual(failed('model', 'unknown-model'));
  }
  expect(stage.cloudflare.calls.length).toBe(1);
});

test('a run ends at its deadline, with a cut, and not by an abort for another reason', async () => {
  await using stage = await aCloudflare();
  stage.cloudflare.setFaults([
    { route: 'run', times: 1, reply: { kind: 'cut' } },
    { route: 'run', reply: { kind: 'hang' } },
  ]);
  expect(await stage.provider.generate(request, secret, forever)).toEqual(failed('provider', 'unreachable'));
  expect(await endsByAbort((signal) => stage.provider.generate(request, secret, signal))).toEqual(obeyedAborts);
});

test('the stand-in refuses what the service refuses', async () => {
  await using stage = await aCloudflare();
  const post = async (body: object, path = `run/${flux}`) => {
    const url = `${stage.cloudflare.baseUrl}/accounts/${accountId}/ai/${path}`;
    const headers = { authorization: `Bearer ${secret.reveal()}`, 'content-type': 'application/json' };
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };
  expect(await post({ prompt: 'a fox' })).toBe(200);
  expect(await post({ prompt: 'a fox', width: 512 })).toBe(400);
  expect(await post({ prompt: 'x'.repeat(2_049) })).toBe(400);
  expect(await post({})).toBe(400);
  expect(await post({ prompt: 'a fox', width: 64 }, 'run/@cf/lykon/dreamshaper-8-lcm')).toBe(400);
  expect(await post({ model: '@cf/openai/gpt-oss-120b', messages: [] }, 'v1/chat/completions')).toBe(400);
});

test.each(['@cf/myshell-ai/melotts', '@cf/deepgram/aura-1'])('%s speaks', async (model) => {
  await using stage = await aCloudflare();
  const speech: GenerationRequest = { ...request, kind: 'speech', model };
  expect(await stage.provider.generate(speech, secret, forever)).toEqual({ ok: true, source: picture.source });
  expect(stage.cloudflare.calls).toMatchObject([{ route: 'run', account: 'account 1', model, status: 200 }]);
});
