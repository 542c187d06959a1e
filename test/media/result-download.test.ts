import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import { jobId } from '../../src/domain/ids.ts';
import { type JobKind, perKind } from '../../src/domain/kinds.ts';
import type { Downloaded, MediaSource } from '../../src/domain/media.ts';
import { createResultStore, type ResultStoreOptions } from '../../src/media/result-store.ts';
import { localHttpServer, localTcpServer, type LocalServer } from '../contract/local-server.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aGif, aJpeg, anMp4, aPng, aWebm, aWebp } from './sample-files.ts';

const forever = new AbortController().signal;
const id = jobId('tg-1-2');

async function aApp(options: Partial<ResultStoreOptions> = {}) {
  const root = await mkdtemp(join(tmpdir(), 'results-'));
  const directory = join(root, 'results');
  const resultStore = createResultStore({ allowPrivateHosts: [], ...options, directory });
  return {
    directory,
    keep: (source: MediaSource, kind: JobKind = 'image', signal = forever, job = id) =>
      resultStore.download(source, kind, job, signal),
    files: async () => await readdir(directory),
    [Symbol.asyncDispose]: async () => {
      await resultStore[Symbol.asyncDispose]();
      await rm(root, { recursive: true });
    },
  };
}

/** Keeps what the server gives, as an operator would who trusts exactly this server. */
async function keepFrom(server: LocalServer, options: Partial<ResultStoreOptions> = {}, kind: JobKind = 'image') {
  await using app = await aApp({ allowPrivateHosts: [server.host], ...options });
  const kept = await app.keep({ kind: 'url', url: `${server.url}/a.png` }, kind);
  return { kept, left: await app.files() };
}

function refused(reason: AttemptFailure['reason'], retryable = false): { kept: Downloaded; left: string[] } {
  const failure = { blame: 'provider', reason, detail: expect.any(String) as unknown } as AttemptFailure;
  return { kept: { ok: false, failure, retryable }, left: [] };
}

const giving =
  (body: Uint8Array | string, type = 'image/png'): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', type).end(body);
  };

const packers = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync, zstd: zstdCompressSync } as const;

