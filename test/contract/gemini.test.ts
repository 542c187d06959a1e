import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type GeminiAccount, startGeminiSandbox } from '../../sandbox/gemini/gemini-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createGeminiProvider } from '../../src/providers/gemini/gemini-provider.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { answeredAt, failed, endsByAbort, obeyedAborts } from './replies.ts';

const secret = new Secret('AQ.canary-key-of-gemini-0123456789');
const image: GenerationRequest = { kind: 'image', model: 'gemini-nano-banana-2.1', prompt: 'a red fox', inputs: [] };
const video: GenerationRequest = { ...image, kind: 'video', model: 'veo-3.1-fast-generate-preview' };
const chat: GenerationRequest = { ...image, kind: 'chat', model: 'gemini-3.8-flash' };
const forever = new AbortController().signal;
const account: GeminiAccount = { name: 'account 1', key: secret.reveal() };

async function aGemini(own: Partial<GeminiAccount> = {}, end = '') {
  await using opening = new AsyncDisposableStack();
  const gemini = opening.use(await startGeminiSandbox({ accounts: [{ ...account, ...own }] }));
  const http = answeredAt(opening.use(createHttpClient()), noonMs);
  const provider = createGeminiProvider({ baseUrl: `${gemini.baseUrl}${end}`, http, now: () => noonMs });
  const opened = opening.move();
  return { gemini, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Far from midnight in California, when daily quotas are reset: a quota that comes back within the hour counts as a rate. */
const noonMs = Date.UTC(2026, 10, 29, 20);

const bytes = { kind: 'bytes', bytes: expect.any(Buffer) as unknown };

test('a picture comes inside the answer, in the shape asked for, with what it used', async () => {
  await using stage = await aGemini();
  const wide = { ...image, size: { width: 1_360, height: 768 } };
  const usage = { inputTokens: 9, outputTokens: 1_120, images: 1 };
  expect(await stage.provider.start(wide, secret, forever)).toEqual({ ok: true, source: bytes, usage });
  expect(stage.gemini.calls).toMatchObject([
    { route: 'content', account: 'account 1', prompt: 'a red fox', aspectRatio: '16:9', leakedKey: false, status: 200 },
  ]);
});

test('a picture that was sent goes along with the words; one that is not there any more ends the request', async () => {
  await using stage = await aGemini();
  const path = join(import.meta.dirname, '../fixtures/pictures/profile.jpg');
  const input = { path, kind: 'image', mime: 'image/jpeg', bytes: 787 } as const;
  const edit: GenerationRequest = { ...image, kind: 'edit', inputs: [input] };
  expect(await stage.provider.start(edit, secret, forever)).toMatchObject({ ok: true, source: bytes });
  expect(stage.gemini.calls).toMatchObject([{ pictures: 1, prompt: 'a red fox' }]);
  const gone = { ...edit, inputs: [{ ...input, path: `${path}.gone` }] };
  expect(await stage.provider.start(gone, secret, forever)).toEqual(failed('request', 'bad-request'));
  const large = { ...edit, inputs: [{ ...input, bytes: 15_000_000 }] };
  expect(await stage.provider.start(large, secret, forever)).toEqual(failed('request', 'bad-request'));
  expect(stage.gemini.calls.length).toBe(1);
});

test('speech comes as a WAV file', async () => {
  await using stage = await aGemini();
  const reply = await stage.provider.start(
    { ...image, kind: 'speech', model: 'gemini-3.8-flash-tts' },
    secret,
    forever,
  );
  if (!reply.ok || !('source' in reply) || reply.source.kind !== 'bytes') throw new Error('No sound came');
  expect(Buffer.from(reply.source.bytes).toString('latin1', 0, 4)).toBe('RIFF');
  expect(reply.source.bytes.byteLength).toBe(48_044);
});

test('an answer is heard while it is written, and the conversation goes along', async () => {
  await using stage = await aGemini();
  const heard: string[] = [];
  const history = [
    { role: 'person', text: 'hello' },
    { role: 'model', text: 'good day' },
  ] as const;
  const reply = await stage.provider.start({ ...chat, history }, secret, forever, (text) => heard.push(text));
  const source = { kind: 'text', text: 'You said: a red fox' };
  expect(reply).toEqual({ ok: true, source, usage: { inputTokens: 9, outputTokens: 1_120 } });
  expect(heard).toEqual(['You said: ', 'You said: a red fox']);
  expect(stage.gemini.calls).toMatchObject([{ route: 'stream', turns: 3 }]);
});

test.each([
  ['veo-3.1-fast-generate-preview', 'video'],
  ['gemini-omni-1.2-flash', 'interaction'],
])('a video of %s is submitted, asked about, and fetched with the key in a header', async (model, route) => {
  await using stage = await aGemini();
  const tall = { ...video, model, size: { width: 720, height: 1_280 } };
  const submitted = await stage.provider.start(tall, secret, forever);
  if (!submitted.ok || !('operation' in submitted)) throw new Error('The video was not taken on');
  expect(await stage.provider.status(submitted.operation, secret, forever)).toMatchObject({ kind: 'running' });
  const source = { kind: 'bytes', bytes: Buffer.from('mp4') };
  expect(await stage.provider.status(submitted.operation, secret, forever)).toEqual({
    kind: 'ended',
    reply: { ok: true, source },
  });
  expect(stage.gemini.calls.map(({ route, leakedKey }) => [route, leakedKey])).toEqual([
    [route, false],
    ['operation', false],
    ['operation', false],
    ['file', false],
  ]);
  expect(stage.gemini.calls[0]).toMatchObject({ model, prompt: 'a red fox', aspectRatio: '9:16' });
});

test.each([
  ['', true],
  ['/', true],
  ['/v1beta', true],
  ['/v1beta/', true],
  ['/v9', false],
])('the address of the service may end in "%s": %s', async (end, isRight) => {
  await using stage = await aGemini();
  const baseUrl = `${new URL(stage.gemini.baseUrl).origin}${end}`;
  const provider = createGeminiProvider({ baseUrl, http: stage.http, now: () => noonMs });
  expect((await provider.probe(secret, forever)).ok).toBe(isRight);
  expect((await provider.start(image, secret, forever)).ok).toBe(isRight);
});

const limited = failed('key', 'rate-limited', { retryAfterMs: 30_000 });

test.each([
  [{ quota: 'minute' }, { ...limited, window: { limit: 10, lengthMs: 60_000 } }, true],
  [
    { quota: 'day' },
    failed('key', 'out-of-credit', { retryAfterMs: expect.any(Number) as unknown, credit: 'this-model' }),
    true,
  ],
  [{ quota: 'none' }, failed('key', 'not-entitled'), true],
  [{ isSpent: true }, failed('key', 'out-of-credit', { sureness: 'likely', credit: 'all' }), true],
  [{ isLeaked: true }, failed('key', 'rejected', { sureness: 'likely' }), false],
  [{ key: 'AIzaSomebodyElsesKey0123456789' }, failed('key', 'rejected'), false],
] as const)('with an account of %j a picture, an answer and the probe end so', async (own, reply, isAccepted) => {
  await using stage = await aGemini(own);
  expect(await stage.provider.start(image, secret, forever)).toEqual(reply);
  expect(await stage.provider.start(chat, secret, forever)).toEqual(reply);
  expect((await stage.provider.probe(secret, forever)).ok).toBe(isAccepted);
});

test('a model that is gone is the model’s fault', async () => {
  await using stage = await aGemini();
  const gone = { ...image, model: 'gemini-3.1-flash-image' };
  expect(await stage.provider.start(gone, secret, forever)).toEqual(failed('model', 'unknown-model'));
});

test('a run ends at its deadline, with a cut, and not by an abort for another reason', async () => {
  await using stage = await aGemini();
  stage.gemini.setFaults([
    { route: 'content', times: 1, reply: { kind: 'cut' } },
    { route: 'content', reply: { kind: 'hang' } },
  ]);
  expect(await stage.provider.start(image, secret, forever)).toEqual(failed('provider', 'unreachable'));
  expect(await endsByAbort((signal) => stage.provider.start(image, secret, signal))).toEqual(obeyedAborts);
});

test('the stand-in refuses what the service refuses', async () => {
  await using stage = await aGemini();
  const post = async (body: unknown, key = secret.reveal(), model = image.model) => {
    const reply = await fetch(`${stage.gemini.baseUrl}/models/${model}:generateContent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === '' ? {} : { 'x-goog-api-key': key }) },
      body: JSON.stringify(body),
    });
    return [reply.status, await reply.json()];
  };
  const contents = [{ role: 'user', parts: [{ text: 'a fox' }] }];
  const generationConfig = { responseModalities: ['IMAGE'] };
  expect(await post({ contents, generationConfig }, '')).toMatchObject([
    403,
    { error: { status: 'PERMISSION_DENIED' } },
  ]);
  const wrong = [
    { generationConfig },
    { contents },
    { contents: [{ role: 'assistant', parts: [{ text: 'a fox' }] }], generationConfig },
    { contents: [{ role: 'user', parts: [] }], generationConfig },
    { contents, generationConfig: { ...generationConfig, imageConfig: { aspectRatio: '5:1' } } },
    { contents, generationConfig: { ...generationConfig, size: '1024x1024' } },
    { contents, generationConfig, prompt: 'a fox' },
    {
      contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'text/plain', data: 'AAAA' } }] }],
      generationConfig,
    },
  ];
  for (const body of wrong) expect(await post(body)).toMatchObject([400, { error: { status: 'INVALID_ARGUMENT' } }]);
});

test('a song is the sound among the parts of the answer, beside its lyrics', async () => {
  await using stage = await aGemini();
  const song: GenerationRequest = { ...image, kind: 'music', model: 'lyria-3-clip-preview' };
  expect(await stage.provider.start(song, secret, forever)).toMatchObject({ ok: true, source: bytes });
  expect(stage.gemini.calls).toMatchObject([{ route: 'content', model: song.model, prompt: 'a red fox', status: 200 }]);
});
