import { setImmediate as breathe } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import type { ProviderReply } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createBytezProvider } from '../../src/providers/bytez/bytez-provider.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { localHttpServer, localTcpServer, type LocalServer } from './local-server.ts';

const key = new Secret('0123456789abcdef0123456789abcdef');
const run = {
  kind: 'image',
  model: 'dreamlike-art/dreamlike-photoreal-2.0',
  prompt: 'a "red" fox',
  inputs: [],
} as const;
const cdnUrl = 'https://cdn.bytez.com/model/output/a/b/c.png';
const forever = new AbortController().signal;

async function generate(server: LocalServer, signal: AbortSignal = forever): Promise<ProviderReply> {
  await using http = createHttpClient();
  const provider = createBytezProvider({ baseUrl: `${server.url}/models/v2/`, http, now: Date.now });
  return await provider.generate(run, key, signal);
}

function failed(blame: string, reason: string, sureness?: 'likely' | 'guess'): unknown {
  const detail = expect.any(String) as unknown;
  return { ok: false, failure: { blame, reason, detail, ...(sureness === undefined ? {} : { sureness }) } };
}

/** A deadline that passes when the test says so. */
function deadline() {
  const controller = new AbortController();
  return { signal: controller.signal, pass: () => controller.abort(new DOMException('Too late', 'TimeoutError')) };
}

test('a run sends the prompt as text, the key in its own scheme and the slash of the model as it is', async () => {
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ error: null, output: cdnUrl }));
  });

  expect(await generate(server)).toEqual({ ok: true, source: { kind: 'url', url: cdnUrl } });
  expect(server.seen).toEqual([
    {
      method: 'POST',
      path: '/models/v2/dreamlike-art/dreamlike-photoreal-2.0',
      body: '{"text":"a \\"red\\" fox"}',
      headers: expect.objectContaining({
        authorization: 'Key 0123456789abcdef0123456789abcdef',
        'content-type': 'application/json',
        'accept-encoding': 'identity',
      }) as unknown,
    },
  ]);
});

test('a run sends what was asked for beside the words nested, under the names of the pipelines, and nothing else', async () => {
  await using server = await localHttpServer((_request, response) => {
    const words = 'SDPipeline got an unexpected keyword argument, near "ugly hands"';
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ error: words, output: null }));
  });
  await using http = createHttpClient();
  const provider = createBytezProvider({ baseUrl: server.url, http, now: Date.now });
  const more = { size: { width: 1_024, height: 576 }, seed: 0, negative: 'ugly hands' };

  const reply = await provider.generate({ ...run, ...more }, key, forever);

  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
    text: run.prompt,
    params: { width: 1_024, height: 576, seed: 0, negative_prompt: 'ugly hands' },
  });
  expect(reply).toEqual(failed('request', 'bad-request', 'likely'));
  expect(JSON.stringify(reply)).not.toContain('ugly hands');
});

test.each(['../admin', 'a/../b', 'a?b', 'a#b', 'a%2Fb', 'a b', '/a', 'a//b', 'a/', '', 'a\\b', 'a\nb', 'ä/b', './a'])(
  'a run of the model "%s" is refused without a call',
  async (model) => {
    await using server = await localHttpServer((_request, response) => void response.end());
    await using http = createHttpClient();
    const provider = createBytezProvider({ baseUrl: server.url, http, now: Date.now });

    expect(await provider.generate({ ...run, model }, key, forever)).toEqual(failed('model', 'unknown-model'));
    expect(server.connections()).toBe(0);
  },
);

test('a key that cannot be a header is rejected without a call and without being quoted', async () => {
  await using server = await localHttpServer((_request, response) => void response.end());
  await using http = createHttpClient();
  const provider = createBytezProvider({ baseUrl: server.url, http, now: Date.now });
  const broken = new Secret('0123456789abcdef\r\nx-admin: 1');

  const replies = [await provider.generate(run, broken, forever), await provider.probe(broken, forever)];

  expect(replies).toEqual([failed('key', 'rejected'), failed('key', 'rejected')]);
  expect(JSON.stringify(replies)).not.toContain('0123456789abcdef');
  expect(server.connections()).toBe(0);
});

test('a passed deadline closes the socket and is told as timed out (C12)', async () => {
  const late = deadline();
  await using server = await localHttpServer(() => late.pass());

  expect(await generate(server, late.signal)).toEqual(failed('provider', 'timed-out'));
  await server.allClosed();
});

