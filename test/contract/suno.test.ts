import { expect, test } from 'vitest';
import { type SunoSandbox, type SunoSandboxOptions, startSunoSandbox } from '../../sandbox/suno/suno-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { definitionOf } from '../../src/providers/registry.ts';
import { failed, endsByAbort, obeyedAborts, submit } from './replies.ts';

const key = 'canary-key-of-the-songs-0123456789';
const secret = new Secret(key);
const request: GenerationRequest = { kind: 'music', model: 'V5', prompt: 'a calm piano', inputs: [] };
const forever = new AbortController().signal;

async function aService(options: Partial<SunoSandboxOptions> = {}, end = '') {
  await using opening = new AsyncDisposableStack();
  const accounts = [{ name: 'First', key }];
  const suno = opening.use(await startSunoSandbox({ clock: systemClock, accounts, ...options }));
  const http = opening.use(createHttpClient());
  const create = await definitionOf(options.service ?? 'suno')?.adapter?.load();
  const provider = create?.({ baseUrl: `${suno.baseUrl}${end}`, http, clock: systemClock });
  if (provider === undefined || !('start' in provider)) throw new Error('Cannot make the adapter');
  const opened = opening.move();
  return { suno, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function routes({ calls }: SunoSandbox): readonly string[] {
  return calls.map(({ route }) => route);
}

function songs({ mediaHost }: SunoSandbox): unknown {
  const urlOf = (number: number) =>
    expect.stringMatching(new RegExp(`^http://${mediaHost}/files/[0-9a-f]{32}-${number}.mp3$`)) as unknown;
  const sources = [1, 2].map((number) => ({ kind: 'url', url: urlOf(number), title: 'a calm piano' }));
  return { kind: 'ended', reply: { ok: true, source: { kind: 'files', sources }, usage: { seconds: 6 } } };
}

test.each(['suno', 'kie'] as const)(
  '%s: a song is submitted, is made step by step, and comes as two files',
  async (service) => {
    await using stage = await aService({ service });
    const { suno, provider } = stage;
    const holds = (['PENDING', 'TEXT_SUCCESS', 'FIRST_SUCCESS'] as const).map((progress) => suno.hold(progress));
    const operation = await submit(provider, request, secret);
    for (const hold of holds) {
      expect(await provider.status(operation, secret, forever)).toEqual({ kind: 'running', askAgainInMs: 15_000 });
      hold.release();
    }
    expect(await provider.status(operation, secret, forever)).toEqual(songs(suno));
    expect(routes(suno)).toEqual(['submit', 'record', 'record', 'record', 'record']);
    expect(await provider.balance?.(secret, forever)).toEqual({ ok: true, amount: 988, unit: 'credits' });
    expect(await provider.probe(secret, forever)).toEqual({ ok: true });
  },
);

test.each(['', '/', '/api/v1', '/api/v1/'])('the address of the service may end in "%s"', async (end) => {
  await using stage = await aService({}, end);
  expect(await stage.provider.probe(secret, forever)).toEqual({ ok: true });
});

test.each([
  ['songs-snake-case', 'songs'],
  ['CALLBACK_EXCEPTION', 'songs'],
  ['no-songs', failed('provider', 'failed-run')],
  ['SENSITIVE_WORD_ERROR', failed('request', 'refused')],
  ['CREATE_TASK_FAILED', failed('provider', 'failed-run')],
  ['GENERATE_AUDIO_FAILED', failed('provider', 'failed-run')],
] as const)('a task that ends as %s ends so', async (ending, reply) => {
  await using stage = await aService();
  stage.suno.setEnding(ending);
  const operation = await submit(stage.provider, request, secret);
  const expected = reply === 'songs' ? songs(stage.suno) : { kind: 'ended', reply };
  expect(await stage.provider.status(operation, secret, forever)).toEqual(expected);
});

test.each(['suno', 'kie'] as const)(
  '%s: an account without credits is told so, whatever its code for it',
  async (service) => {
    await using stage = await aService({ service, accounts: [{ name: 'Poor', key, credits: 13 }] });
    await submit(stage.provider, request, secret);
    expect(await stage.provider.start(request, secret, forever)).toMatchObject(failed('key', 'out-of-credit'));
    expect(stage.suno.calls.at(-1)?.code).toBe(service === 'kie' ? 402 : 429);
  },
);

test('more than 20 requests in ten seconds are a rate, and say nothing of a song under way', async () => {
  await using stage = await aService();
  const operation = await submit(stage.provider, request, secret);
  for (let asked = 1; asked < 20; asked += 1) await stage.provider.probe(secret, forever);
  expect(await stage.provider.start(request, secret, forever)).toEqual(failed('key', 'rate-limited'));
  expect(await stage.provider.status(operation, secret, forever)).toMatchObject({
    kind: 'unclear',
    failure: { reason: 'rate-limited' },
  });
});

test('a stranger’s key is refused by the probe and by a submission, and sees nobody else’s song', async () => {
  await using stage = await aService({
    accounts: [
      { name: 'First', key },
      { name: 'Second', key: 'the-key-of-another' },
    ],
  });
  const stranger = new Secret('a-key-that-nobody-has');
  expect(await stage.provider.probe(stranger, forever)).toEqual(failed('key', 'rejected'));
  expect(await stage.provider.start(request, stranger, forever)).toEqual(failed('key', 'rejected'));
  const operation = await submit(stage.provider, request, secret);
  expect(await stage.provider.status(operation, new Secret('the-key-of-another'), forever)).toEqual({
    kind: 'ended',
    reply: failed('provider', 'failed-run'),
  });
});

test('a submission ends at its deadline, and its abort for another reason is thrown', async () => {
  await using stage = await aService();
  stage.suno.setFaults([{ route: 'submit', reply: { kind: 'hang' } }]);
  expect(await endsByAbort((signal) => stage.provider.start(request, secret, signal))).toEqual(obeyedAborts);
});

test('the stand-in refuses what the service refuses', async () => {
  await using stage = await aService();
  const post = async (body: object, headers: Record<string, string> = { authorization: `Bearer ${key}` }) => {
    const url = `${stage.suno.baseUrl}/api/v1/generate`;
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return ((await reply.json()) as { readonly code: number }).code;
  };
  const good = {
    customMode: false,
    instrumental: false,
    model: 'V5',
    prompt: 'rain',
    callBackUrl: 'https://example.com',
  };
  const { callBackUrl: _, ...silent } = good;
  expect(await post(good)).toBe(200);
  expect(await post(good, {})).toBe(401);
  expect(await post(good, { authorization: key })).toBe(401);
  expect(await post(silent)).toBe(400);
  expect(await post({ ...good, customMode: true })).toBe(400);
  expect(await post({ ...good, model: 'V2' })).toBe(400);
  expect(await post({ ...good, prompt: 'x'.repeat(501) })).toBe(413);
});
