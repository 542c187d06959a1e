import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import { createResultStore } from '../../src/media/result-store.ts';
import { withoutMetadata } from '../../src/media/strip-metadata.ts';
import { drawPicture } from '../../sandbox/drawing/draw-picture.ts';
import { renderSvg } from '../../sandbox/drawing/svg.ts';
import { anMp4 } from './sample-files.ts';
import { isoBox } from './sample-video.ts';
import {
  hiddenWords,
  hideInJpeg,
  hideInPng,
  hideInWebp,
  jpegSegment,
  pngChunk,
  riff,
  tiff,
  webpChunk,
  type Hide,
} from './hidden-words.ts';
import { runs } from '../support/property-runs.ts';

const drawn = Buffer.from(await drawPicture({ prompt: 'a red fox', width: 96, height: 64 }));

async function fixture(name: string): Promise<Buffer> {
  return await readFile(join(import.meta.dirname, '../fixtures/pictures', name));
}

const pictures: readonly (readonly [string, string, Hide, Buffer])[] = [
  ['a drawn PNG', 'image/png', hideInPng, drawn],
  ['a JPEG with a colour profile', 'image/jpeg', hideInJpeg, await fixture('profile.jpg')],
  ['a JPEG with restarts', 'image/jpeg', hideInJpeg, await fixture('restarts.jpg')],
  ['a WebP with a colour profile', 'image/webp', hideInWebp, await fixture('profile.webp')],
  ['a WebP one can see through', 'image/webp', hideInWebp, await fixture('see-through.webp')],
  ['a WebP without loss', 'image/webp', hideInWebp, await fixture('lossless.webp')],
  ['a moving WebP', 'image/webp', hideInWebp, await fixture('moving.webp')],
];

/** What is left on the disk of a result that came as these bytes. */
async function kept(bytes: Uint8Array, kind: 'image' | 'video' = 'image') {
  const directory = await mkdtemp(join(tmpdir(), 'results-'));
  await using resultStore = createResultStore({ directory, allowPrivateHosts: [] });
  const answer = await resultStore.download(
    { kind: 'bytes', bytes },
    kind,
    jobId('tg-1-2'),
    new AbortController().signal,
  );
  const [name = '', ...others] = await readdir(directory);
  const file = await readFile(join(directory, name));
  await rm(directory, { recursive: true });
  return { answer, file, others };
}

async function pixelsOf(picture: Uint8Array, mime: string): Promise<string> {
  const href = `data:${mime};base64,${Buffer.from(picture).toString('base64')}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><image href="${href}"/></svg>`;
  const { pixels } = await renderSvg(svg);
  expect(pixels.some((value) => value !== 0)).toBe(true);
  return Buffer.from(pixels).toString('base64');
}

test.each(pictures)(
  '%s is kept byte for byte, without all that was hidden in it (C29)',
  async (_name, mime, hide, picture) => {
    const { answer, file, others } = await kept(hide(picture));

    expect(answer).toMatchObject({ ok: true, file: { mime, bytes: picture.byteLength } });
    expect(file.equals(picture)).toBe(true);
    expect(others).toEqual([]);
    expect(JSON.stringify(answer)).not.toContain('canary');
  },
);

test.each(pictures.filter(([, mime]) => mime !== 'image/webp'))(
  '%s shows the same pixels before and after (C29)',
  async (_name, mime, hide, picture) => {
    const hidden = hide(picture);
    expect(hidden.includes(hiddenWords)).toBe(true);
    expect(await pixelsOf((await kept(hidden)).file, mime)).toBe(await pixelsOf(hidden, mime));
  },
);

test('the colour profile of a PNG and the frames of a moving one stay (C29)', async () => {
  const endOfHeader = 8 + 25;
  const needed = ['gAMA', 'cHRM', 'sRGB', 'iCCP', 'sBIT', 'bKGD', 'pHYs', 'tRNS', 'acTL', 'fcTL', 'fdAT'];
  const chunks = needed.map((name) => pngChunk(name, 'data', Buffer.alloc(0)));
  const picture = Buffer.concat([drawn.subarray(0, endOfHeader), ...chunks, drawn.subarray(endOfHeader)]);

  expect((await kept(hideInPng(picture))).file.equals(picture)).toBe(true);
});

