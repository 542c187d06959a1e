import { expect, test } from 'vitest';
import { type OpenAiAccount, startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { createOpenAiProvider } from '../../src/providers/openai/openai-provider.ts';

const secret = new Secret('sk-canary-key-of-openai-0123456789');
const request = { kind: 'image', model: 'gpt-image-2.6-flare', prompt: 'a red fox', inputs: [] } as const;
const forever = new AbortController().signal;
const account: OpenAiAccount = { name: 'account 1', key: secret.reveal() };

async function anOpenAi(own: Partial<OpenAiAccount> = {}, models?: readonly string[]) {
  await using opening = new AsyncDisposableStack();
  const accounts = [{ ...account, ...own }];
  const openai = opening.use(
    await startOpenAiSandbox({ clock: systemClock, accounts, ...(models === undefined ? {} : { models }) }),
  );
  const http = opening.use(createHttpClient());
  const provider = createOpenAiProvider({ baseUrl: openai.baseUrl, http, now: Date.now });
  const opened = opening.move();
  return { openai, http, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function failed(blame: string, reason: string, more: object = {}): unknown {
  return { ok: false, failure: { blame, reason, detail: expect.any(String) as unknown, ...more } };
}

const bytes = { kind: 'bytes', bytes: expect.any(Buffer) as unknown };

test('a picture comes inside the answer, with what it used', async () => {
  await using stage = await anOpenAi();
  expect(await stage.provider.generate({ ...request, size: { width: 1_360, height: 768 } }, secret, forever)).toEqual({
    ok: true,
    source: bytes,
    usage: { inputTokens: 9, outputTokens: 1_056, images: 1 },
  });
  expect(stage.openai.calls).toMatchObject([
    { route: 'images', account: 'account 1', prompt: 'a red fox', status: 200 },
  ]);
  expect(JSON.parse(stage.openai.calls[0]?.body ?? '')).toEqual({
    model: 'gpt-image-2.6-flare',
    prompt: 'a red fox',
    n: 1,
    size: '1360x768',
  });
});

test.each(['gpt-image-1-mini', 'dall-e-3', 'dall-e-2'])('%s takes what is sent to it', async (model) => {
  await using stage = await anOpenAi({}, [model]);
  const asked = { ...request, model, size: { width: 1_360, height: 768 } };
  expect(await stage.provider.generate(asked, secret, forever)).toMatchObject({ ok: true, source: bytes });
});

test.each([
  ['', true],
  ['/', true],
  ['/v1', true],
  ['/v1/', true],
  ['/v2', false],
  ['/other', false],
])('the address of the service may end in "%s": %s', async (end, isRight) => {
  await using stage = await anOpenAi();
  const provider = createOpenAiProvider({
    baseUrl: `http://${stage.openai.mediaHost}${end}`,
    http: stage.http,
    now: Date.now,
  });
  expect((await provider.probe(secret, forever)).ok).toBe(isRight);
  expect((await provider.generate(request, secret, forever)).ok).toBe(isRight);
});

test.each([
  [{ isSpent: true }, failed('key', 'out-of-credit'), true],
  [{ isUnverified: true }, failed('key', 'not-entitled', { sureness: 'likely' }), true],
  [{ key: 'sk-another-key-0123456789' }, failed('key', 'rejected'), false],
  [{ isRestricted: true }, { ok: true, source: bytes, usage: expect.any(Object) as unknown }, true],
] as const)('with an account of %j a picture and the probe end so', async (own, reply, isAccepted) => {
  await using stage = await anOpenAi(own);
  expect(await stage.provider.generate(request, secret, forever)).toEqual(reply);
  expect((await stage.provider.probe(secret, forever)).ok).toBe(isAccepted);
});

test('a model that is gone is the model’s fault', async () => {
  await using stage = await anOpenAi();
  expect(await stage.provider.generate({ ...request, model: 'gpt-image-1' }, secret, forever)).toEqual(
    failed('model', 'unknown-model'),
  );
});

test('a run ends at its deadline, with a cut, and not by an abort for another reason', async () => {
  await using stage = await anOpenAi();
  stage.openai.setFaults([
    { route: 'images', times: 1, reply: { kind: 'cut' } },
    { route: 'images', reply: { kind: 'hang' } },
  ]);
  expect(await stage.provider.generate(request, secret, forever)).toEqual(failed('provider', 'unreachable'));
  const late = new AbortController();
  const reply = stage.provider.generate(request, secret, late.signal);
  late.abort(new DOMException('Too late', 'TimeoutError'));
  expect(await reply).toEqual(failed('provider', 'timed-out'));
  const reason = new Error('Cancelled by the person');
  await expect(stage.provider.generate(request, secret, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('a key that cannot be a header is rejected without a call', async () => {
  await using stage = await anOpenAi();
  const broken = new Secret('sk-0123456789\r\nx-admin: 1');
  const replies = [
    await stage.provider.generate(request, broken, forever),
    await stage.provider.probe(broken, forever),
  ];
  expect(replies).toEqual([failed('key', 'rejected'), failed('key', 'rejected')]);
  expect(stage.openai.calls).toEqual([]);
});

test('the stand-in refuses what the service refuses', async () => {
  await using stage = await anOpenAi();
  const post = async (body: unknown, authorization = `Bearer ${secret.reveal()}`) => {
    const headers = { 'content-type': 'application/json', ...(authorization === '' ? {} : { authorization }) };
    const reply = await fetch(`${stage.openai.baseUrl}/images/generations`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return [reply.status, await reply.json()];
  };
  const good = { model: 'gpt-image-2', prompt: 'a fox' };
  expect(await post(good, '')).toMatchObject([401, { error: { code: null } }]);
  expect(await post(good, 'Bearer sk-somebody-else')).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
  const wrong = [
    [{ prompt: 'a fox' }, 'missing_required_parameter', 'model'],
    [{ model: 'gpt-image-2' }, 'missing_required_parameter', 'prompt'],
    [{ ...good, seed: 7 }, 'unknown_parameter', 'seed'],
    [{ ...good, response_format: 'b64_json' }, 'unknown_parameter', 'response_format'],
    [{ ...good, size: '1000x1001' }, 'invalid_value', 'size'],
    [{ ...good, model: 'gpt-image-1-mini', size: '1360x768' }, 'invalid_value', 'size'],
    [{ ...good, n: '1' }, 'invalid_type', 'n'],
  ] as const;
  for (const [body, code, param] of wrong) expect(await post(body)).toMatchObject([400, { error: { code, param } }]);
  expect(await post({ ...good, model: 'gpt-image-9' })).toMatchObject([404, { error: { code: 'model_not_found' } }]);
});