test('a picture comes to the disk under the name of its job, readable by nobody else', async () => {
  await using server = await localHttpServer(giving(aPng(640, 480)));
  await using app = await aApp({ allowPrivateHosts: [server.host] });

  const kept = await app.keep({ kind: 'url', url: `${server.url}/model/output/x.png` });

  const path = join(app.directory, 'job-tg-1-2.png');
  const bytes = aPng(640, 480).byteLength;
  expect(kept).toEqual({ ok: true, file: { path, kind: 'image', mime: 'image/png', bytes, width: 640, height: 480 } });
  expect((await readFile(path)).equals(aPng(640, 480))).toBe(true);
  expect([(await stat(path)).mode & 0o777, (await stat(app.directory)).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(await app.files()).toEqual(['job-tg-1-2.png']);
});

test('a download carries no credential and asks for the bytes as they are (S21)', async () => {
  await using server = await localHttpServer(giving(aPng()));
  await keepFrom(server);

  const headers = server.seen[0]?.headers ?? {};
  expect(headers['accept-encoding']).toBe('identity');
  expect([headers.authorization, headers.cookie, headers.referer]).toEqual([undefined, undefined, undefined]);
});

test.each([
  ['png', 'image', aPng(), 'image/png', { width: 2, height: 3 }],
  ['jpg', 'image', aJpeg(2, 3, 0), 'image/jpeg', { width: 2, height: 3 }],
  ['gif', 'image', aGif(), 'image/gif', { width: 2, height: 3 }],
  ['webp', 'image', aWebp('VP8X'), 'image/webp', { width: 2, height: 3 }],
  ['mp4', 'video', anMp4(), 'video/mp4', { width: 640, height: 360, durationMs: 3_000 }],
  ['webm', 'video', aWebm(), 'video/webm', {}],
] as const)(
  'a %s is known by its bytes, whatever its address and its type say (C24)',
  async (extension, kind, bytes, mime, size) => {
    await using app = await aApp();

    expect(await app.keep({ kind: 'bytes', bytes }, kind)).toEqual({
      ok: true,
      file: {
        path: join(app.directory, `job-tg-1-2.${extension}`),
        kind,
        mime,
        bytes: bytes.byteLength,
        ...size,
      },
    });
  },
);

const unavailable = ['result-unavailable', false] as const;
const notWhole = ['result-unavailable', true] as const;
const unusable = ['result-unusable', false] as const;

test.each([
  ['HTML', 'image', Buffer.from('<!doctype html><html><body>not found</body></html>'), unavailable],
  ['JSON', 'image', Buffer.from('{"error":"gone"}'), unavailable],
  ['a program', 'image', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]), unusable],
  ['a ZIP', 'image', Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), Buffer.alloc(200)]), unusable],
  ['an SVG', 'image', Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>'), unusable],
  ['a PDF', 'image', Buffer.from('%PDF-1.7\n%abc'), unusable],
  ['an MP4 without its ftyp', 'video', Buffer.alloc(200, 7), notWhole],
  ['no byte', 'image', Buffer.alloc(0), notWhole],
  ['ten bytes', 'image', aPng().subarray(0, 10), notWhole],
  ['a picture instead of a video', 'video', aPng(), unusable],
  ['a video instead of a picture', 'image', anMp4(), unusable],
  ['a PNG that ends in its header', 'image', aPng().subarray(0, 20), notWhole],
  [
    'a JPEG magic with garbage behind it',
    'image',
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(200, 7)]),
    notWhole,
  ],
  ['a picture without height', 'image', aPng(5, 0), notWhole],
  ['a small file that claims 60,000 x 60,000 pixels', 'image', aPng(60_000, 60_000), unusable],
  ['a JPEG of more than 200 megapixels', 'image', aJpeg(20_001, 10_000), unusable],
] as const)('%s is not kept and leaves nothing behind (C24, C25)', async (_name, kind, bytes, [reason, retryable]) => {
  await using app = await aApp();

  const kept = await app.keep({ kind: 'bytes', bytes }, kind);

  expect({ kept, left: await app.files() }).toEqual(refused(reason, retryable));
});

test('a picture of exactly 200 megapixels is kept (C25)', async () => {
  await using app = await aApp();
  expect(await app.keep({ kind: 'bytes', bytes: aPng(20_000, 10_000) })).toMatchObject({ ok: true });
});

test.each([
  ['../../etc/passwd', /^job-[A-Za-z0-9_-]+\.png$/],
  ['a\u202Egnp.exe', /^job-[A-Za-z0-9_-]+\.png$/],
  ['con', /^job-con\.png$/],
  ['x'.repeat(5000), /^job-x{80}-[0-9a-f]{12}\.png$/],
  ['a\u0000b\r\nX: y', /^job-[A-Za-z0-9_-]+\.png$/],
])('the job id %j makes a harmless name (C27)', async (text, pattern) => {
  await using app = await aApp();

  await app.keep({ kind: 'bytes', bytes: aPng() }, 'image', forever, jobId(text));

  expect(await app.files()).toEqual([expect.stringMatching(pattern)]);
});

test('two ids that differ only in what is replaced keep two files (C27)', async () => {
  await using app = await aApp();

  await app.keep({ kind: 'bytes', bytes: aPng() }, 'image', forever, jobId('a/b'));
  await app.keep({ kind: 'bytes', bytes: aPng() }, 'image', forever, jobId('a\\b'));

  expect(await app.files()).toHaveLength(2);
});

test('a name from Content-Disposition is ignored (C27)', async () => {
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-disposition', 'attachment; filename="../../x.exe"').end(aPng());
  });

  expect((await keepFrom(server)).left).toEqual(['job-tg-1-2.png']);
});

