import { expect, test } from 'vitest';
import { readImageHeader } from '../../../../sandbox/telegram/files/image-header.ts';
import { tinyPhoto } from '../../../../sandbox/telegram/people/person.ts';
import { aPng } from '../a-telegram.ts';

function webp(kind: string, facts: readonly (readonly [number, readonly number[]])[]): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.write('RIFF', 0);
  bytes.write(`WEBP${kind}`, 8);
  for (const [at, values] of facts) bytes.set(values, at);
  return bytes;
}

const jpeg = Buffer.from([
  0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc4, 0, 3, 0, 0xff, 0xff, 0xc2, 0, 11, 8, 1, 0x2c, 2, 0x58, 3, 0, 0,
]);

test.each([
  ['PNG', aPng(300, 200), { mime: 'image/png', width: 300, height: 200 }],
  ['the small photo of people', tinyPhoto(), { mime: 'image/png', width: 1, height: 1 }],
  ['JPEG', jpeg, { mime: 'image/jpeg', width: 600, height: 300 }],
  ['GIF', Buffer.from('GIF89a\x10\0\x09\0\0\0\0', 'latin1'), { mime: 'image/gif', width: 16, height: 9 }],
  ['lossy WebP', webp('VP8 ', [[26, [0x10, 0, 0x09, 0]]]), { mime: 'image/webp', width: 16, height: 9 }],
  ['lossless WebP', webp('VP8L', [[21, [0x0f, 0x00, 0x02, 0]]]), { mime: 'image/webp', width: 16, height: 9 }],
  ['extended WebP', webp('VP8X', [[24, [15, 0, 0, 8, 0, 0]]]), { mime: 'image/webp', width: 16, height: 9 }],
])('readImageHeader() reads the sides of a %s', (_name, bytes, header) => {
  expect(readImageHeader(bytes)).toEqual(header);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a page', Buffer.from('<!doctype html><title>Not found</title>'.repeat(3))],
  ['a PNG cut in its header', aPng(300, 200).subarray(0, 20)],
  ['a PNG without sides', aPng(0, 0)],
  ['a JPEG cut before its frame', jpeg.subarray(0, 12)],
  ['an unknown WebP', webp('ABCD', [])],
])('readImageHeader() reads nothing in %s', (_name, bytes) => {
  expect(readImageHeader(bytes)).toBeUndefined();
});
