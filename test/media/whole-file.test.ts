import { expect, test } from 'vitest';
import { bytesOfBuffer, aGif, aJpeg, aPng, aWebp } from './sample-files.ts';
import { whyNotWhole } from '../../src/media/whole-file.ts';
import { judgeFile } from '../../src/media/judge-file.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { keep, refused } from './result-stage.ts';
import { aVideo, isoBox } from './sample-video.ts';

function anOgg(pages = 3): Buffer {
  return Buffer.concat(
    Array.from({ length: pages }, (_, page) => {
      const head = Buffer.alloc(29);
      head.write('OggS', 'latin1');
      head.writeUInt8(page === pages - 1 ? 4 : page === 0 ? 2 : 0, 5);
      head.set([2, 255, 30], 26);
      return Buffer.concat([head, Buffer.alloc(285, 7)]);
    }),
  );
}

function aRiff(form: string, length?: number): Buffer {
  const file = Buffer.alloc(200, 7);
  file.write('RIFF', 'latin1');
  file.writeUInt32LE(length ?? 192, 4);
  file.write(form, 8, 'latin1');
  return file;
}

function aMatroska(knownLength = true): Buffer {
  const docType = Buffer.from([0x42, 0x82, 0x84, ...Buffer.from('webm')]);
  const header = Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x80 | docType.byteLength]), docType]);
  const segment = Buffer.from([0x18, 0x53, 0x80, 0x67, ...(knownLength ? [0x40, 100] : [0x7f, 0xff])]);
  return Buffer.concat([header, segment, Buffer.alloc(100, 7)]);
}

function aBmp(): Buffer {
  const file = Buffer.alloc(200, 7);
  file.write('BM', 'latin1');
  file.writeUInt32LE(200, 2);
  return file;
}

const anAvif = Buffer.concat([
  isoBox('ftyp', Buffer.from('avif\0\0\0\0avifmif1', 'latin1')),
  isoBox('meta', Buffer.alloc(100)),
  isoBox('mdat', Buffer.alloc(100)),
]);

const aBoxedJxl = Buffer.concat([
  isoBox('JXL ', Buffer.from([0x0d, 0x0a, 0x87, 0x0a])),
  isoBox('ftyp', Buffer.from('jxl \0\0\0\0jxl ', 'latin1')),
  isoBox('jxlc', Buffer.alloc(200, 7)),
]);

const samples: readonly (readonly [string, Buffer])[] = [
  ['image/png', aPng(2, 3, 500)],
  ['image/jpeg', aJpeg(2, 3, 0)],
  ['image/jpeg', aJpeg(2, 3, 2)],
  ['image/gif', aGif()],
  ['image/webp', aWebp('VP8 ')],
  ['image/webp', aWebp('VP8X')],
  ['image/bmp', aBmp()],
  ['image/avif', anAvif],
  ['video/mp4', aVideo()],
  ['video/mp4', aVideo({ headerLast: true })],
  ['video/mp4', aVideo({ version: 1, payloadBytes: 5_000 })],
  ['video/quicktime', aVideo()],
  ['video/webm', aMatroska()],
  ['video/x-msvideo', aRiff('AVI ')],
  ['audio/wav', aRiff('WAVE')],
  ['audio/ogg', anOgg()],
];

test.each(samples)('whyNotWhole() sees whether %s was cut, wherever it was', async (mime, file) => {
  expect(await whyNotWhole(bytesOfBuffer(file), mime)).toBeUndefined();
  expect(await whyNotWhole(bytesOfBuffer(Buffer.concat([file, Buffer.alloc(7)])), mime)).toBeUndefined();
  for (let bytes = 1; bytes < file.byteLength; bytes += 1 + Math.floor(bytes / 50)) {
    expect(await whyNotWhole(bytesOfBuffer(file.subarray(0, bytes)), mime), `${bytes} bytes`).toMatch(/^not whole: /);
  }
});

test.each([
  ['a stream of unknown length in Matroska', 'video/webm', aMatroska(false)],
  ['a stream of unknown length in RIFF', 'audio/wav', aRiff('WAVE', 0xff_ff_ff_ff)],
  ['a format without an end', 'image/tiff', Buffer.alloc(100, 0xff)],
  [
    'fill bytes between the blocks of a GIF',
    'image/gif',
    Buffer.concat([aGif().subarray(0, -1), Buffer.from([0, 0x3b])]),
  ],
  ['an MP4 whose last box goes to the end', 'video/mp4', untilTheEnd(aVideo())],
])('whyNotWhole() passes %s', async (_what, mime, file) => {
  expect(await whyNotWhole(bytesOfBuffer(file), mime)).toBeUndefined();
});

