import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { codingsOf, unpacked } from '../../src/media/unpack.ts';
import { aPng } from './sample-files.ts';

async function* inChunks(body: Uint8Array, chunkBytes = 1_000) {
  for (let at = 0; at < body.byteLength; at += chunkBytes) yield body.subarray(at, at + chunkBytes);
}

async function read(body: Uint8Array, header: string | readonly string[] | undefined, chunkBytes?: number) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of unpacked(inChunks(body, chunkBytes), header)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test.each([
  [undefined, []],
  ['', []],
  ['identity', []],
  ['UTF-8', []],
  ['none', []],
  ['__proto__', []],
  ['constructor', []],
  ['GZip', ['gzip']],
  ['br , zstd', ['br', 'zstd']],
  [
    ['gzip', 'deflate'],
    ['gzip', 'deflate'],
  ],
  ['gzip,gzip,gzip,gzip,gzip', ['gzip', 'gzip', 'gzip']],
])('codingsOf(%j) is %j', (header, expected) => {
  expect(codingsOf(header)).toEqual(expected);
});

const picture = Buffer.concat([aPng(2, 3, 20_000), randomBytes(9_000)]);

test.each([
  ['gzip', 'gzip', gzipSync(picture)],
  ['deflate', 'deflate', deflateSync(picture)],
  ['raw deflate', 'deflate', deflateRawSync(picture)],
  ['br', 'br', brotliCompressSync(picture)],
  ['zstd', 'zstd', zstdCompressSync(picture)],
  ['zstd that nothing names', undefined, zstdCompressSync(picture)],
  ['gzip that is called br', 'br', gzipSync(picture)],
  ['three codings', 'gzip, br, zstd', zstdCompressSync(brotliCompressSync(gzipSync(picture)))],
  ['a plain file that is called br', 'br', picture],
  ['a plain file that is called deflate', 'deflate', picture],
])('unpacked() reads %s, however it is cut into chunks (C10)', async (_what, header, body) => {
  for (const chunkBytes of [1, 7, 65_536]) expect((await read(body, header, chunkBytes)).equals(picture)).toBe(true);
});

test('unpacked() leaves what nobody packed as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      fc.pre(bytes[0] !== 0x1f && bytes[0] !== 0x28);
      expect((await read(bytes, 'x-unknown', 3)).equals(bytes)).toBe(true);
    }),
  );
});

test('unpacked() of a bomb gives it out piece by piece, so that the reader can leave (C9)', async () => {
  const bomb = gzipSync(Buffer.alloc(100_000_000));
  let bytes = 0;
  for await (const chunk of unpacked(inChunks(bomb), 'gzip')) {
    bytes += chunk.byteLength;
    if (bytes > 1_000_000) break;
  }
  expect(bytes).toBeLessThan(2_000_000);
});

test.each([
  ['gzip', gzipSync(picture)],
  ['deflate', deflateSync(picture)],
  ['br', brotliCompressSync(picture)],
  ['zstd', zstdCompressSync(picture)],
])('unpacked() fails when %s breaks off', async (header, body) => {
  await expect(read(body.subarray(0, body.byteLength / 2), header)).rejects.toThrow(
    /unexpected end|not complete|decompress/i,
  );
});

test('unpacked() fails as its body does', async () => {
  async function* broken() {
    yield gzipSync(picture).subarray(0, 5_000);
    throw new Error('the connection broke');
  }
  const reading = async () => {
    for await (const _chunk of unpacked(broken(), 'gzip'));
  };
  await expect(reading()).rejects.toThrow('the connection broke');
});
