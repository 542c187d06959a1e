import { expect, test } from 'vitest';
import { fakeClock } from '../../support/fake-clock.ts';
import type { FaultEffect } from '../../../sandbox/bytez/bytez-fault.ts';
import { aSandbox, get, imageModel, madeUrl, plainPainter, pngBytes, post, troubled } from './ask.ts';

const fox = { text: 'a fox' };

const spoken: readonly { effect: FaultEffect; status: number; body: string | RegExp }[] = [
  { effect: { kind: 'unauthorized' }, status: 401, body: '{"error":"Unauthorized"}' },
  { effect: { kind: 'forbidden' }, status: 403, body: /"error":/ },
  {
    effect: { kind: 'out-of-credit' },
    status: 402,
    body: '{"status":402,"error":"Payment Required","message":"Insufficient credits. Please add credits to continue."}',
  },
  { effect: { kind: 'rate-limited' }, status: 429, body: '{"error":"Rate limit exceeded","output":null}' },
  { effect: { kind: 'credits-429' }, status: 429, body: /Out of free monthly credits.*premium/ },
  { effect: { kind: 'concurrency' }, status: 429, body: /Rejected: your plan allows for 1 concurrency/ },
  { effect: { kind: 'no-model' }, status: 404, body: /Model does not exist or has yet to be added/ },
  {
    effect: { kind: 'error-200', error: 'CUDA out of memory' },
    status: 200,
    body: '{"error":"CUDA out of memory","output":null}',
  },
  { effect: { kind: 'status', status: 500 }, status: 500, body: /^{"error":/ },
  { effect: { kind: 'status', status: 502 }, status: 502, body: /<html>.*502 Bad Gateway/s },
  { effect: { kind: 'status', status: 503 }, status: 503, body: /capacity/ },
  { effect: { kind: 'status', status: 418, body: 'teapot' }, status: 418, body: 'teapot' },
  { effect: { kind: 'bad-json' }, status: 200, body: /^{"error":null,"output":"[^"]*$/ },
  { effect: { kind: 'refused' }, status: 400, body: /content policy/ },
  { effect: { kind: 'refused', status: 200 }, status: 200, body: /content policy/ },
];

test.each(spoken)('the fault $effect returns $status', async ({ effect, status, body }) => {
  await using sandbox = await troubled(effect);
  const response = await post(sandbox, imageModel, fox);
  const text = await response.text();
  expect(response.status).toBe(status);
  expect(text).toEqual(typeof body === 'string' ? body : expect.stringMatching(body));
  expect(sandbox.calls).toMatchObject([{ fault: effect.kind, status, prompt: 'a fox', aborted: false }]);
});

test('a rate limit has a Retry-After only when it was given one', async () => {
  await using quiet = await troubled({ kind: 'rate-limited' });
  await using emitting = await troubled({ kind: 'rate-limited', retryAfterS: 7 });
  const headers = await Promise.all(
    [quiet, emitting].map(async (sandbox) => (await post(sandbox, imageModel, fox)).headers),
  );
  expect(headers.map((each) => each.get('retry-after'))).toEqual([null, '7']);
});

test('a status fault has the content type it was given', async () => {
  await using sandbox = await troubled({ kind: 'status', status: 500, body: 'x', contentType: 'text/weird' });
  expect((await post(sandbox, imageModel, fox)).headers.get('content-type')).toBe('text/weird');
});

test('a cut connection has no response, and does not count as a client that disconnected', async () => {
  await using sandbox = await troubled({ kind: 'cut' });
  await expect(post(sandbox, imageModel, fox)).rejects.toThrow('fetch failed');
  expect(sandbox.calls).toMatchObject([{ fault: 'cut', aborted: false }]);
  expect(sandbox.calls[0]?.status).toBeUndefined();
});

test('a truncated response starts well and ends in the middle', async () => {
  await using sandbox = await troubled({ kind: 'truncated' });
  const response = await post(sandbox, imageModel, fox);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow('terminated');
});

test('a slow response is late and otherwise unchanged', async () => {
  const clock = fakeClock();
  await using sandbox = await aSandbox({ clock, latencyMs: 1000 });
  sandbox.setFaults('ann', [{ do: { kind: 'slow', ms: 9000 } }, { do: { kind: 'error-200', error: 'tired' } }]);
  const run = post(sandbox, imageModel, fox);
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(10_000);
  expect(await (await run).json()).toEqual({ error: 'tired', output: null });
  expect((sandbox.calls[0]?.endedAtMs ?? 0) - (sandbox.calls[0]?.atMs ?? 0)).toBe(10_000);
});

test('a refused key is refused on every route, other faults hit runs only', async () => {
  await using refused = await troubled({ kind: 'unauthorized' });
  await using poor = await troubled({ kind: 'out-of-credit' });
  await using listless = await troubled({ kind: 'status', status: 500 }, { route: 'list' });
  const statuses = await Promise.all(
    [refused, poor, listless].map(async (sandbox) => [
      (await get(sandbox, 'list/tasks')).status,
      (await post(sandbox, imageModel, fox)).status,
      (await post(sandbox, 'openai/v1/chat/completions', { model: 'gpt2', messages: [] })).status,
    ]),
  );
  expect(statuses).toEqual([
    [401, 401, 401],
    [200, 402, 402],
    [500, 200, 400],
  ]);
});

test('a missing result comes back after the given number of tries', async () => {
  await using sandbox = await troubled({ kind: 'gone-media', times: 2 });
  const url = await madeUrl(sandbox);
  const statuses: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) statuses.push((await fetch(url)).status);
  expect(statuses).toEqual([404, 404, 200, 200]);
});