/** With 0 as the length of its last box, the data. */
function untilTheEnd(file: Buffer): Buffer {
  file.writeUInt32BE(0, file.lastIndexOf('mdat') - 4);
  return file;
}

test.each([
  [
    'the end of a thumbnail is not the end of the picture',
    Buffer.concat([aJpeg(2, 3, 1).subarray(0, 300), Buffer.from([0xff, 0xd9])]),
  ],
  ['the word IEND in the data is not the end', Buffer.concat([aPng(2, 3, 500).subarray(0, 60), Buffer.from('IEND')])],
])('whyNotWhole(): %s', async (_what, file) => {
  const mime = file[0] === 0xff ? 'image/jpeg' : 'image/png';
  expect(await whyNotWhole(bytesOfBuffer(file), mime)).toMatch(/^not whole: /);
});

test.each<readonly [string, 'image' | 'video', Buffer]>([
  ['JPEG XL', 'image', aBoxedJxl],
  ['PNG', 'image', aPng(2, 3, 5_000)],
  ['JPEG', 'image', aJpeg(2, 3, 2)],
  ['WebP', 'image', aWebp('VP8L')],
  ['GIF', 'image', aGif()],
  ['MP4', 'video', aVideo({ payloadBytes: 5_000 })],
  ['MP4 with its header at the end', 'video', aVideo({ payloadBytes: 5_000, headerLast: true })],
])('half a %s with a right length header is not kept, and may be fetched again', async (_what, kind, file) => {
  await using server = await localHttpServer((_request, response) => {
    response.end(file.subarray(0, file.byteLength / 2));
  });
  const kept = await keep(`${server.url}/a`, { allowPrivateHosts: [server.host] }, kind);
  expect(kept).toEqual(refused('result-unavailable', true));
});

test('an empty answer is not kept, and may be fetched again', async () => {
  await using server = await localHttpServer((_request, response) => void response.end());
  expect(await keep(`${server.url}/a`, { allowPrivateHosts: [server.host] })).toEqual(
    refused('result-unavailable', true),
  );
});

test.each<readonly [string, Parameters<typeof aVideo>[0], object]>([
  ['as it was filmed', {}, { width: 640, height: 360, durationMs: 3_000 }],
  ['turned by 90 degrees', { degrees: 90 }, { width: 360, height: 640, durationMs: 3_000 }],
  ['turned by 180 degrees', { degrees: 180 }, { width: 640, height: 360, durationMs: 3_000 }],
  ['turned by 270 degrees', { degrees: 270 }, { width: 360, height: 640, durationMs: 3_000 }],
  ['with long headers, turned', { version: 1, degrees: 90 }, { width: 360, height: 640, durationMs: 3_000 }],
  [
    'with its header at the end',
    { headerLast: true, payloadBytes: 5_000_000 },
    { width: 640, height: 360, durationMs: 3_000 },
  ],
  ['with its sound first', { withSound: true, durationMs: 12_345 }, { width: 640, height: 360, durationMs: 12_345 }],
  ['made of fragments', { fragmented: true }, { width: 640, height: 360, durationMs: 3_000 }],
  ['without a duration', { durationMs: 0 }, { width: 640, height: 360 }],
  ['without a size', { width: 0, height: 0 }, { durationMs: 3_000 }],
])('judgeFile() reads size and duration of a video %s', async (_what, video, expected) => {
  expect(await judgeFile(bytesOfBuffer(aVideo(video)), 'video')).toEqual({
    kind: 'good',
    type: { kind: 'video', mime: 'video/mp4', extension: 'mp4', ...expected },
  });
});

test('judgeFile() takes a video whose header cannot be read, and says nothing of its size', async () => {
  const file = Buffer.concat([
    isoBox('ftyp', Buffer.from('isom\0\0\x02\0isommp41', 'latin1')),
    isoBox('moov', isoBox('mvhd', Buffer.alloc(2)), isoBox('trak', isoBox('tkhd', Buffer.alloc(2)))),
    isoBox('mdat', Buffer.alloc(40)),
  ]);
  expect(await judgeFile(bytesOfBuffer(file), 'video')).toEqual({
    kind: 'good',
    type: { kind: 'video', mime: 'video/mp4', extension: 'mp4' },
  });
});
