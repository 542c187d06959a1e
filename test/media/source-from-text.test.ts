import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceFromText } from '../../src/media/source-from-text.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { keep } from './result-stage.ts';
import { aJpeg, aPng } from './sample-files.ts';
import { aVideo } from './sample-video.ts';

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
    fc.property(prefix, fc.string({ maxLength: 200, unit: 'binary' }), (before, text) => {
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