test.each([true, false])(
  'a result can be bigger than its picture, with or without a content length (chunked: %s)',
  async (chunked) => {
    await using sandbox = await troubled({ kind: 'big-media', bytes: 200_001, chunked });
    const response = await fetch(await madeUrl(sandbox));
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(chunked ? null : '200001');
    expect(bytes.length).toBe(200_001);
    expect(bytes.subarray(0, pngBytes.length)).toEqual(pngBytes);
  },
);

test('a result can be a web page', async () => {
  await using sandbox = await troubled({ kind: 'html-media' });
  const response = await fetch(await madeUrl(sandbox));
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html']);
});

test('a result can redirect', async () => {
  await using sandbox = await troubled({ kind: 'redirect-media', to: 'http://169.254.169.254/latest' });
  const response = await fetch(await madeUrl(sandbox), { redirect: 'manual' });
  expect([response.status, response.headers.get('location')]).toEqual([302, 'http://169.254.169.254/latest']);
});

test('a result can be cut in the middle and be whole at the next try', async () => {
  await using sandbox = await troubled({ kind: 'cut-media', times: 1 });
  const url = await madeUrl(sandbox);
  await expect(fetch(url).then((response) => response.arrayBuffer())).rejects.toThrow('terminated');
  expect((await fetch(url)).status).toBe(200);
});

test('a result can start and never end', async () => {
  await using sandbox = await troubled({ kind: 'stalled-media' });
  const stop = new AbortController();
  const response = await fetch(await madeUrl(sandbox), { signal: stop.signal });
  const reader = response.body?.getReader();
  expect((await reader?.read())?.value?.length).toBe(pngBytes.length / 2);
  const rest = reader?.read();
  stop.abort();
  await expect(rest).rejects.toThrow('aborted');
});

const base64 = pngBytes.toString('base64');
const fileUrl = expect.stringMatching(/^http:.*\.png$/) as string;

test.each([
  { effect: { kind: 'media-url', url: 'file:///etc/passwd' }, output: 'file:///etc/passwd' },
  { effect: { kind: 'output-shape', shape: 'array' }, output: [fileUrl] },
  { effect: { kind: 'output-shape', shape: 'object' }, output: { url: fileUrl } },
  { effect: { kind: 'output-shape', shape: 'data-url' }, output: `data:image/png;base64,${base64}` },
  { effect: { kind: 'output-shape', shape: 'base64' }, output: base64 },
] as const)('the fault $deed shapes the output', async ({ effect, output }) => {
  await using sandbox = await troubled(effect);
  expect(await (await post(sandbox, imageModel, fox)).json()).toEqual({ error: null, output });
});

test('setFaults() replaces the faults', async () => {
  await using sandbox = await troubled({ kind: 'out-of-credit' });
  const before = await post(sandbox, imageModel, fox);
  sandbox.setFaults('ann', []);
  const after = await post(sandbox, imageModel, fox);
  expect([before.status, after.status]).toEqual([402, 200]);
});

test('a painter that fails makes a failed run, and the sandbox goes on', async () => {
  const painter = { ...plainPainter(), picture: () => Promise.reject(new Error('Cannot draw pictures: no paint')) };
  await using sandbox = await aSandbox({ painter });
  const response = await post(sandbox, imageModel, fox);
  expect([response.status, await response.json()]).toEqual([
    500,
    { error: 'Cannot draw pictures: no paint', output: null },
  ]);
  expect((await get(sandbox, 'list/tasks')).status).toBe(200);
});
