import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type HfAccount, startHfSandbox } from '../../sandbox/hf/hf-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createHfProvider } from '../../src/providers/hf/hf-provider.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { answeredAt, failed, endsByAbort, obeyedAborts } from './replies.ts';

const secret = new Secret('hf_canaryTokenOfHuggingFace0123456789');
const [flux, sdxl] = ['black-forest-labs/FLUX.1-schnell', 'stabilityai/stable-diffusion-xl-base-1.0'];
const request: GenerationRequest = { kind: 'image', model: flux, prompt: 'a red fox', inputs: [] };
const chat: GenerationRequest = { ...request, kind: 'chat', model: 'openai/gpt-oss-120b:cheapest' };
const forever = new AbortController().signal;
/** Credits that come back within the hour, as on the last day of a month, count as a rate. */
const midMonthMs = Date.UTC(2026, 10, 15, 12);

async function aHub(own: Partial<HfAccount> = {}, loading: readonly string[] = []) {
  await using opening = new AsyncDisposableStack();
  const accounts = [{ name: 'ada', token: secret.reveal(), ...own }];
  const hf = opening.use(await startHfSandbox({ accounts, loading }));
  const http = answeredAt(opening.use(createHttpClient()), midMonthMs);
  const provider = createHfProvider({ baseUrl: hf.baseUrl, http, now: () => midMonthMs });
  const opened = opening.move();
  return { hf, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const picture = { ok: true, source: { kind: 'bytes', bytes: expect.any(Buffer) as unknown }, usage: { images: 1 } };

test.each([flux, sdxl])('%s draws with what it takes', async (model) => {
  await using stage = await aHub();
  const asked = { ...request, model, size: { width: 1_360, height: 768 }, seed: 7, negative: 'snow' };
  expect(await stage.provider.generate(asked, secret, forever)).toEqual(picture);
  expect(stage.hf.calls).toMatchObject([{ route: 'picture', account: 'ada', model, prompt: 'a red fox', status: 200 }]);
});

test('an answer is heard while it is written', async () => {
  await using stage = await aHub();
  const heard: string[] = [];
  const reply = await stage.provider.generate(chat, secret, forever, (text) => heard.push(text));
  expect(reply).toEqual({ ok: true, source: { kind: 'text', text: 'You said: a red fox' } });
  expect(heard).toEqual(['You said: ', 'You said: a red fox']);
  expect(stage.hf.calls).toMatchObject([{ route: 'chat', model: 'openai/gpt-oss-120b:cheapest' }]);
});

test.each([
  ['', true],
  ['/', true],
  ['/v1', true],
  ['/other', false],
])('the address of the service may end in "%s": %s', async (end, isRight) => {
  await using stage = await aHub();
  const provider = createHfProvider({ baseUrl: `${stage.hf.baseUrl}${end}`, http: stage.http, now: Date.now });
  expect((await provider.probe(secret, forever)).ok).toBe(isRight);
  expect((await provider.generate(request, secret, forever)).ok).toBe(isRight);
  expect((await provider.generate(chat, secret, forever)).ok).toBe(isRight);
});

test.each([
  [{ isSpent: true }, failed('key', 'out-of-credit', { retryAfterMs: expect.any(Number) as unknown }), true],
  [{ mayOnlyRead: true }, failed('key', 'rejected', { sureness: 'likely' }), true],
  [{ token: 'hf_somebodyElses0123456789' }, failed('key', 'rejected'), false],
] as const)('with an account of %j a picture and the probe end so', async (own, reply, isAccepted) => {
  await using stage = await aHub(own);
  expect(await stage.provider.generate(request, secret, forever)).toEqual(reply);
  expect((await stage.provider.probe(secret, forever)).ok).toBe(isAccepted);
});

test('a model that is being loaded is asked again when it is there; one that is gone, or no id, is the model’s fault', async () => {
  await using stage = await aHub({}, [flux]);
  const loading = failed('provider', 'overloaded', { retryAfterMs: 20_000 });
  expect(await stage.provider.generate(request, secret, forever)).toEqual(loading);
  for (const model of ['old/model', '../api/whoami-v2', 'flux']) {
    const reply = await stage.provider.generate({ ...request, model }, secret, forever);
    expect(reply).toEqual(failed('model', 'unknown-model'));
  }
  expect(stage.hf.calls.length).toBe(2);
});

test('a run ends at its deadline, with a cut, and not by an abort for another reason', async () => {
  await using stage = await aHub();
  stage.hf.setFaults([
    { route: 'picture', times: 1, reply: { kind: 'cut' } },
    { route: 'picture', reply: { kind: 'hang' } },
  ]);
  expect(await stage.provider.generate(request, secret, forever)).toEqual(failed('provider', 'unreachable'));
  expect(await endsByAbort((signal) => stage.provider.generate(request, secret, signal))).toEqual(obeyedAborts);
});

test('the stand-in refuses what the service refuses', async () => {
  await using stage = await aHub();
  const post = async (path: string, body: object, accept = 'image/png') => {
    const headers = { authorization: `Bearer ${secret.reveal()}`, 'content-type': 'application/json', accept };
    return (await fetch(`${stage.hf.baseUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };
  const path = `/hf-inference/models/${flux}`;
  expect(await post(path, { inputs: 'a fox', parameters: { seed: 1 } })).toBe(200);
  expect(await post(path, { inputs: 'a fox' }, 'application/json')).toBe(400);
  expect(await post(path, { prompt: 'a fox' })).toBe(400);
  expect(await post(path, { inputs: 'a fox', seed: 1 })).toBe(400);
  expect(await post(path, { inputs: 'a fox', parameters: { size: '1x1' } })).toBe(400);
  expect(await post('/hf-inference/models/old/model', { inputs: 'a fox' })).toBe(404);
  expect(await post('/v1/chat/completions', { model: 'openai/gpt-oss-120b', messages: [] })).toBe(400);
});

test('its own inference speaks, and changes a picture that was sent', async () => {
  await using stage = await aHub();
  const speech: GenerationRequest = { ...request, kind: 'speech', model: 'hexgrad/Kokoro-82M' };
  expect(await stage.provider.generate(speech, secret, forever)).toEqual({ ok: true, source: picture.source });
  const path = join(import.meta.dirname, '../fixtures/pictures/profile.jpg');
  const inputs = [{ path, kind: 'image', mime: 'image/jpeg', bytes: 787 }] as const;
  const edit: GenerationRequest = { ...request, kind: 'edit', model: 'black-forest-labs/FLUX.1-Kontext-dev', inputs };
  expect(await stage.provider.generate(edit, secret, forever)).toEqual(picture);
  expect(stage.hf.calls.map(({ prompt, status }) => [prompt, status])).toEqual([
    ['a red fox', 200],
    ['a red fox', 200],
  ]);
});
