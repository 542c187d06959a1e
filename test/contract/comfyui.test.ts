import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ComfyuiSandboxOptions, startComfyuiSandbox } from '../../sandbox/comfyui/comfyui-sandbox.ts';
import { jsonReply } from '../../sandbox/http/stand-in-server.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createComfyuiProvider } from '../../src/providers/comfyui/comfyui-provider.ts';
import { parseWorkflow, readWorkflows } from '../../src/providers/comfyui/workflow.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { exampleWorkflows } from '../support/queued-provider.ts';
import { failed, endsByAbort, obeyedAborts, submit } from './replies.ts';

const nobody = new Secret('');
const login = 'operator:canary-password-01';
const request: GenerationRequest = { kind: 'image', model: 'sdxl', prompt: 'a red fox', inputs: [] };
const forever = new AbortController().signal;
const read = readWorkflows(exampleWorkflows, (path) => readFileSync(path, 'utf8'));
const examples = read.ok ? read.workflows : new Map();
const picture = { kind: 'ended', reply: { ok: true, source: { kind: 'bytes' }, usage: { images: 1 } } };

async function aServer(options: ComfyuiSandboxOptions = {}) {
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await startComfyuiSandbox(options));
  const http = opening.use(createHttpClient());
  let ids = 0;
  const providerAt = (baseUrl: string, workflows = examples) =>
    createComfyuiProvider({ baseUrl, http, now: Date.now, workflows, newId: () => `r-${++ids}`, newSeed: () => 42 });
  const opened = opening.move();
  const provider = providerAt(server.baseUrl);
  const routes = () => server.calls.map(({ route }) => route);
  return { server, provider, providerAt, routes, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('a picture is submitted, waits behind the run of somebody else, and is fetched', async () => {
  await using stage = await aServer();
  const { server, provider, routes } = stage;
  const hold = server.hold();
  server.addRun('a bear');
  const size = { width: 1_344, height: 768 };
  const operation = await submit(provider, { ...request, seed: 7, negative: 'snow', size }, nobody);
  expect(operation).toEqual({ id: 'r-1', makes: 'picture' });
  const waiting = { kind: 'running', ahead: 1, isQueued: true, askAgainInMs: 2_000 };
  expect(await provider.status(operation, nobody, forever)).toEqual(waiting);
  hold.release();
  expect(await provider.status(operation, nobody, forever)).toMatchObject(picture);
  expect(routes()).toEqual(['submit', 'history', 'queue', 'history', 'view']);
  expect(server.calls[0]).toMatchObject({ words: 'a red fox\nsnow, text, watermark', seed: 7, size });
  expect(server.calls[0]).not.toHaveProperty('authorization');
});

test('a request without seed and size has a new seed, and the size of the workflow', async () => {
  await using stage = await aServer();
  await submit(stage.provider, request, nobody);
  expect(stage.server.calls[0]).toMatchObject({ seed: 42, size: { width: 1_024, height: 1_024 } });
});

test('a video is made of words', async () => {
  await using stage = await aServer();
  const operation = await submit(stage.provider, { ...request, kind: 'video' }, nobody);
  const reply = { ok: true, source: { kind: 'bytes', bytes: expect.any(Buffer) as unknown } };
  expect(await stage.provider.status(operation, nobody, forever)).toEqual({ kind: 'ended', reply });
});

test('a picture of a person is uploaded under a name of its own, and changed', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'darkroom-input-'));
  await using stage = await aServer();
  const path = join(folder.path, 'fox.png');
  writeFileSync(path, 'the bytes of a fox');
  const inputs = [{ path, kind: 'image', mime: 'image/png', bytes: 18 }] as const;
  const operation = await submit(stage.provider, { ...request, kind: 'edit', inputs }, nobody);
  expect(await stage.provider.status(operation, nobody, forever)).toMatchObject(picture);
  expect(stage.routes()).toEqual(['upload', 'submit', 'history', 'view']);
  expect(await stage.provider.start({ ...request, kind: 'edit' }, nobody, forever)).toEqual(
    failed('provider', 'failed-run'),
  );
});

test('marks on which servers act do nothing', async () => {
  await using stage = await aServer();
  await submit(stage.provider, { ...request, prompt: 'a {red|blue} <lora:x:1> embedding:easy __colour__ fox' }, nobody);
  expect(stage.server.calls[0]).toMatchObject({ acted: [] });
});

test.each(['', '/', '/api', '/api/'])('the address may end in "%s"', async (end) => {
  await using stage = await aServer();
  const provider = stage.providerAt(`${stage.server.baseUrl}${end}`);
  expect(await provider.probe(nobody, forever)).toEqual({ ok: true });
  const operation = await submit(provider, request, nobody);
  expect(await provider.status(operation, nobody, forever)).toMatchObject(picture);
});

