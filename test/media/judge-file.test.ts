import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JobKind, jobKinds, traitsOf } from '../../src/domain/kinds.ts';
import { imageSize, judgeFile, resultExtensions } from '../../src/media/judge-file.ts';
import { bytesOfBuffer, aGif, aJpeg, aPng, aWebp, anMp4 } from './sample-files.ts';
import { isoBox } from './sample-video.ts';
import { runs } from '../support/property-runs.ts';

function aSound(name: 'mp3' | 'ogg' | 'wav' | 'm4a'): Buffer {
  const file = Buffer.alloc(1000);
  if (name === 'mp3') file.set([0xff, 0xfb, 0x90]);
  if (name === 'ogg') file.write('OggS', 0, 'latin1');
  if (name === 'ogg') file.write('OpusHead', 28, 'latin1');
  if (name === 'wav') file.write('RIFF\0\0\0\0WAVE', 0, 'latin1');
  if (name === 'm4a') file.write('\0\0\0\x18ftypM4A ', 0, 'latin1');
  return file;
}

test.each(['mp3', 'ogg', 'wav', 'm4a'] as const)(
  'judgeFile() takes a sound (%s) neither for a picture nor for a video',
  async (name) => {
    for (const kind of jobKinds.filter((one) => !traitsOf(one).accepts.includes('audio'))) {
      const judged = await judgeFile(bytesOfBuffer(aSound(name)), kind);
      expect(judged).toMatchObject({
        kind: 'unusable',
        why: expect.stringMatching(new RegExp(`^expected a ${kind}, got audio/`)),
      });
    }
  },
);

const anAvif = Buffer.concat([
  isoBox('ftyp', Buffer.from('avif\0\0\0\0avifmif1', 'latin1')),
  isoBox('meta', Buffer.alloc(100)),
  isoBox('mdat', Buffer.alloc(100)),
]);
const aHeic = Buffer.from(anAvif.toString('latin1').replaceAll('avif', 'heic'), 'latin1');
const aJxl = Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.alloc(100, 7)]);
const aBmp = Buffer.alloc(200, 7);
aBmp.write('BM', 'latin1');
aBmp.writeUInt32LE(200, 2);
const aTiff = Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), Buffer.alloc(100, 7)]);
const aMov = isoBox('ftyp', Buffer.from('qt  \0\0\0\0qt  ', 'latin1'));

test.each<readonly [JobKind, Buffer, string]>([
  ['image', aPng(), 'image/png'],
  ['image', aGif(), 'image/gif'],
  ['image', anAvif, 'image/avif'],
  ['image', aHeic, 'image/heic'],
  ['image', aJxl, 'image/jxl'],
  ['image', aBmp, 'image/bmp'],
  ['image', aTiff, 'image/tiff'],
  ['video', anMp4(), 'video/mp4'],
  ['video', aGif(), 'image/gif'],
  ['video', Buffer.concat([aMov, anMp4().subarray(32)]), 'video/quicktime'],
])('judgeFile() of a job for %s takes what people can be shown', async (kind, file, mime) => {
  expect(await judgeFile(bytesOfBuffer(file), kind)).toMatchObject({ kind: 'good', type: { mime } });
});

test.each<readonly [JobKind, Uint8Array, string, string]>([
  ['video', aPng(), 'unusable', 'expected a video, got image/png'],
  ['image', anMp4(), 'unusable', 'expected a image, got video/mp4'],
  ['image', Buffer.from('%PDF-1.7\n%abc'), 'unusable', 'expected a image, got application/pdf'],
  [
    'image',
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    'unusable',
    'expected a image, got image/svg+xml',
  ],
  ['image', Buffer.from('<!doctype html><p>Just a moment'), 'not-media', 'expected a image, got a text'],
  ['image', Buffer.from('{"error":"expired"}'), 'not-media', 'expected a image, got a text'],
  ['image', Buffer.from('<?xml version="1.0"?><Error/>'), 'not-media', 'expected a image, got a text'],
  ['image', Buffer.alloc(500), 'not-whole', 'expected a image, got an unknown type'],
  ['image', Buffer.alloc(0), 'not-whole', 'the file is empty'],
])('judgeFile() of a job for %s says why it takes nothing else', async (job, file, kind, why) => {
  expect(await judgeFile(bytesOfBuffer(Buffer.from(file)), job)).toEqual({ kind, why });
});

test('resultExtensions are those of media that some kind accepts', () => {
  const images = ['png', 'jpg', 'webp', 'gif', 'avif', 'heic', 'jxl', 'bmp', 'tiff'];
  const sounds = ['mp3', 'm4a', 'ogg', 'wav', 'flac'];
  expect(resultExtensions).toEqual([...images, 'mp4', 'webm', 'mov', 'mkv', 'avi', '3gp', ...sounds]);
});

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
    { numRuns: runs(50) },
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
