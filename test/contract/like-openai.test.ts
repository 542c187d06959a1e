import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { serverShapes } from '../../sandbox/openai/other-servers.ts';
import type { GenerationRequest, SynchronousProvider } from '../../src/domain/provider.ts';
import { jobKinds } from '../../src/domain/kinds.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { makes } from '../../src/providers/provider-definition.ts';
import { definitionOf } from '../../src/providers/registry.ts';

const secret = new Secret('canary-key-of-a-server-0123456789');
const forever = new AbortController().signal;

type Name = Exclude<keyof typeof serverShapes, 'openai'>;
const names = Object.keys(serverShapes).filter((name) => name !== 'openai') as readonly Name[];

/** The provider's adapter, as its definition makes it, against the stand-in of its server. */
async function aServer(
  name: Name,
  { isSpent = false, end = '', models = [] }: { isSpent?: boolean; end?: string; models?: readonly string[] } = {},
) {
  await using opening = new AsyncDisposableStack();
  const definition = definitionOf(name);
  if (definition?.adapter === undefined) throw new Error(`Cannot ask ${name}: it has no adapter`);
  const server = opening.use(
    await startOpenAiSandbox({
      clock: systemClock,
      accounts: [{ name: 'account 1', key: secret.reveal(), isSpent }],
      models: [...definition.models.map(({ model }) => model), ...models],
      shape: serverShapes[name],
    }),
  );
  const http = opening.use(createHttpClient());
  const create = await definition.adapter.load();
  const runs = (path: string) =>
    create({ baseUrl: `http://${server.mediaHost}${path}`, http, clock: systemClock, required: {} });
  /** What answers at once; a provider of videos answers so to every other kind. */
  const at = (path: string): Pick<SynchronousProvider, 'generate' | 'probe' | 'balance'> => {
    const adapter = runs(path);
    if ('generate' in adapter) return adapter;
    const generate: SynchronousProvider['generate'] = async (...asked) => {
      const reply = await adapter.start(...asked);
      if ('operation' in reply) throw new Error(`Cannot ask ${name} at once: the run takes its time`);
      return reply;
    };
    return { ...adapter, generate };
  };
  const folder = opening.use(mkdtempDisposableSync(join(tmpdir(), 'darkroom-server-'))).path;
  const path = join(folder, 'fox.png');
  writeFileSync(path, 'a picture of a fox');
  const opened = opening.move();
  return {
    server,
    at,
    provider: at(end),
    runs: runs(end),
    request: (kind: GenerationRequest['kind'], more: Partial<GenerationRequest> = {}): GenerationRequest => ({
      kind,
      model: definition.models.find((row) => makes(row, kind))?.model ?? '',
      prompt: 'a red fox',
      inputs: kind === 'edit' ? [{ path, kind: 'image', mime: 'image/png', bytes: 18 }] : [],
      ...more,
    }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function failed(blame: string, reason: string): unknown {
  return { ok: false, failure: expect.objectContaining({ blame, reason }) as unknown };
}

const size = { width: 1_360, height: 768 };
const cells = names.flatMap((name) =>
  jobKinds
    .filter((kind) => kind !== 'video' || name === 'pollinations')
    .filter((kind) => definitionOf(name)?.models.some((row) => makes(row, kind)) === true)
    .map((kind) => ({ name, kind })),
);

test.each(cells)('$name makes what is asked for of the kind $kind, in the form that its server takes', async (cell) => {
  const { name, kind } = cell;
  await using stage = await aServer(name);
  const isPicture = kind === 'image' || kind === 'edit';
  const request = stage.request(kind, isPicture ? { size } : {});
  const reply = await stage.provider.generate(request, secret, forever);
  const bytes = { kind: 'bytes', bytes: expect.any(Uint8Array) as unknown };
  const source = kind === 'chat' ? { kind: 'text', text: 'You said: a red fox' } : bytes;
  expect(reply).toMatchObject({ ok: true, source });
  expect(stage.server.calls).toMatchObject([
    {
      account: 'account 1',
      prompt: 'a red fox',
      // The route of xAI for speech knows no models.
      ...(name === 'xai' && kind === 'speech' ? {} : { model: request.model }),
      ...(kind === 'edit' ? { inputs: 1 } : {}),
    },
  ]);
});

test.each([
  ['xai', 'image', 0.02],
  ['openrouter', 'image', 0.04],
  ['openrouter', 'chat', 0.04],
] as const)('%s states the price of a run of the kind %s', async (name, kind, cost) => {
  await using stage = await aServer(name);
  const reply = await stage.provider.generate(stage.request(kind), secret, forever);
  expect(reply).toMatchObject({ ok: true, usage: { cost } });
});

test.each(names)(
  '%s: the probe tells a key from a wrong one, spent money benches the key, a model may be gone',
  async (name) => {
    await using stage = await aServer(name, { isSpent: true });
    const { provider } = stage;
    expect(await provider.probe(secret, forever)).toEqual({ ok: true });
    const wrong = new Secret('another-key-0123456789');
    expect(await provider.probe(wrong, forever)).toEqual(failed('key', 'rejected'));
    const kind = cells.find((cell) => cell.name === name)?.kind ?? 'image';
    const request = stage.request(kind);
    expect(await provider.generate(request, wrong, forever)).toEqual(failed('key', 'rejected'));
    expect(await provider.generate(request, secret, forever)).toEqual(failed('key', 'out-of-credit'));
    expect(await provider.generate({ ...request, model: 'gone' }, secret, forever)).toEqual(
      failed('model', 'unknown-model'),
    );
  },
);

test.each([
  ['xai', ['', '/', '/v1', '/v1/']],
  ['together', ['', '/v1']],
  ['openrouter', ['', '/api', '/api/', '/api/v1']],
  ['pollinations', ['', '/v1/']],
  ['deepseek', ['', '/']],
  ['mistral', ['', '/v1']],
] as const)('the address of %s may end in %j', async (name, ends) => {
  await using stage = await aServer(name);
  const kind = cells.find((cell) => cell.name === name)?.kind ?? 'image';
  for (const end of ends) {
    const provider = stage.at(end);
    expect([end, await provider.probe(secret, forever)]).toEqual([end, { ok: true }]);
    expect([end, await provider.generate(stage.request(kind), secret, forever)]).toMatchObject([end, { ok: true }]);
  }
});

test.each(['xai', 'together', 'deepseek', 'mistral'] as const)('%s lists its models', async (name) => {
  await using stage = await aServer(name);
  const listed = await stage.runs.listModels?.(secret, forever);
  const ids = definitionOf(name)?.models.map(({ model }) => ({ model }));
  expect(listed).toEqual({ ok: true, models: ids });
});

test.each([
  ['openrouter', 3.75, 'USD'],
  ['pollinations', 0.25, 'pollen'],
  ['deepseek', 1.1, 'USD'],
] as const)('%s tells what is left on the account', async (name, amount, unit) => {
  await using stage = await aServer(name, { end: '/' });
  expect(await stage.provider.balance?.(secret, forever)).toEqual({ ok: true, amount, unit });
});

test.each([
  ['xai', 'grok-imagine-video-1.5', { seconds: 6 }],
  ['together', 'minimax/video-01-director', { cost: 0.14 }],
] as const)(
  'a video of %s is submitted, asked about with the same key, and fetched by its address',
  async (name, model, usage) => {
    await using stage = await aServer(name, { models: [model] });
    const { runs, server } = stage;
    if (!('start' in runs)) throw new Error(`Cannot submit to ${name}`);
    const request = stage.request('video', { model, size: { width: 848, height: 480 } });
    const submitted = await runs.start(request, secret, forever);
    expect(submitted).toEqual({ ok: true, operation: { id: 'run-1' }, askAgainInMs: 5_000 });
    expect(JSON.stringify(submitted)).not.toContain(secret.reveal());
    const replies = [];
    for (let times = 0; times < 3; times += 1) replies.push(await runs.status({ id: 'run-1' }, secret, forever));
    const running = { kind: 'running', askAgainInMs: 5_000 };
    const url = `http://${server.mediaHost}/pictures/run-1.mp4`;
    expect(replies).toEqual([
      running,
      running,
      { kind: 'ended', reply: { ok: true, source: { kind: 'url', url }, usage } },
    ]);
    expect(await runs.status({ id: 'run-9' }, secret, forever)).toMatchObject({ kind: 'ended', reply: { ok: false } });
    const wrong = new Secret('another-key-0123456789');
    expect(await runs.status({ id: 'run-1' }, wrong, forever)).toMatchObject({
      kind: 'unclear',
      failure: { blame: 'key', reason: 'rejected' },
    });
    server.setFaults([{ route: 'run', reply: { kind: 'cut' } }]);
    expect(await runs.status({ id: 'run-1' }, secret, forever)).toMatchObject({
      kind: 'unclear',
      failure: { blame: 'provider', reason: 'unreachable' },
    });
  },
);

test('a video of OpenRouter is fetched with the key from the route of its run, with the price that the run states', async () => {
  await using stage = await aServer('openrouter');
  const { runs, server } = stage;
  if (!('start' in runs)) throw new Error('Cannot submit to openrouter');
  const request = stage.request('video', { size: { width: 720, height: 1_280 } });
  const submitted = await runs.start(request, secret, forever);
  expect(submitted).toEqual({ ok: true, operation: { id: 'run-1' }, askAgainInMs: 5_000 });
  const replies = [];
  for (let times = 0; times < 3; times += 1) replies.push(await runs.status({ id: 'run-1' }, secret, forever));
  const file = { kind: 'bytes', bytes: expect.any(Uint8Array) as unknown };
  expect(replies).toEqual([
    { kind: 'running', askAgainInMs: 5_000 },
    { kind: 'running', askAgainInMs: 5_000 },
    { kind: 'ended', reply: { ok: true, source: file, usage: { cost: 0.2 } } },
  ]);
  expect(server.calls.map(({ route }) => route)).toEqual(['video', 'run', 'run', 'run', 'run']);
  expect(server.calls[0]?.body).toBe('{"model":"alibaba/wan-2.6","prompt":"a red fox","aspect_ratio":"9:16"}');
  server.setFaults([{ route: 'run', times: 1, reply: { kind: 'cut' } }]);
  expect(await runs.status({ id: 'run-1' }, secret, forever)).toMatchObject({ kind: 'unclear' });
});

test('words that are an address of their own stay words in the path of a video of Pollinations', async () => {
  await using stage = await aServer('pollinations');
  const said = ['..', '.', 'a fox?model=veo&key=x', 'лис/../.. и %2e%2e', '狐'.repeat(2_000)];
  for (const prompt of said) {
    const request = stage.request('video', { prompt, size: { width: 1_280, height: 720 }, seed: 7 });
    expect([prompt, await stage.provider.generate(request, secret, forever)]).toMatchObject([prompt, { ok: true }]);
  }
  const heard = stage.server.calls.map(({ route, model, prompt }) => [route, model, prompt?.trimEnd()]);
  expect(heard).toEqual(said.map((prompt) => ['clip', 'wan', prompt.startsWith('狐') ? '狐'.repeat(666) : prompt]));
});

test('a song of Pollinations is instrumental where that was asked for; a voice of xAI is named after a slash', async () => {
  await using songs = await aServer('pollinations');
  const song = songs.request('music', { instrumental: true });
  expect(await songs.provider.generate(song, secret, forever)).toMatchObject({ ok: true });
  expect(songs.server.calls[0]?.body).toContain('"instrumental":true');
  await using voices = await aServer('xai');
  const speech = voices.request('speech', { model: 'tts/rex' });
  expect(await voices.provider.generate(speech, secret, forever)).toMatchObject({ ok: true });
  expect(voices.server.calls[0]?.body).toContain('"voice_id":"rex"');
  const nobody = voices.request('speech', { model: 'tts/nobody' });
  expect(await voices.provider.generate(nobody, secret, forever)).toMatchObject({ ok: false });
});
