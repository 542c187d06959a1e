import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { imageSize } from '../../src/media/image-size.ts';
import { aGif, aJpeg, aPng, aWebp } from './sample-files.ts';

const side = fc.integer({ min: 1, max: 16_383 });

test.each([
  ['image/png', (w: number, h: number) => aPng(w, h)],
  ['image/jpeg', (w: number, h: number) => aJpeg(w, h, 3)],
  ['image/gif', (w: number, h: number) => aGif(w, h)],
  ['image/webp', (w: number, h: number) => aWebp('VP8 ', w, h)],
  ['image/webp', (w: number, h: number) => aWebp('VP8L', w, h)],
  ['image/webp', (w: number, h: number) => aWebp('VP8X', w, h)],
])('imageSize() reads the header of %s', (mime, make) => {
  fc.assert(
    fc.property(side, side, (width, height) => {
      expect(imageSize(make(width, height), mime)).toEqual({ width, height });
    }),
    { numRuns: 50 },
  );
});

test('imageSize() skips fill bytes and markers without a length in a JPEG', () => {
  const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 3, 0, 2, 3]);
  const file = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0x01, 0xff, 0xff]), frame]);
  expect(imageSize(file, 'image/jpeg')).toEqual({ width: 2, height: 3 });
});

test('imageSize() answers nothing for a size of zero', () => {
  expect(imageSize(aPng(0, 5), 'image/png')).toBeUndefined();
});

test.each(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])(
  'imageSize() of %s survives any garbage and any cut (C25)',
  (mime) => {
    const good = [aPng(), aJpeg(2, 3, 0), aGif(), aWebp('VP8 '), aWebp('VP8L'), aWebp('VP8X')];
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.constantFrom(...good), fc.nat(60)).map(([file, at]) => file.subarray(0, at)),
      fc.uint8Array({ maxLength: 300 }).map((tail) => Buffer.concat([Buffer.from([0xff, 0xd8]), tail])),
    );
    fc.assert(
      fc.property(bytes, (head) => {
        const size = imageSize(head, mime) ?? { width: 1, height: 1 };
        expect(Math.min(size.width, size.height)).toBeGreaterThan(0);
      }),
    );
  },
);
