import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceFromText, codingsOf, unpacked } from '../../src/media/result-encodings.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { keep } from './result-stage.ts';
import { aJpeg, aPng } from './sample-files.ts';
import { aVideo } from './sample-video.ts';
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { anyCharacter } from '../support/any-character.ts';

// With every sign of the alphabet, plus and slash among them.
const file = Buffer.concat([aPng(2, 3, 500), Buffer.from(Array.from({ length: 256 }, (_, index) => 255 - index))]);
const base64 = file.toString('base64');
const escapedBytes = [...aPng()].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

test.each([
  ['a data URI', `data:image/png;base64,${base64}`],
  ['one of a stream of bytes', `data:application/octet-stream;base64,${base64}`],
  ['one without a type', `data:;base64,${base64}`],
  ['one that does not say base64', `data:image/png,${base64}`],
  ['one of a wrong type', `data:text/plain;charset=utf-8;base64,${base64}`],
  ['one with blanks in its header', `data:image/png; base64,${base64}`],
  ['one escaped for an address', `data:image/png;base64,${encodeURIComponent(base64)}`],
  ['one with line breaks', `data:image/png;base64,${base64.replaceAll(/(.{76})/g, '$1\r\n')}`],
  ['bare base64', base64],
  ['base64 with white space around', `\n  ${base64}\n`],
  ['base64 with blanks', base64.replaceAll(/(.{8})/g, '$1 ')],
  ['base64 with tabs and line breaks', base64.replaceAll(/(.{60})/g, '$1\n\t')],
  ['base64 with escaped line breaks', base64.replaceAll(/(.{60})/g, '$1\\n')],
  ['base64 whose pluses a form made blanks', base64.replaceAll('+', ' ')],
  ['base64 for addresses', file.toString('base64url')],
])('sourceFromText() reads %s', (_what, text) => {
  expect(sourceFromText(text)).toEqual({ kind: 'bytes', bytes: file });
});

test.each([
  ['a PNG in escapes', `data:image/png,${escapedBytes}`, aPng()],
  ['a JPEG without a type', `data:;base64,${aJpeg(2, 3, 0).toString('base64')}`, aJpeg(2, 3, 0)],
  ['a video', `data:application/octet-stream;base64,${aVideo().toString('base64')}`, aVideo()],
])('sourceFromText() reads %s', (_what, text, bytes) => {
  expect(sourceFromText(text)).toEqual({ kind: 'bytes', bytes });
});

test.each([
  ['https://cdn.example.com/a b.png', 'https://cdn.example.com/a%20b.png'],
  ['  https://cdn.example.com/a.png\n', 'https://cdn.example.com/a.png'],
  ['https://cdn.example.com/a.png?name=a red fox.png', 'https://cdn.example.com/a.png?name=a%20red%20fox.png'],
  [`https://cdn.example.com/${'a'.repeat(8_168)}`, `https://cdn.example.com/${'a'.repeat(8_168)}`],
])('sourceFromText() reads the address %s', (text, url) => {
  expect(sourceFromText(text)).toEqual({ kind: 'url', url });
});

test.each([
  'https://cdn example.com/a.png',
  'https://cdn.example.com/a\nb.png',
  `https://cdn.example.com/${'a'.repeat(8_169)}`,
  'I cannot draw this picture because it shows a person who is known to many people of the world',
  'A text of letters that could all be base64 and that goes on for more than sixty four letters here',
  'data:text/plain,I cannot draw that',
  'data:image/png;base64',
  'data:image/png;base64,',
  '',
  '    ',
])('sourceFromText() takes no result from %j', (text) => {
  expect(sourceFromText(text)).toBeUndefined();
});

test('sourceFromText() never throws', () => {
  const prefix = fc.constantFrom('', 'data:', 'data:;base64,', 'data:image/png,', 'https://', 'https://a/');
  fc.assert(
    fc.property(prefix, fc.string({ maxLength: 200, unit: anyCharacter }), (before, text) => {
      const source = sourceFromText(`${before}${text}`);
      expect(['bytes', 'url', undefined]).toContain(source?.kind);
    }),
  );
});

test('an address of thousands of characters is fetched, and so is one to which a blank leads', async () => {
  await using server = await localHttpServer((request, response) => {
    if (request.url?.startsWith('/old') === true) response.writeHead(302, { location: '/new place/a.png' }).end();
    else response.end(aPng());
  });
  const options = { allowPrivateHosts: [server.host] };
  const signed = `${server.url}/a.png?signature=${'a'.repeat(7_000)}`;

  expect((await keep(signed, options)).kept.ok).toBe(true);
  expect((await keep(`${server.url}/old.png`, options)).kept.ok).toBe(true);
  expect(server.seen.at(-1)?.path).toBe('/new%20place/a.png');
});

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