test('a cancelled run closes the socket and throws the reason of the cancel', async () => {
  const cancel = new AbortController();
  const reason = new Error('Cancelled by the person');
  await using server = await localHttpServer(() => cancel.abort(reason));

  await expect(generate(server, cancel.signal)).rejects.toBe(reason);
  await server.allClosed();
});

test('a run that is cancelled before it starts makes no call', async () => {
  const reason = new Error('Cancelled by the person');
  await using server = await localHttpServer((_request, response) => void response.end());

  await expect(generate(server, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(server.connections()).toBe(0);
});

test('a body that drips ends at the deadline (C11)', async () => {
  const late = deadline();
  await using server = await localHttpServer((_request, response) => {
    response.write('{"error":null,');
    setImmediate(() => response.write('"output":"ht', late.pass));
  });

  expect(await generate(server, late.signal)).toEqual(failed('provider', 'timed-out'));
  await server.allClosed();
});

test('a deadline that passes while a call waits for its connection ends it at once, and it is never sent', async () => {
  await using server = await localHttpServer(() => {});
  await using opened = new AsyncDisposableStack();
  const agent = opened.adopt(new Agent({ connections: 1 }), async (agent) => await agent.destroy());
  await using http = createHttpClient({ agent });
  const call = { method: 'GET', headers: {}, bodyLimitBytes: 10 } as const;
  const first = deadline();
  const second = deadline();
  const hanging = http.call({ ...call, url: `${server.url}/first`, signal: first.signal });
  while (server.seen.length === 0) await breathe();
  const waiting = http.call({ ...call, url: `${server.url}/second`, signal: second.signal });

  second.pass();
  expect(await waiting).toEqual({ kind: 'timed-out' });
  first.pass();
  expect(await hanging).toEqual({ kind: 'timed-out' });
  await server.allClosed();
  expect(server.seen.map(({ path }) => path)).toEqual(['/first']);
});

test('a length beyond the limit is refused without reading (C8)', async () => {
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-length', '4000000000').write('{"error":');
  });

  expect(await generate(server)).toEqual(failed('provider', 'malformed'));
  await server.allClosed();
});

test('a body without end is left as soon as its limit is passed (C8)', async () => {
  let sentBytes = 0;
  await using server = await localTcpServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const chunk = Buffer.alloc(1_000_000, ' ');
    const pour = () => {
      while (!socket.destroyed) {
        sentBytes += chunk.byteLength;
        if (!socket.write(chunk)) break;
      }
      if (!socket.destroyed) socket.once('drain', pour);
    };
    pour();
  });

  expect(await generate(server)).toEqual(failed('provider', 'malformed'));
  await server.allClosed();
  expect(sentBytes).toBeLessThan(80_000_000);
});

test('a bomb is left where it becomes larger than any answer (C9)', async () => {
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(80_000_000)));
  });

  expect(await generate(server)).toEqual(failed('provider', 'malformed'));
});

test('an answer that is packed unasked is read', async () => {
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-encoding', 'gzip').end(gzipSync(JSON.stringify({ error: null, output: cdnUrl })));
  });

  expect(await generate(server)).toMatchObject({ ok: true });
});

