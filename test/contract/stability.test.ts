import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type StabilityAccount, startStabilitySandbox } from '../../sandbox/stability/stability-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { createStabilityProvider } from '../../src/providers/stability/stability-provider.ts';
import { failed, endsByAbort, obeyedAborts } from './replies.ts';

const secret = new Secret('sk-canary-key-of-stability-0123456789');
const request: GenerationRequest = { kind: 'image', model: 'core', prompt: 'a red fox', inputs: [] };
const path = join(import.meta.dirname, '../fixtures/pictures/profile.jpg');
const edit: GenerationRequest = {
  ...request,
  kind: 'edit',
  inputs: [{ path, kind: 'image', mime: 'image/jpeg', bytes: 787 }],
};
const forever = new AbortController().signal;

async function aStability(own: Partial<StabilityAccount> = {}) {
  await using opening = new AsyncDisposableStack();
  const accounts = [{ name: 'account 1', key: secret.reveal(), credits: 20, ...own }];
  const stability = opening.use(await startStabilitySandbox({ accounts }));
  const http = opening.use(createHttpClient());
  const provider = createStabilityProvider({ baseUrl: stability.baseUrl, http, now: Date.now });
  const opened = opening.move();
  return { stability, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const picture = { ok: true, source: { kind: 'bytes', bytes: expect.any(Buffer) as unknown }, usage: { images: 1 } };

test.each(['core', 'ultra', 'sd3.5-large', 'sd3.5-large-turbo', 'sd3.5-medium'])(
  'a picture of %s follows shape, seed and what is unwanted',
  async (model) => {
    await using stage = await aStability();
    const asked = { ...request, model, size: { width: 1_344, height: 768 }, seed: 2 ** 40, negative: 'snow' };
    expect(await stage.provider.generate(asked, secret, forever)).toEqual(picture);
    expect(stage.stability.calls).toMatchObject([
      {
        account: 'account 1',
        fields: { prompt: 'a red fox', aspect_ratio: '16:9', negative_prompt: 'snow' },
        status: 200,
      },
    ]);
  },
);

test.each(['ultra', 'sd3.5-large', 'structure', 'sketch'])('%s draws after a picture that was sent', async (model) => {
  await using stage = await aStability();
  const asked = { ...edit, model, size: { width: 1_344, height: 768 } };
  expect(await stage.provider.generate(asked, secret, forever)).toEqual(picture);
  expect(stage.stability.calls).toMatchObject([{ hasPicture: true, status: 200 }]);
});

test.each([
  ['', true],
  ['/', true],
  ['/v2beta', true],
  ['/v1/', true],
  ['/other', false],
])('the address of the service may end in "%s": %s', async (end, isRight) => {
  await using stage = await aStability();
  const baseUrl = `${stage.stability.baseUrl}${end}`;
  const provider = createStabilityProvider({ baseUrl, http: stage.http, now: Date.now });
  expect((await provider.probe(secret, forever)).ok).toBe(isRight);
  expect((await provider.generate(request, secret, forever)).ok).toBe(isRight);
});

test('credits are told, and a picture that they do not pay for is the account’s fault', async () => {
  await using stage = await aStability({ credits: 5 });
  expect(await stage.provider.generate(request, secret, forever)).toEqual(picture);
  expect(await stage.provider.balance?.(secret, forever)).toEqual({ ok: true, amount: 2, unit: 'credits' });
  expect(await stage.provider.generate(request, secret, forever)).toEqual(
    failed('key', 'out-of-credit', { credit: 'this-price' }),
  );
  expect(await stage.provider.probe(secret, forever)).toEqual({ ok: true });
});

test('a wrong key is rejected, and so is one that cannot be a header', async () => {
  await using stage = await aStability({ key: 'sk-another-key-0123456789' });
  expect(await stage.provider.generate(request, secret, forever)).toEqual(failed('key', 'rejected'));
  expect(await stage.provider.probe(secret, forever)).toEqual(failed('key', 'rejected'));
  const broken = new Secret('sk-0123456789\r\nx-admin: 1');
  expect(await stage.provider.generate(request, broken, forever)).toEqual(failed('key', 'rejected'));
  expect(stage.stability.calls.length).toBe(2);
});

test('models that are gone are the model’s fault, with a route or without', async () => {
  await using stage = await aStability();
  expect(await stage.provider.generate({ ...request, model: 'sd3-large' }, secret, forever)).toEqual(
    failed('model', 'unknown-model', { sureness: 'guess' }),
  );
  expect(await stage.provider.generate({ ...request, model: 'stable-video' }, secret, forever)).toEqual(
    failed('model', 'unknown-model'),
  );
  expect(stage.stability.calls.length).toBe(1);
});

test('a run ends at its deadline, with a cut, and not by an abort for another reason', async () => {
  await using stage = await aStability();
  stage.stability.setFaults([
    { route: 'image', times: 1, reply: { kind: 'cut' } },
    { route: 'image', reply: { kind: 'hang' } },
  ]);
  expect(await stage.provider.generate(request, secret, forever)).toEqual(failed('provider', 'unreachable'));
  expect(await endsByAbort((signal) => stage.provider.generate(request, secret, signal))).toEqual(obeyedAborts);
});

test('the stand-in refuses what the service refuses', async () => {
  await using stage = await aStability();
  const post = async (route: string, fields: Readonly<Record<string, string>>, accept = 'image/*') => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const headers = { authorization: `Bearer ${secret.reveal()}`, accept };
    const url = `${stage.stability.baseUrl}/v2beta/stable-image/${route}`;
    return (await fetch(url, { method: 'POST', headers, body: form })).status;
  };
  const good = { prompt: 'a fox' };
  expect(await post('generate/core', good)).toBe(200);
  expect(await post('generate/core', good, '*/*')).toBe(400);
  expect(await post('generate/core', { ...good, width: '512' })).toBe(400);
  expect(await post('generate/core', { ...good, aspect_ratio: '4:3' })).toBe(400);
  expect(await post('generate/core', { ...good, seed: '4294967295' })).toBe(400);
  expect(await post('generate/sd3', { ...good, model: 'sd3-large' })).toBe(400);
  expect(await post('generate/ultra', { ...good, strength: '0.5' })).toBe(400);
  expect(await post('control/structure', good)).toBe(400);
  expect(await post('generate/video', good)).toBe(404);
  const json = await fetch(`${stage.stability.baseUrl}/v2beta/stable-image/generate/core`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret.reveal()}`, accept: 'image/*', 'content-type': 'application/json' },
    body: JSON.stringify(good),
  });
  expect(json.status).toBe(400);
});

test('a song has a route of its own and costs what its account must have', async () => {
  await using stage = await aStability();
  const song: GenerationRequest = { ...request, kind: 'music', model: 'stable-audio-2.5', seed: 7 };
  expect(await stage.provider.generate(song, secret, forever)).toEqual({ ok: true, source: picture.source });
  expect(stage.stability.calls[0]).toMatchObject({
    path: '/v2beta/audio/stable-audio-2/text-to-audio',
    fields: { prompt: 'a red fox', model: 'stable-audio-2.5', seed: '7', output_format: 'mp3' },
  });
  expect(await stage.provider.generate(song, secret, forever)).toMatchObject(failed('key', 'out-of-credit'));
  expect(await stage.provider.generate({ ...song, model: 'core' }, secret, forever)).toEqual(
    failed('model', 'unknown-model'),
  );
});
