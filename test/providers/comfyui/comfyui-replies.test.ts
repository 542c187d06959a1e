import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/secret.ts';
import { createComfyuiProvider } from '../../../src/providers/comfyui/comfyui-provider.ts';
import { readWorkflows } from '../../../src/providers/comfyui/workflow.ts';
import type { HttpClient, HttpReply } from '../../../src/providers/http/http-exchange.ts';
import { type Asking, replyFixtures, understood } from '../reply-fixtures.ts';

const examples = ['picture', 'edit', 'video'].map((name) =>
  join(import.meta.dirname, `../../../docs/comfyui/${name}.json`),
);
const read = readWorkflows(examples.join(','), (path) => readFileSync(path, 'utf8'));
const workflows = read.ok ? read.workflows : new Map();

function json(body: unknown): HttpReply {
  return { kind: 'answer', status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) };
}

function providerOver(call: HttpClient['call']) {
  const http: HttpClient = { call, [Symbol.asyncDispose]: async () => {} };
  const baseUrl = 'http://gpu.example:8188';
  return createComfyuiProvider({ baseUrl, http, now: () => 0, workflows, newId: () => 'r-1', newSeed: () => 42 });
}

const asking: Asking = {
  models: { image: 'fox', edit: 'fox', video: 'fox' },
  operation: { id: 'r-1' },
  create: (recorded) =>
    providerOver(async (call) => {
      if (call.url.includes('/view?')) return { kind: 'answer', status: 200, headers: {}, body: Buffer.from('fox') };
      return call.url.endsWith('/queue') ? json({ queue_running: [], queue_pending: [] }) : recorded.call(call);
    }),
};

test.each(replyFixtures('comfyui'))('createComfyuiProvider() understands $name ($on, $status)', async (recorded) => {
  expect(await understood(recorded, asking)).toEqual(recorded.expect);
});

const nobody = new Secret('');
const forever = new AbortController().signal;
const item = (number: number, id: string) => [number, id, {}, {}, []];

test.each([
  [
    { queue_running: [item(1, 'r-1')], queue_pending: [] },
    { kind: 'running', ahead: 0, askAgainInMs: 2_000 },
  ],
  // A heap: the order is that of the numbers.
  [
    { queue_running: [item(1, 'x')], queue_pending: [item(2, 'y'), item(5, 'z'), item(3, 'r-1')] },
    { kind: 'running', ahead: 2, askAgainInMs: 2_000, isQueued: true },
  ],
  [{ queue_running: {} }, { kind: 'unclear' }],
])('a run that has no history yet stands where the queue says: %j', async (queue, standing) => {
  const provider = providerOver(async ({ url }) => json(url.endsWith('/queue') ? queue : {}));
  expect(await provider.status({ id: 'r-1' }, nobody, forever)).toMatchObject(standing);
});

test('a run that ends between the questions for history and queue is not taken for lost', async () => {
  const outputs = { 9: { images: [{ filename: 'fox.png', subfolder: 'a b', type: 'output' }] } };
  let asked = 0;
  const provider = providerOver(async ({ url }) => {
    if (url.endsWith('/queue')) return json({ queue_running: [], queue_pending: [] });
    if (url.includes('/view?')) return json(url.slice(url.indexOf('?')));
    asked += 1;
    return json(asked === 1 ? {} : { 'r-1': { outputs, status: null } });
  });
  const bytes = Buffer.from('"?filename=fox.png&subfolder=a+b&type=output"');
  expect(await provider.status({ id: 'r-1' }, nobody, forever)).toEqual({
    kind: 'ended',
    reply: { ok: true, source: { kind: 'bytes', bytes }, usage: { images: 1 } },
  });
});

test('what is saved comes before previews, a video before its first frame, and a batch is several files', async () => {
  const file = (filename: string, type = 'output') => ({ filename, subfolder: '', type });
  const outputs = {
    8: { images: [file('preview.png', 'temp')] },
    9: { images: [file('frame.png'), file('other.png')] },
    10: { gifs: [file('clip.mp4')] },
  };
  const provider = providerOver(async ({ url }) =>
    json(url.includes('/view?') ? url.slice(url.indexOf('=') + 1, url.indexOf('&')) : { 'r-1': { outputs } }),
  );
  const made = async (makes: string) => JSON.stringify(await provider.status({ id: 'r-1', makes }, nobody, forever));
  const bytesOf = (name: string) => JSON.stringify(Buffer.from(`"${name}"`));
  expect(await made('video')).toContain(`"source":{"kind":"bytes","bytes":${bytesOf('clip.mp4')}}`);
  const pictures = await made('picture');
  for (const name of ['frame.png', 'other.png']) expect(pictures).toContain(bytesOf(name));
  expect(pictures).not.toContain(bytesOf('preview.png'));
});

test('without a workflow that can be used nothing is asked', async () => {
  const http: HttpClient = { call: () => Promise.reject(new Error('asked')), [Symbol.asyncDispose]: async () => {} };
  const given = { http, now: () => 0, workflows: new Map(), newId: () => 'r-1', newSeed: () => 1 };
  const request = { kind: 'image', model: 'picture', prompt: 'a fox', inputs: [] } as const;
  for (const baseUrl of ['', 'http://gpu.example:8188']) {
    const provider = createComfyuiProvider({ baseUrl, ...given });
    expect(await provider.start(request, nobody, forever)).toMatchObject({ failure: { blame: 'key' } });
  }
});
