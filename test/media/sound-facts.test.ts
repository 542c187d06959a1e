import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawSound } from '../../sandbox/sound/draw-sound.ts';
import { silentMp3 } from '../../sandbox/sound/silent-mp3.ts';
import { bytesOfBuffer } from './sample-files.ts';
import { judgeFile } from '../../src/media/judge-file.ts';
import { runs } from '../support/property-runs.ts';
import { isoBox } from './sample-video.ts';

const judged = (file: Uint8Array) => judgeFile(bytesOfBuffer(Buffer.from(file)), 'music');

/** The metadata of a FLAC whose length is not known, with the comments of Vorbis and padding. */
function aFlac(comments: readonly string[]): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(4096, 0);
  info.writeUInt16BE(4096, 2);
  // 20 bits of rate, 3 of channels - 1, 5 of bits - 1, 36 of samples.
  info.writeUInt32BE((44_100 << 12) | (1 << 9) | (15 << 4), 10);
  const text = (words: string) => Buffer.concat([little(Buffer.byteLength(words)), Buffer.from(words)]);
  const tags = Buffer.concat([text('a test'), little(comments.length), ...comments.map(text)]);
  const block = (type: number, content: Buffer) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(content.byteLength);
    head.writeUInt8(type, 0);
    return Buffer.concat([head, content]);
  };
  return Buffer.concat([Buffer.from('fLaC'), block(0, info), block(4, tags), block(0x81, Buffer.alloc(500))]);
}

function little(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** An Ogg file with Opus of so many milliseconds. */
function anOpus(ms: number): Buffer {
  const head = Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1');
  const tags = Buffer.concat([
    Buffer.from('OpusTags'),
    little(1),
    Buffer.from('x'),
    little(1),
    little(13),
    Buffer.from('TITLE=Evening'),
  ]);
  const page = (number: number, flags: number, samples: number, packet: Buffer) => {
    const header = Buffer.alloc(28);
    header.write('OggS', 'latin1');
    header.writeUInt8(flags, 5);
    header.writeBigInt64LE(BigInt(samples), 6);
    header.writeUInt32LE(number, 18);
    header.writeUInt8(1, 26);
    header.writeUInt8(packet.byteLength, 27);
    return Buffer.concat([header, packet]);
  };
  return Buffer.concat([
    page(0, 2, 0, head),
    page(1, 0, 0, tags),
    page(2, 0, ms * 24, Buffer.alloc(250, 1)),
    page(3, 4, ms * 48, Buffer.alloc(250, 1)),
  ]);
}

/** An MP4 with this brand and one track of this kind, of three seconds. */
function anMp4(brand: string, handler: 'soun' | 'vide'): Buffer {
  const movie = Buffer.alloc(100);
  movie.writeUInt32BE(1_000, 12);
  movie.writeUInt32BE(3_000, 16);
  const track = Buffer.alloc(84);
  track.writeUInt32BE(handler === 'vide' ? 64 << 16 : 0, 76);
  track.writeUInt32BE(handler === 'vide' ? 64 << 16 : 0, 80);
  const hdlr = Buffer.alloc(25);
  hdlr.write(handler, 8, 'latin1');
  const trak = isoBox('trak', Buffer.concat([isoBox('tkhd', track), isoBox('mdia', isoBox('hdlr', hdlr))]));
  return Buffer.concat([
    isoBox('ftyp', Buffer.from(`${brand}\0\0\x02\0${brand}`, 'latin1')),
    isoBox('moov', Buffer.concat([isoBox('mvhd', movie), trak])),
    isoBox('mdat', Buffer.alloc(500)),
  ]);
}

test.each([
  [
    'MP3 with tags',
    silentMp3(10, { title: 'Quiet\nEvening', performer: 'Nobody' }),
    { mime: 'audio/mpeg', extension: 'mp3', title: 'Quiet Evening', performer: 'Nobody', seconds: 10 },
  ],
  ['MP3 without tags', silentMp3(2), { mime: 'audio/mpeg', extension: 'mp3', seconds: 2 }],
  ['WAV', drawSound('a calm piano', 3), { mime: 'audio/wav', extension: 'wav', seconds: 3 }],
  [
    'FLAC',
    aFlac(['TITLE=Rain', 'ARTIST=Nobody']),
    { mime: 'audio/flac', extension: 'flac', title: 'Rain', performer: 'Nobody', seconds: 0 },
  ],
  ['Ogg with Opus', anOpus(4_000), { mime: 'audio/ogg', extension: 'ogg', title: 'Evening', seconds: 4 }],
  ['M4A', anMp4('M4A ', 'soun'), { mime: 'audio/mp4', extension: 'm4a', seconds: 3 }],
  ['an MP4 without pictures', anMp4('isom', 'soun'), { mime: 'audio/mp4', extension: 'm4a', seconds: 3 }],
])('judgeFile() reads what a sound says of itself: %s', async (_name, file, { seconds, ...facts }) => {
  const found = await judged(file);
  if (found.kind !== 'good') throw new Error(`Expected a sound: ${found.why}`);
  const { durationMs = 0, ...type } = found.type;
  expect(type).toEqual({ kind: 'audio', ...facts });
  expect(Math.abs(durationMs - seconds * 1_000)).toBeLessThan(30);
});

test.each([
  ['a WAV without a sound in it', drawSound('x', 0), 'not-whole'],
  ['an MP3 of one frame', silentMp3(0), 'not-whole'],
  ['a video, where a song is asked for', anMp4('isom', 'vide'), 'unusable'],
  ['a page', Buffer.from('<!doctype html><title>Not yet</title>'), 'not-media'],
  ['the first half of a WAV', drawSound('x', 3).subarray(0, 40_000), 'not-whole'],
])('judgeFile() takes no song from %s', async (_name, file, kind) => {
  expect((await judged(file)).kind).toBe(kind);
});

test('judgeFile() comes to an end with any bytes in the place of those of a sound', async () => {
  const files = [
    silentMp3(1, { title: 'Rain', performer: 'Nobody' }),
    drawSound('rain', 0.1),
    aFlac(['TITLE=Rain']),
    anOpus(100),
    anMp4('M4A ', 'soun'),
  ].map((file) => Buffer.from(file));
  const kinds = new Set(['good', 'not-whole', 'not-media', 'unusable']);
  const changes = fc.array(fc.tuple(fc.nat(2_000), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), changes, fc.nat(3_000), async (file, changed, cut) => {
      const bent = Buffer.from(cut > 1_500 ? file : file.subarray(0, cut));
      for (const [at, value] of changed) if (at < bent.byteLength) bent[at] = value;
      expect(kinds).toContain((await judged(bent)).kind);
    }),
    { numRuns: runs(2_000) },
  );
});