test('a job that is fetched again replaces its file', async () => {
  await using app = await aApp();

  await app.keep({ kind: 'bytes', bytes: aPng(1, 1) });
  await app.keep({ kind: 'bytes', bytes: aPng(9, 9) });

  expect(await app.files()).toEqual(['job-tg-1-2.png']);
  expect((await readFile(join(app.directory, 'job-tg-1-2.png'))).equals(aPng(9, 9))).toBe(true);
});

test.each([
  [403, true],
  [404, true],
  [429, true],
  [500, true],
  [502, true],
  [503, true],
  [400, false],
  [401, false],
  [410, false],
  [304, false],
  [204, false],
  [206, false],
])('HTTP %i makes a result unavailable, retryable: %s (C21)', async (status, retryable) => {
  await using server = await localHttpServer((_request, response) => {
    response.writeHead(status).end(status === 204 || status === 304 ? undefined : aPng());
  });

  expect(await keepFrom(server)).toEqual(refused('result-unavailable', retryable));
});

test.each([
  ['before the headers end', 'HTTP/1.1 200 OK\r\ncontent-'],
  ['before the promised length', 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n\x89PNG'],
  ['inside a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n\x89PNG'],
])('a connection cut %s may be tried again', async (_name, bytes) => {
  await using server = await localTcpServer((socket) => void socket.end(bytes, 'latin1'));

  expect(await keepFrom(server)).toEqual(refused('result-unavailable', true));
});

test('what is not HTTP is not tried again', async () => {
  await using server = await localTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'));

  expect(await keepFrom(server)).toEqual(refused('result-unavailable'));
});

test('a closed port may be tried again', async () => {
  const server = await localHttpServer(giving(aPng()));
  await server[Symbol.asyncDispose]();

  expect(await keepFrom(server)).toEqual(refused('result-unavailable', true));
});

test('a length beyond the limit is refused without reading (C8)', async () => {
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-length', '4000000000').write(aPng());
  });

  expect(await keepFrom(server)).toEqual(refused('result-too-large'));
  await server.allClosed();
});

test.each([
  ['image', 1000],
  ['video', 2000],
] as const)('a body without end is left at the limit of its kind: %s (C8)', async (kind, limitBytes) => {
  await using server = await localTcpServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const pour = () => {
      if (!socket.destroyed) socket.write(Buffer.alloc(500), () => setImmediate(pour));
    };
    pour();
  });

  const limits = { maxBytes: { ...perKind(() => 2000), image: 1000 } };
  const { kept, left } = await keepFrom(server, { limits }, kind);

  expect({ kept, left }).toEqual(refused('result-too-large'));
  expect(kept).toMatchObject({ failure: { detail: `larger than ${limitBytes} bytes` } });
  await server.allClosed();
});

test('bytes inside an answer have the same limit (C8)', async () => {
  await using app = await aApp({ limits: { maxBytes: perKind(() => 100) } });

  const kept = await app.keep({ kind: 'bytes', bytes: aPng(2, 3, 200) });

  expect({ kept, left: await app.files() }).toEqual(refused('result-too-large'));
});

test('a file of exactly the limit is kept (C26)', async () => {
  const bytes = aPng();
  await using app = await aApp({ limits: { maxBytes: { ...perKind(() => 0), image: bytes.byteLength } } });

  expect(await app.keep({ kind: 'bytes', bytes })).toMatchObject({ ok: true });
});

test.each(['br', 'gzip', 'deflate', 'zstd'] as const)('a bomb in %s is left at the limit (C9)', async (encoding) => {
  const bomb = packers[encoding](Buffer.alloc(60_000_000));
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-encoding', encoding).end(bomb);
  });

  expect(await keepFrom(server)).toEqual(refused('result-too-large'));
});

test.each([
  ['gzip', packers.gzip(aPng())],
  ['br', packers.br(aPng())],
  ['deflate', packers.deflate(aPng())],
  ['zstd', packers.zstd(aPng())],
  ['gzip', aPng()],
  ['br', aPng()],
  ['UTF-8', aPng()],
  ['none', aPng()],
  ['x-unknown, aws-chunked', aPng()],
  ['', packers.gzip(aPng())],
])('a picture is kept as it is under the encoding "%s" (C10)', async (encoding, body) => {
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-encoding', encoding).end(body);
  });

  expect((await keepFrom(server)).kept).toMatchObject({ ok: true, file: { mime: 'image/png' } });
});