test('the colour profile of a JPEG and what Adobe says of its colours stay (C29)', async () => {
  const picture = await fixture('restarts.jpg');
  const profile = jpegSegment(0xe2, 'ICC_PROFILE\0\x01\x01', Buffer.alloc(500, 7));
  const adobe = jpegSegment(0xee, 'Adobe', Buffer.from([0, 100, 0, 0, 0, 0, 1]));
  const whole = Buffer.concat([picture.subarray(0, 20), profile, adobe, picture.subarray(20)]);

  expect((await kept(hideInJpeg(whole))).file.equals(whole)).toBe(true);
});

test.each(['II', 'MM'] as const)('a JPEG that lies on its side stays turned, in the order %s (C29)', async (order) => {
  const picture = await fixture('restarts.jpg');
  const turned = (exif: Buffer) =>
    Buffer.concat([picture.subarray(0, 20), jpegSegment(0xe1, 'Exif\0\0', exif), picture.subarray(20)]);

  const { file } = await kept(turned(tiff(6, order)));

  const onlyThat = Buffer.from('4d4d002a00000008000101120003000000010006000000000000', 'hex');
  expect(file.equals(turned(onlyThat))).toBe(true);
});

test('the thumbnail in the header of a JPEG is taken out (C29)', async () => {
  const picture = await fixture('restarts.jpg');
  const header = Buffer.from(picture.subarray(6, 20));
  header.set([1, 1], 12);
  const withThumbnail = Buffer.concat([
    picture.subarray(0, 2),
    jpegSegment(0xe0, '', Buffer.concat([header, Buffer.from('RGB')])),
    picture.subarray(20),
  ]);

  expect((await kept(withThumbnail)).file.equals(picture)).toBe(true);
});

test('words inside a frame of a moving WebP are taken out (C29)', async () => {
  const picture = await fixture('moving.webp');
  const at = picture.indexOf('ANMF');
  const size = picture.readUInt32LE(at + 4);
  const frame = picture.subarray(at + 8, at + 8 + size);
  const longer = webpChunk('ANMF', Buffer.concat([frame, webpChunk('note', Buffer.from(hiddenWords))]));
  const whole = riff(Buffer.concat([picture.subarray(12, at), longer, picture.subarray(at + 8 + size)]));

  expect((await kept(whole)).file.equals(picture)).toBe(true);
});

test('a video stays as it is, also what it says of itself (C29)', async () => {
  const video = Buffer.concat([anMp4(), isoBox('udta', Buffer.from('an author'))]);

  expect((await kept(video, 'video')).file.equals(video)).toBe(true);
});

test('a picture that breaks off anywhere is read to there, and says nothing (C29)', () => {
  for (const [, mime, hide, picture] of pictures) {
    const hidden = hide(picture);
    for (let end = 30; end < hidden.byteLength; end += 7) {
      const plain = withoutMetadata(hidden.subarray(0, end), mime);
      const bytes = plain === undefined ? hidden.subarray(0, end) : Buffer.concat(plain.parts);
      expect(bytes.includes(hiddenWords.slice(0, 12))).toBe(false);
      expect(bytes.byteLength).toBeLessThanOrEqual(picture.byteLength + 40);
    }
  }
});

test('whatever bytes follow the beginning of a picture, they are read to their end and never grow (C29)', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      ...['ff', 'ffd8', 'ffda0002', 'ffe1ffff', 'ffd9', 'ff00', 'ffffffff'].map((hex) => Buffer.from(hex, 'hex')),
    ),
    fc.constantFrom(
      ...['ANMF', 'VP8X', 'IDAT', 'IEND', 'EXIF'].map((name) => Buffer.from(`\0\0\0\x10${name}\x10\0\0\0`)),
    ),
  );
  const file = fc
    .tuple(fc.constantFrom(...pictures), fc.nat({ max: 200 }), fc.array(piece, { maxLength: 20 }))
    .map(([[, mime, , picture], at, pieces]) => ({
      mime,
      bytes: Buffer.concat([picture.subarray(0, 16 + at), ...pieces]),
    }));
  fc.assert(
    fc.property(file, ({ mime, bytes }) => {
      expect(withoutMetadata(bytes, mime)?.bytes ?? 0).toBeLessThanOrEqual(bytes.byteLength);
    }),
    { numRuns: runs(3_000) },
  );
});