test.each([
  ['closed without a word', ''],
  ['closed after half of the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ['closed before the promised length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"error":null'],
  ['closed inside a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{"error"'],
])('a connection %s is the fault of the provider', async (_name, bytes) => {
  await using server = await localTcpServer((socket) => void socket.end(bytes));

  expect(await generate(server)).toEqual(failed('provider', 'unreachable'));
});

test('a body that is closed properly in the middle of its JSON is malformed (C1)', async () => {
  await using server = await localTcpServer((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n{"error":null,"outp'));

  expect(await generate(server)).toEqual(failed('provider', 'malformed'));
});

test.each([
  ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['headers beyond 16 KB', `HTTP/1.1 200 OK\r\nx-long: ${'a'.repeat(1_000_000)}\r\n\r\n`],
  ['HTTP/0.9', '<html>hello</html>'],
])('%s instead of an answer is malformed (C13)', async (_name, bytes) => {
  await using server = await localTcpServer((socket) => void socket.end(bytes));

  expect(await generate(server)).toEqual(failed('provider', 'malformed'));
});

test('early hints are passed over (C14)', async () => {
  await using server = await localTcpServer((socket) => {
    const body = JSON.stringify({ error: null, output: cdnUrl });
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(20);
    socket.end(`${hints}HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });

  expect(await generate(server)).toEqual({ ok: true, source: { kind: 'url', url: cdnUrl } });
});

test('a closed port is an unreachable provider (C19)', async () => {
  const server = await localHttpServer((_request, response) => void response.end());
  await server[Symbol.asyncDispose]();

  expect(await generate(server)).toEqual({
    ok: false,
    failure: { blame: 'provider', reason: 'unreachable', detail: 'cannot connect: ECONNREFUSED' },
  });
});

test('a redirect is not followed, so the key stays with its host (S21)', async () => {
  await using other = await localHttpServer((_request, response) => void response.end());
  await using server = await localHttpServer((_request, response) => {
    response.writeHead(307, { location: `${other.url}/steal` }).end();
  });

  expect(await generate(server)).toEqual(failed('provider', 'malformed'));
  expect(other.connections()).toBe(0);
});

test('two runs at once do not wait for each other', async () => {
  const waiting: (() => void)[] = [];
  await using server = await localHttpServer((_request, response) => {
    waiting.push(() => response.end(JSON.stringify({ error: null, output: cdnUrl })));
    if (waiting.length === 2) for (const answer of waiting) answer();
  });
  await using http = createHttpClient();
  const provider = createBytezProvider({ baseUrl: server.url, http, now: Date.now });

  const replies = await Promise.all([provider.generate(run, key, forever), provider.generate(run, key, forever)]);

  expect(replies.map((reply) => reply.ok)).toEqual([true, true]);
});

test.each([
  ['a list of tasks', 200, '{"error":null,"output":["text-to-image"]}', { ok: true }],
  ['401', 401, '{"error":"Unauthorized"}', failed('key', 'rejected')],
  ['402', 402, '{"status":402,"error":"Payment Required"}', failed('key', 'out-of-credit')],
  ['429', 429, '{"error":"Rate limit exceeded"}', failed('key', 'rate-limited')],
  ['404, which blames no model here', 404, '{"error":"Not found"}', failed('provider', 'failed-run', 'guess')],
  ['400, which blames no request here', 400, '{"error":"Bad request"}', failed('provider', 'failed-run', 'guess')],
  [
    '403 about a plan, which speaks of the key here',
    403,
    '{"error":"No access to this model"}',
    failed('key', 'rejected', 'likely'),
  ],
  ['418, which is in no table', 418, 'tea', failed('provider', 'unrecognized', 'guess')],
  ['502', 502, '<html><body>Bad gateway</body></html>', failed('provider', 'overloaded')],
  ['an HTML page with 200', 200, '<html><body>Log in to the network</body></html>', failed('provider', 'malformed')],
  ['an error with 200', 200, '{"error":"Unauthorized"}', failed('key', 'rejected', 'guess')],
])('a probe asks for the tasks and understands %s', async (_name, status, body, expected) => {
  await using server = await localHttpServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await using http = createHttpClient();
  const provider = createBytezProvider({ baseUrl: `${server.url}/models/v2`, http, now: Date.now });

  expect(await provider.probe(key, forever)).toEqual(expected);
  expect(server.seen).toEqual([
    {
      method: 'GET',
      path: '/models/v2/list/tasks',
      body: '',
      headers: expect.objectContaining({ authorization: `Key ${key.reveal()}` }) as unknown,
    },
  ]);
});

test('createHttpClient() ends its open calls when it is disposed', async () => {
  await using server = await localHttpServer(() => {});
  const http = createHttpClient();
  const call = http.call({ method: 'GET', url: server.url, headers: {}, signal: forever, bodyLimitBytes: 10 });
  while (server.seen.length === 0) await breathe();

  await http[Symbol.asyncDispose]();

  expect(await call).toEqual({ kind: 'unreachable', detail: 'cannot connect: UND_ERR_DESTROYED' });
});

test('createHttpClient() says what went wrong without quoting a header', async () => {
  await using http = createHttpClient();
  const reply = await http.call({
    method: 'GET',
    url: 'http://127.0.0.1:9/',
    headers: { authorization: 'Key canary-canary\r\nx: y' },
    signal: forever,
    bodyLimitBytes: 10,
  });

  expect(reply).toEqual({ kind: 'unreachable', detail: 'cannot connect: UND_ERR_INVALID_ARG' });
});

test('a video of 48 MB that comes as base64 inside the answer arrives whole', async () => {
  const video = Buffer.alloc(48_000_000, 'mp4 ');
  const answer = `{"error":null,"output":"data:video/mp4;base64,${video.toString('base64')}"}`;
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(answer);
  });
  const reply = await generate(server);
  const source = reply.ok && 'source' in reply ? reply.source : undefined;
  expect(source?.kind === 'bytes' && Buffer.compare(source.bytes, video)).toBe(0);
});
