import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type HordeSandbox, startHordeSandbox } from '../../sandbox/horde/horde-sandbox.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { createHordeProvider } from '../../src/providers/horde/horde-provider.ts';
import { failed, endsByAbort, obeyedAborts, submit } from './replies.ts';

const anonymous = new Secret('0000000000');
const request: GenerationRequest = { kind: 'image', model: 'stable_diffusion', prompt: 'a red fox', inputs: [] };
const forever = new AbortController().signal;

async function aHorde(options: Partial<Parameters<typeof startHordeSandbox>[0]> = {}) {
  await using opening = new AsyncDisposableStack();
  const horde = opening.use(await startHordeSandbox({ clock: systemClock, ...options }));
  const http = opening.use(createHttpClient());
  const provider = createHordeProvider({ baseUrl: horde.baseUrl, http, now: Date.now });
  const opened = opening.move();
  return { horde, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function routes({ calls }: HordeSandbox): readonly string[] {
  return calls.map(({ route }) => route);
}

test('a picture is submitted, waits in the queue, is fetched by its address, and says what it cost', async () => {
  await using stage = await aHorde();
  const { horde, provider } = stage;
  const hold = horde.hold({ ahead: 12, waitS: 96 });
  const operation = await submit(provider, { ...request, seed: 7, negative: 'ugly hands' }, anonymous);
  expect(await provider.status(operation, anonymous, forever)).toEqual({
    kind: 'running',
    ahead: 12,
    inMs: 96_000,
    askAgainInMs: 20_000,
  });
  hold.release();

  const url = expect.stringMatching(new RegExp(`^http://${horde.mediaHost}/r2/[0-9a-f-]{36}.webp$`)) as unknown;
  expect(await provider.status(operation, anonymous, forever)).toEqual({
    kind: 'ended',
    reply: { ok: true, source: { kind: 'url', url }, usage: { credits: 10 } },
  });
  expect(routes(horde)).toEqual(['submit', 'check', 'check', 'status']);
  expect(new Set(horde.calls.map(({ clientAgent }) => clientAgent))).toEqual(new Set(['darkroom:0.1:unknown']));
  expect(horde.calls[0]).toMatchObject({ account: 'Anonymous', prompt: 'a red fox', status: 202 });
  expect(horde.calls[0]?.submission).toMatchObject({ negative: 'ugly hands', params: { seed: '7', width: 512 } });
});

test.each(['', '/', '/api/v2', '/api/v2/'])('the address of the service may end in "%s"', async (end) => {
  await using stage = await aHorde();
  const baseUrl = `http://${stage.horde.mediaHost}${end}`;
  const provider = createHordeProvider({ baseUrl, http: stage.http, now: Date.now });
  expect(await provider.probe(anonymous, forever)).toEqual({ ok: true });
});

test('a cancelled request is given up at the service', async () => {
  await using stage = await aHorde();
  stage.horde.hold();
  const operation = await submit(stage.provider, request, anonymous);
  await stage.provider.cancel?.(operation, anonymous, forever);
  expect(routes(stage.horde)).toEqual(['submit', 'cancel']);
  expect(await stage.provider.status(operation, anonymous, forever)).toEqual({
    kind: 'ended',
    reply: failed('provider', 'failed-run'),
  });
});

test.each([
  ['base64', { ok: true, source: { kind: 'bytes', bytes: expect.any(Buffer) as unknown }, usage: { credits: 10 } }],
  ['censored', failed('request', 'refused')],
  ['nothing', failed('provider', 'failed-run')],
  ['faulted', failed('provider', 'failed-run')],
  ['impossible', failed('model', 'unknown-model')],
] as const)('a request that ends as %s ends so', async (ending, reply) => {
  await using stage = await aHorde();
  stage.horde.setEnding(ending);
  const operation = await submit(stage.provider, request, anonymous);
  expect(await stage.provider.status(operation, anonymous, forever)).toEqual({ kind: 'ended', reply });
  expect(routes(stage.horde).includes('cancel')).toBe(ending === 'impossible');
});

test('a stranger’s key is refused by the probe and by a submission', async () => {
  await using stage = await aHorde();
  const stranger = new Secret('a-key-that-nobody-has');
  expect(await stage.provider.probe(stranger, forever)).toEqual(failed('key', 'rejected'));
  expect(await stage.provider.start(request, stranger, forever)).toEqual(failed('key', 'rejected'));
});

test('a picture above what is free in a busy hour needs kudos, and smaller ones do not', async () => {
  await using stage = await aHorde();
  const dear = { ...request, size: { width: 1_024, height: 1_024 } };
  expect(await stage.provider.start(dear, anonymous, forever)).toEqual(
    failed('key', 'out-of-credit', { credit: 'this-price' }),
  );
  expect(await stage.provider.start(request, anonymous, forever)).toMatchObject({ ok: true });
});

test('an account with too many requests at once is told so, and has room again when they end', async () => {
  const secret = new Secret('canary-key-of-one-seat');
  await using stage = await aHorde({ accounts: [{ name: 'Small', key: secret.reveal(), concurrency: 1 }] });
  const hold = stage.horde.hold();
  expect(await stage.provider.start(request, secret, forever)).toMatchObject({ ok: true });
  expect(await stage.provider.start(request, secret, forever)).toEqual(failed('key', 'concurrency'));
  hold.release();
  expect(await stage.provider.start(request, secret, forever)).toMatchObject({ ok: true });
});

test('a submission ends at its deadline, and its abort for another reason is thrown', async () => {
  await using stage = await aHorde();
  stage.horde.setFaults([{ route: 'submit', reply: { kind: 'hang' } }]);
  expect(await endsByAbort((signal) => stage.provider.start(request, anonymous, signal))).toEqual(obeyedAborts);
});

test('a key that cannot be a header is rejected without a call', async () => {
  await using stage = await aHorde();
  const broken = new Secret('0123456789\r\nx-admin: 1');
  const replies = [await stage.provider.start(request, broken, forever), await stage.provider.probe(broken, forever)];
  expect(replies).toEqual([failed('key', 'rejected'), failed('key', 'rejected')]);
  expect(stage.horde.calls).toEqual([]);
});

test('the stand-in refuses what the service refuses', async () => {
  await using stage = await aHorde();
  const post = async (body: unknown, headers: Record<string, string> = { apikey: '0000000000' }) => {
    const reply = await fetch(`${stage.horde.baseUrl}/generate/async`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return [reply.status, await reply.json()];
  };
  expect(await post({ prompt: 'a fox' }, {})).toMatchObject([
    400,
    { errors: { apikey: expect.any(String) as unknown } },
  ]);
  const wrong = [
    ['params.width', { prompt: 'a fox', params: { width: 70 } }],
    ['params.seed', { prompt: 'a fox', params: { seed: 7 } }],
    ['params.steps', { prompt: 'a fox', params: { steps: 501 } }],
    ['prompt', {}],
  ] as const;
  for (const [field, body] of wrong) {
    expect(await post(body)).toMatchObject([400, { errors: { [field]: expect.any(String) as unknown } }]);
  }
  expect(await post({ prompt: ' ### hands' })).toMatchObject([400, { rc: 'MissingPrompt' }]);
  expect(await post({ prompt: 'a fox', params: { steps: 51 } })).toMatchObject([403, { rc: 'KudosUpfront' }]);
});

test('a picture that was sent goes along in base64 and keeps its shape', async () => {
  await using stage = await aHorde();
  const path = join(import.meta.dirname, '../fixtures/pictures/profile.jpg');
  const input = { path, kind: 'image', mime: 'image/jpeg', bytes: 787, width: 1_600, height: 900 } as const;
  const operation = await submit(stage.provider, { ...request, kind: 'edit', inputs: [input] }, anonymous);
  expect(await stage.provider.status(operation, anonymous, forever)).toMatchObject({
    kind: 'ended',
    reply: { ok: true },
  });
  const { submission } = stage.horde.calls[0] ?? {};
  expect(submission).toMatchObject({
    source_processing: 'img2img',
    params: { denoising_strength: 0.6, width: 704, height: 384 },
  });
  expect(Buffer.from(submission?.source_image ?? '', 'base64').byteLength).toBe(787);
});