test('a packed picture that breaks off may be fetched again (C10)', async () => {
  const packed = packers.gzip(aPng(2, 3, 5_000));
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-encoding', 'gzip').end(packed.subarray(0, packed.byteLength / 2));
  });

  expect(await keepFrom(server)).toEqual(refused('result-unavailable', true));
});

test('a body slower than the least rate is left once ten seconds are over (C11)', async () => {
  const times = [0, 9000, 10_001];
  const clock = { ...fakeClock(), monotonicMs: () => times.shift() ?? 10_001 };
  await using server = await localTcpServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const drip = () => {
      if (!socket.destroyed) socket.write('.', () => setImmediate(drip));
    };
    drip();
  });

  const { kept, left } = await keepFrom(server, { clock });

  expect({ kept, left }).toEqual(refused('result-unavailable', true));
  expect(kept).toMatchObject({ failure: { detail: 'slower than 1000 bytes a second' } });
  await server.allClosed();
});

test('a download as a whole has a deadline of its own (C11)', async () => {
  const clock = fakeClock();
  await using server = await localHttpServer((_request, response) => {
    response.write(aPng(2, 3, 500_000).subarray(0, 400_000), () => void clock.advance(120_000));
  });

  expect(await keepFrom(server, { clock })).toEqual(refused('result-unavailable', true));
  await server.allClosed();
});

test('a passed deadline makes a result unavailable for now', async () => {
  const deadline = new AbortController();
  await using server = await localHttpServer(() => deadline.abort(new DOMException('Too late', 'TimeoutError')));
  await using app = await aApp({ allowPrivateHosts: [server.host] });

  const kept = await app.keep({ kind: 'url', url: server.url }, 'image', deadline.signal);

  expect({ kept, left: await app.files() }).toEqual(refused('result-unavailable', true));
  await server.allClosed();
});

test('a cancelled download throws the reason of the cancel and leaves nothing behind', async () => {
  const cancel = new AbortController();
  const reason = new Error('Cancelled by the person');
  await using server = await localHttpServer((_request, response) => {
    response.write(aPng(), () => cancel.abort(reason));
  });
  await using app = await aApp({ allowPrivateHosts: [server.host] });

  await expect(app.keep({ kind: 'url', url: server.url }, 'image', cancel.signal)).rejects.toBe(reason);
  expect(await app.files()).toEqual([]);
  await server.allClosed();
});

test('a disk that takes nothing is told as unavailable, with the code of the disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'results-'));
  await writeFile(join(root, 'file'), '');
  const told: AppEvent[] = [];
  await using resultStore = createResultStore({
    directory: join(root, 'file', 'results'),
    allowPrivateHosts: [],
    emit: (event) => told.push(event),
  });

  expect(await resultStore.download({ kind: 'bytes', bytes: aPng() }, 'image', id, forever)).toEqual({
    ok: false,
    failure: { blame: 'provider', reason: 'result-unavailable', detail: 'cannot be written to the disk: ENOTDIR' },
    retryable: true,
    diskFull: true,
  });
  expect(resultStore.diskError?.()?.message).toContain('make room there');
  expect(told).toMatchObject([{ event: 'storage.unavailable', what: 'results' }]);
  await rm(root, { recursive: true });
});

