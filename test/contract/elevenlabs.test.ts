import { expect, test } from 'vitest';
import { type ElevenlabsAccount, startElevenlabsSandbox } from '../../sandbox/elevenlabs/elevenlabs-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createElevenlabsProvider } from '../../src/providers/elevenlabs/elevenlabs-provider.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { endsByAbort, obeyedAborts } from './replies.ts';

const key = 'canary-key-of-the-voices-0123456789';
const secret = new Secret(key);
const speech: GenerationRequest = { kind: 'speech', model: 'eleven_v3', prompt: 'Good evening', inputs: [] };
const music: GenerationRequest = { kind: 'music', model: 'music_v2_5', prompt: 'a calm piano', inputs: [] };
const forever = new AbortController().signal;

async function aService(account: Partial<ElevenlabsAccount> = {}, end = '') {
  await using opening = new AsyncDisposableStack();
  const voices = opening.use(await startElevenlabsSandbox({ accounts: [{ name: 'First', key, ...account }] }));
  const http = opening.use(createHttpClient());
  const provider = createElevenlabsProvider({ baseUrl: `${voices.baseUrl}${end}`, http, now: Date.now });
  const opened = opening.move();
  return { voices, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function failed(blame: string, reason: string, more: object = {}): unknown {
  return { ok: false, failure: { blame, reason, detail: expect.any(String) as unknown }, ...more };
}

const sound = { kind: 'bytes', bytes: expect.any(Buffer) as unknown };

test('words are said, and the answer tells how many calls at once the plan carries', async () => {
  await using stage = await aService({ concurrency: 5 });
  expect(await stage.provider.generate(speech, secret, forever)).toEqual({ ok: true, source: sound, seats: 5 });
  expect(stage.voices.calls).toMatchObject([{ route: 'speech', words: 'Good evening', status: 200 }]);
  expect(await stage.provider.balance?.(secret, forever)).toEqual({ ok: true, amount: 9_988, unit: 'credits' });
});

test('a paid plan makes songs, a free one does not', async () => {
  await using paid = await aService({ plan: 'starter', concurrency: 3 });
  expect(await paid.provider.generate({ ...music, instrumental: true }, secret, forever)).toEqual({
    ok: true,
    source: sound,
    seats: 3,
  });
  await using free = await aService();
  expect(await free.provider.generate(music, secret, forever)).toEqual(failed('key', 'not-entitled'));
});

test.each(['', '/', '/v1', '/v1/'])('the address of the service may end in "%s"', async (end) => {
  await using stage = await aService({}, end);
  expect(await stage.provider.probe(secret, forever)).toEqual({ ok: true });
});

test('a call above the plan is refused with the number of seats, and has room when the others end', async () => {
  await using stage = await aService({ concurrency: 2 });
  const hold = stage.voices.hold();
  const first = stage.provider.generate(speech, secret, forever);
  const second = stage.provider.generate(speech, secret, forever);
  await expect.poll(() => stage.voices.calls.length).toBe(2);
  expect(await stage.provider.generate(speech, secret, forever)).toEqual(failed('key', 'concurrency', { seats: 2 }));
  hold.release();
  expect([(await first).ok, (await second).ok]).toEqual([true, true]);
  expect((await stage.provider.generate(speech, secret, forever)).ok).toBe(true);
});

test('a month that is used up is money, though its status says that the key is wrong', async () => {
  await using stage = await aService({ characters: 15 });
  expect((await stage.provider.generate(speech, secret, forever)).ok).toBe(true);
  expect(await stage.provider.generate(speech, secret, forever)).toMatchObject({
    failure: { blame: 'key', reason: 'out-of-credit', credit: 'this-price' },
  });
  expect(await stage.provider.probe(secret, forever)).toEqual({ ok: true });
});

test('a stranger’s key is refused, and one that may not see its account is not', async () => {
  await using stage = await aService({ isLimited: true });
  const stranger = new Secret('a-key-that-nobody-has');
  expect(await stage.provider.probe(stranger, forever)).toEqual(failed('key', 'rejected'));
  expect(await stage.provider.generate(speech, stranger, forever)).toEqual(failed('key', 'rejected'));
  expect(await stage.provider.probe(secret, forever)).toEqual({ ok: true });
});

test('a voice that is gone and words that are too many are told apart', async () => {
  await using stage = await aService();
  const gone = { ...speech, model: 'eleven_v3/shortvoice' };
  expect(await stage.provider.generate(gone, secret, forever)).toEqual(failed('model', 'unknown-model'));
  const long = { ...speech, prompt: 'word '.repeat(1_001) };
  expect(await stage.provider.generate(long, secret, forever)).toEqual(failed('request', 'bad-request'));
});

test('a call ends at its deadline, and its abort for another reason is thrown', async () => {
  await using stage = await aService();
  stage.voices.setFaults([{ route: 'speech', reply: { kind: 'hang' } }]);
  expect(await endsByAbort((signal) => stage.provider.generate(speech, secret, signal))).toEqual(obeyedAborts);
});

test('the stand-in refuses what the service refuses', async () => {
  await using stage = await aService({ plan: 'starter' });
  const post = async (path: string, body: object, headers: Record<string, string> = { 'xi-api-key': key }) => {
    const reply = await fetch(`${stage.voices.baseUrl}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    await reply.arrayBuffer();
    return reply.status;
  };
  const voice = '/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb';
  expect(await post(voice, { text: 'Hello', model_id: 'eleven_v3' })).toBe(200);
  expect(await post(voice, { text: 'Hello', model_id: 'eleven_v3' }, { authorization: `Bearer ${key}` })).toBe(401);
  expect(await post(voice, { text: '', model_id: 'eleven_v3' })).toBe(422);
  expect(await post(voice, { text: 'Hello', model_id: 'eleven_v3', pitch: 2 })).toBe(422);
  expect(await post('/v1/music', { prompt: 'rain', model_id: 'music_v2_5', music_length_ms: 10 })).toBe(422);
  expect(await post('/v1/sing', {})).toBe(404);
});