test('user and password come from the address or from the key, and are told nowhere', async () => {
  await using stage = await aServer({ login });
  const { server, provider, providerAt } = stage;
  expect(await provider.probe(nobody, forever)).toEqual(failed('key', 'rejected'));
  expect(await submit(provider, request, new Secret(login))).toMatchObject({ id: 'r-1' });
  const own = providerAt(server.baseUrl.replace('http://', 'http://operator:canary%2Dpassword-01@'));
  const operation = await submit(own, request, nobody);
  expect(await own.status(operation, nobody, forever)).toMatchObject(picture);
  server.setFaults([{ route: 'submit', reply: jsonReply(401, { message: `not ${login}` }) }]);
  const refused = await own.start(request, nobody, forever);
  expect(refused).toEqual(failed('key', 'rejected'));
  expect(JSON.stringify([operation, refused])).not.toContain('canary');
});

test('a submission whose answer is lost is found by its id, and one that never came is not', async () => {
  await using stage = await aServer();
  stage.server.setFaults([{ route: 'submit', reply: { kind: 'cut' } }]);
  const operation = await submit(stage.provider, request, nobody);
  expect(await stage.provider.status(operation, nobody, forever)).toMatchObject(picture);
  stage.server.setEnding('forgotten');
  expect(await stage.provider.start(request, nobody, forever)).toEqual(failed('provider', 'unreachable'));
});

test('a server that names runs itself is followed by its name', async () => {
  await using stage = await aServer({ namesRuns: false });
  const operation = await submit(stage.provider, request, nobody);
  expect(operation['id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(await stage.provider.status(operation, nobody, forever)).toMatchObject(picture);
});

test.each([
  ['error', failed('provider', 'failed-run')],
  ['refused', failed('request', 'refused', { sureness: 'guess' })],
  ['interrupted', failed('provider', 'failed-run')],
  ['nothing', failed('provider', 'failed-run')],
  ['forgotten', failed('provider', 'failed-run')],
] as const)('a run that ends as %s ends so', async (ending, reply) => {
  await using stage = await aServer();
  stage.server.setEnding(ending);
  const operation = await submit(stage.provider, request, nobody);
  expect(await stage.provider.status(operation, nobody, forever)).toEqual({ kind: 'ended', reply });
});

test.each([
  [
    { kind: 'reply', status: 404, headers: {}, body: '' },
    { kind: 'ended', reply: failed('provider', 'failed-run') },
  ],
  [
    { kind: 'reply', status: 200, headers: {}, body: '' },
    { kind: 'ended', reply: failed('provider', 'failed-run') },
  ],
  [{ kind: 'reply', status: 502, headers: {}, body: '' }, { kind: 'unclear' }],
  [{ kind: 'cut' }, { kind: 'unclear' }],
] as const)('a result that answers with %j', async (reply, standing) => {
  await using stage = await aServer();
  const operation = await submit(stage.provider, request, nobody);
  stage.server.setFaults([{ route: 'view', reply }]);
  expect(await stage.provider.status(operation, nobody, forever)).toMatchObject(standing);
});

test.each([true, false])(
  'a cancelled run leaves the queue or is stopped, and no other is (a server that knows ids: %s)',
  async (namesRuns) => {
    await using stage = await aServer({ namesRuns });
    const { server, provider, routes } = stage;
    server.hold();
    const first = await submit(provider, request, nobody);
    const second = await submit(provider, request, nobody);
    await provider.cancel?.(second, nobody, forever);
    expect(routes().filter((route) => route === 'interrupt')).toEqual([]);
    const running = { kind: 'running', ahead: 0, askAgainInMs: 2_000 };
    expect(await provider.status(first, nobody, forever)).toEqual(running);
    await provider.cancel?.(first, nobody, forever);
    const ended = { kind: 'ended', reply: failed('provider', 'failed-run') };
    expect(await provider.status(first, nobody, forever)).toEqual(ended);
    expect(await provider.status(second, nobody, forever)).toEqual(ended);
  },
);

const example = readFileSync(exampleWorkflows.split(',')[0] ?? '', 'utf8');

test.each([
  ['a checkpoint that is gone', (text: string) => text.replace('sd_xl_base_1.0', 'gone')],
  ['a node that is not installed', (text: string) => text.replace('"KSampler"', '"KSamplerOfSomebody"')],
  ['nothing that is saved', (text: string) => text.replace('"SaveImage"', '"VAEDecode"')],
  ['a number out of bounds', (text: string) => text.replace('"steps": 25', '"steps": 0')],
  ['a missing input', (text: string) => text.replace('"cfg": 7,', '')],
])('a workflow with %s is one that nobody serves', async (_what, change) => {
  await using stage = await aServer();
  const parsed = parseWorkflow(change(example));
  if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
  const provider = stage.providerAt(stage.server.baseUrl, new Map([['image', parsed.workflow]]));
  const reply = await provider.start(request, nobody, forever);
  expect(reply).toMatchObject({ ok: false, failure: { blame: 'model', reason: 'unknown-model' } });
});

test('a kind that no workflow makes is not asked for', async () => {
  await using stage = await aServer();
  expect(await stage.provider.start({ ...request, kind: 'music' }, nobody, forever)).toEqual(
    failed('model', 'unknown-model'),
  );
  expect(stage.routes()).toEqual([]);
});

test('a submission ends at its deadline, and its abort for another reason is thrown', async () => {
  await using stage = await aServer();
  stage.server.setFaults([{ route: 'submit', reply: { kind: 'hang' } }]);
  expect(await endsByAbort((signal) => stage.provider.start(request, nobody, signal))).toEqual(obeyedAborts);
});
