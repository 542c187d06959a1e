import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { inlineResultLimitBytes } from '../../../src/media/result-encodings.ts';
import { expect, test } from 'vitest';
import { localTcpServer } from '../../contract/local-server.ts';
import { ask, askFor, askRaw, askTalking, failing, goodBody, goodReply, malformed } from '../bytez/ask-bytez.ts';

const unreachable = failing('provider', 'unreachable');
const good = `content-length: ${goodBody.length}\r\n\r\n${goodBody}`;

/** A deadline that passes when the test says so. */
function deadline() {
  const controller = new AbortController();
  return { signal: controller.signal, pass: () => controller.abort(new DOMException('Too late', 'TimeoutError')) };
}

test('an answer that promises 4 GB and brings ten bytes is not waited for (C8)', async () => {
  const reply = await askTalking((socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4000000000\r\n\r\n0123456789'),
  );

  expect(reply).toEqual(malformed);
});

test('an answer that promises ten bytes and brings more is read to the tenth, and its connection is closed (C8)', async () => {
  const reply = await askRaw(`HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n${goodBody}${'x'.repeat(100_000)}`);

  expect(reply).toEqual(malformed);
});

test.each([
  ['without a length', 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(100_000)],
  ['in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', `186a0\r\n${'x'.repeat(100_000)}\r\n`],
])('an answer %s and without end is left at its limit (C8)', async (_how, head, part) => {
  let sentBytes = 0;
  const reply = await askTalking((socket) => {
    socket.write(head);
    const pour = () => {
      if (socket.destroyed) return;
      sentBytes += part.length;
      socket.write(part, () => setImmediate(pour));
    };
    pour();
  });

  expect(reply).toEqual(malformed);
  expect(sentBytes).toBeLessThan(inlineResultLimitBytes + 20_000_000);
});

// Good without its blanks, so that only its size speaks against it.
const bomb = Buffer.concat([Buffer.alloc(80_000_000, ' '), Buffer.from(goodBody)]);

test.each([
  ['br', brotliCompressSync(bomb)],
  ['gzip', gzipSync(bomb)],
  ['deflate', deflateSync(bomb)],
  ['zstd', zstdCompressSync(bomb)],
])('a bomb in %s is unpacked to the limit and no further (C9)', async (encoding, bytes) => {
  expect(await askFor(200, bytes, `content-encoding: ${encoding}\r\n`)).toEqual(malformed);
});

test.each([
  'content-encoding: gzip, gzip, gzip\r\n',
  'content-encoding: gzip\r\ncontent-encoding: gzip\r\n',
  'content-encoding: x-unknown\r\n',
  'content-encoding: UTF-8\r\n',
  'content-encoding: none\r\n',
  'content-encoding: identity, br\r\n',
  'content-encoding: deflate\r\n',
  'content-encoding: __proto__\r\n',
  'content-encoding: identity\r\n',
  'content-encoding:\r\n',
])('a plain answer with %j is read as it is (C10)', async (header) => {
  expect(await askFor(200, goodBody, header)).toEqual(goodReply);
});

test.each([
  ['gzip', 'gzip', gzipSync(goodBody)],
  ['gzip in capitals', 'GZIP', gzipSync(goodBody)],
  ['x-gzip', 'x-gzip', gzipSync(goodBody)],
  ['deflate', 'deflate', deflateSync(goodBody)],
  ['deflate without a header', 'deflate', deflateRawSync(goodBody)],
  ['br', 'br', brotliCompressSync(goodBody)],
  ['zstd', 'zstd', zstdCompressSync(goodBody)],
  ['two codings', 'br, gzip', gzipSync(brotliCompressSync(goodBody))],
  ['gzip that says identity', 'identity', gzipSync(goodBody)],
])('an answer in %s is unpacked (C10)', async (_what, encoding, body) => {
  expect(await askFor(200, body, `content-encoding: ${encoding}\r\n`)).toEqual(goodReply);
});

test('an answer whose packing breaks off is malformed (C10)', async () => {
  const body = gzipSync(goodBody);
  const half = body.subarray(0, body.byteLength - 12);

  expect(await askFor(200, half, 'content-encoding: gzip\r\n')).toEqual(malformed);
});

test('a transfer coding beside chunks is judged by the bytes (C10)', async () => {
  const body = gzipSync(goodBody).toString('latin1');
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n';
  const raw = Buffer.from(`${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`, 'latin1');

  expect(await askRaw(raw)).toEqual(goodReply);
});

test.each([
  ['a body', 'HTTP/1.1 200 OK\r\n\r\n{"error":null,', ' '],
  ['a head', 'HTTP/1.1 200 OK\r\n', 'x-slow: 1\r\n'],
  ['early hints', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
])('%s that drips is left at the deadline of the call (C11)', async (_what, first, drop) => {
  const late = deadline();
  let drops = 0;
  const reply = await askTalking((socket) => {
    socket.write(first);
    const drip = () => {
      if (socket.destroyed) return;
      drops += 1;
      if (drops === 20) late.pass();
      socket.write(drop, () => setImmediate(drip));
    };
    drip();
  }, late.signal);

  expect(reply).toEqual(failing('provider', 'timed-out'));
  expect(drops).toBeGreaterThanOrEqual(20);
});

test('what a provider says after the deadline is not heard, and the next call is (C12)', async () => {
  const late = deadline();
  let calls = 0;
  await using server = await localTcpServer((socket) => {
    calls += 1;
    if (calls > 1) return void socket.end(`HTTP/1.1 200 OK\r\n${good}`);
    late.pass();
    setImmediate(() => socket.end(`HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n`));
  });

  expect(await ask(server.url, 'image', late.signal)).toEqual(failing('provider', 'timed-out'));
  await server.allClosed();
  expect(await ask(server.url)).toEqual(goodReply);
});

const manyHeaders = Array.from({ length: 1_000 }, (_, index) => `x-header-${index}: value\r\n`).join('');

test.each([
  ['1,000 headers', `HTTP/1.1 200 OK\r\n${manyHeaders}${good}`],
  ['a header of 1 MB', `HTTP/1.1 200 OK\r\nx-long: ${'a'.repeat(1_000_000)}\r\n${good}`],
  ['a header name of 1 MB', `HTTP/1.1 200 OK\r\n${'a'.repeat(1_000_000)}: x\r\n${good}`],
  ['a header with a bare line feed', `HTTP/1.1 200 OK\nx: 1\n${good}`],
  ['a header with a zero byte', `HTTP/1.1 200 OK\r\nx: a\0b\r\n${good}`],
  ['a header that goes on in the next line', `HTTP/1.1 200 OK\r\nx: a\r\n b\r\n content-length: 5\r\n${good}`],
  ['the status 99', `HTTP/1.1 99 Odd\r\n${good}`],
  ['the status 2000', `HTTP/1.1 2000 Odd\r\n${good}`],
  ['HTTP/0.9', goodBody],
  ['HTTP/3.0', `HTTP/3.0 200 OK\r\n${good}`],
  ['a negative length', `HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n${goodBody}`],
  ['a length and chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n${good}`],
  ['a chunk of an impossible size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n'],
  [
    'trailers of 1 MB',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${`x: ${'a'.repeat(1_000)}\r\n`.repeat(1_000)}\r\n`,
  ],
])('%s is not HTTP as it should be: the attempt fails (C13)', async (_what, bytes) => {
  expect(await askRaw(bytes)).toEqual(malformed);
});

test('an answer with two lengths that differ is not read (C13)', async () => {
  expect(await askRaw(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n${good}`)).toEqual(unreachable);
});

test('headers without end are left soon (C13)', async () => {
  let sentBytes = 0;
  const reply = await askTalking((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const pour = () => {
      if (socket.destroyed) return;
      sentBytes += 1_005;
      socket.write(`x: ${'a'.repeat(1_000)}\r\n`, () => setImmediate(pour));
    };
    pour();
  });

  expect(reply).toEqual(malformed);
  expect(sentBytes).toBeLessThan(1_000_000);
});

test('a thousand early hints are passed over (C14)', async () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(1_000);

  expect(await askRaw(`${hints}HTTP/1.1 200 OK\r\n${good}`)).toEqual(goodReply);
});

test.each([
  ['an answer that only says to go on', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${good}`, unreachable],
  ['another protocol', `HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n`, unreachable],
  ['204 with a body', `HTTP/1.1 204 No Content\r\n${good}`, malformed],
  ['205 without one', 'HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n', malformed],
  ['206 with half of it', 'HTTP/1.1 206 Partial Content\r\ncontent-length: 9\r\n\r\n{"error":', malformed],
  ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', malformed],
  ['300', `HTTP/1.1 300 Multiple Choices\r\n${good}`, malformed],
])('%s is no success (C14)', async (_what, bytes, expected) => {
  expect(await askRaw(bytes)).toEqual(expected);
});