test.each([
  'https://127.0.0.1/',
  'https://localhost:6379/',
  'https://[::1]/',
  'https://0x7f.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://[::ffff:127.0.0.1]/',
  'file:///etc/passwd',
  'https://user:pw@cdn.example.com/',
  'https://cdn.example.com:6379/',
  'https://cdn.example.com\\@good.example/',
  'https://private.example.com/',
])('S1-S33 the result at "%s" is never asked for', async (url) => {
  await using app = await aApp({
    resolve: async () => ['93.184.216.34', '10.0.0.1'],
    dial: () => expect.unreachable('nothing may be dialled'),
  });

  const kept = await app.keep({ kind: 'url', url });

  expect({ kept, left: await app.files() }).toEqual(refused('result-forbidden'));
  expect(JSON.stringify(kept)).not.toContain('pw');
});

test.each([301, 302, 303, 307, 308])('a redirect by %i to an allowed address is followed (S19)', async (status) => {
  await using server = await localHttpServer((request, response) => {
    if (request.url === '/b.png') response.end(aPng());
    else response.writeHead(status, { location: '/b.png' }).end();
  });

  expect((await keepFrom(server)).kept).toMatchObject({ ok: true });
  expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /a.png', 'GET /b.png']);
});

test.each([
  'https://127.0.0.1:1/',
  'https://localhost/',
  'https://169.254.169.254/',
  '//10.0.0.1/x',
  'file:///etc/passwd',
  'data:image/png;base64,AAAA',
  'ftp://cdn.example.com/',
  'gopher://cdn.example.com/',
  'http:\\\\127.0.0.1\\',
  'https://user:pw@cdn.example.com/',
  'https://private.example.com/',
  `/${'a'.repeat(9000)}`,
])('a redirect to "%s" is not followed (S19, S20)', async (location) => {
  await using server = await localHttpServer((_request, response) => void response.writeHead(302, { location }).end());
  await using app = await aApp({ allowPrivateHosts: [server.host], resolve: async () => ['10.0.0.1'] });

  const kept = await app.keep({ kind: 'url', url: `${server.url}/a.png` });

  expect({ kept, left: await app.files() }).toEqual(refused('result-forbidden'));
  expect(server.seen).toHaveLength(1);
});

test('a redirect in a circle ends after three hops (S20)', async () => {
  await using server = await localHttpServer((_request, response) => {
    response.writeHead(302, { location: '/again' }).end();
  });

  expect(await keepFrom(server)).toEqual(refused('result-unavailable'));
  expect(server.seen).toHaveLength(4);
});

test('a redirect without a location is a failure (S20)', async () => {
  await using server = await localHttpServer((_request, response) => void response.writeHead(302).end());

  expect(await keepFrom(server)).toEqual(refused('result-unavailable'));
});

test('a proxy that the process alone names is not asked (S29)', async () => {
  await using proxy = await localHttpServer(giving(aPng()));
  await using server = await localHttpServer(giving(aPng()));
  const before = process.env.HTTP_PROXY;
  process.env.HTTP_PROXY = proxy.url;
  try {
    expect((await keepFrom(server)).kept).toMatchObject({ ok: true });
  } finally {
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
  }
  expect([proxy.connections(), server.connections()]).toEqual([0, 1]);
});

test('many results at once do not disturb each other', async () => {
  await using server = await localHttpServer((request, response) => {
    const side = Number(request.url?.slice(1));
    void breathe().then(() => response.end(aPng(side, side)));
  });
  await using app = await aApp({ allowPrivateHosts: [server.host] });
  const sides = Array.from({ length: 20 }, (_, index) => index + 1);

  const kept = await Promise.all(
    sides.map((side) => app.keep({ kind: 'url', url: `${server.url}/${side}` }, 'image', forever, jobId(`job${side}`))),
  );

  expect(kept.map((each) => (each.ok ? each.file.width : 0))).toEqual(sides);
  expect(await app.files()).toHaveLength(20);
});

test('createResultKeeper() leaves no timer behind, whether a result was kept or not', async () => {
  const clock = fakeClock();
  await using app = await aApp({ clock });
  const kept = await app.keep({ kind: 'bytes', bytes: aPng() });
  const refused = await app.keep({ kind: 'url', url: 'http://127.0.0.1/a.png' });
  expect([kept.ok, refused.ok, clock.pending]).toEqual([true, false, 0]);
});
