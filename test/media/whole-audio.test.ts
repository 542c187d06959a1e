import { expect, test } from 'vitest';
import { silentMp3 } from '../../sandbox/sound/silent-mp3.ts';
import { flacEnd, mp3End } from '../../src/media/whole-audio.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { keep, refused } from './result-stage.ts';

const frameBytes = 417;

/** 128 kbit/s at 44.1 kHz, mono: 417 bytes a frame, the first of which may state the length of all. */
function anMp3(frames: number, stated?: { readonly bytes?: number; readonly frames?: number }): Buffer {
  const file = Buffer.alloc(frames * frameBytes);
  for (let at = 0; at < file.byteLength; at += frameBytes) file.writeUInt32BE(0xff_fb_90_c4, at);
  if (stated === undefined) return file;
  file.write('Info', 21, 'latin1');
  file.writeUInt32BE((stated.frames === undefined ? 0 : 1) | (stated.bytes === undefined ? 0 : 2), 25);
  const words = [stated.frames, stated.bytes].filter((word) => word !== undefined);
  for (const [index, word] of words.entries()) file.writeUInt32BE(word, 29 + 4 * index);
  return file;
}

/** The remainder after the division by the polynomial, bit by bit as RFC 9639 defines it. */
function remainder(bytes: Buffer, polynomial: bigint, width: bigint): number {
  let rest = BigInt(`0x${bytes.toString('hex')}`) << width;
  const divisor = (1n << width) | polynomial;
  for (let bit = BigInt(rest.toString(2).length); bit > width; bit -= 1n) {
    if ((rest >> (bit - 1n)) & 1n) rest ^= divisor << (bit - 1n - width);
  }
  return Number(rest);
}

/** Frames of 192 samples, of noise: what a frame holds is not looked at. */
function aFlac(frames: number, samples: number, isVariable = false): Buffer {
  const head = Buffer.alloc(42);
  head.write('fLaC', 'latin1');
  head.writeUInt8(0x80, 4);
  head.writeUInt8(34, 7);
  head.writeUInt16BE(192, 8);
  head.writeUInt16BE(192, 10);
  head.writeUInt32BE(samples, 22);
  const bodies = Array.from({ length: frames }, (_, index) => {
    const number = isVariable ? index * 192 : index;
    const coded = Buffer.from(String.fromCodePoint(number));
    const header = Buffer.from([0xff, isVariable ? 0xf9 : 0xf8, 0x19, 0x08, ...coded]);
    const noise = Buffer.from(Array.from({ length: 120 }, (_byte, at) => (at * at * 31 + index * 17 + 1) & 0xff));
    const body = Buffer.concat([header, Buffer.from([remainder(header, 0x07n, 8n)]), noise]);
    const sum = Buffer.alloc(2);
    sum.writeUInt16BE(remainder(body, 0x80_05n, 16n));
    return Buffer.concat([body, sum]);
  });
  return Buffer.concat([head, ...bodies]);
}

/** The lengths at which a cut is not seen. */
function unseenCuts(file: Buffer, check: (file: Buffer) => string | undefined): readonly number[] {
  const lengths = Array.from({ length: file.byteLength - 1 }, (_, index) => index + 1);
  return lengths.filter((length) => check(file.subarray(0, length)) === undefined);
}

test('the checksums of the samples are those of the standard', () => {
  const digits = Buffer.from('123456789');
  expect([remainder(digits, 0x07n, 8n), remainder(digits, 0x80_05n, 16n)]).toEqual([0xf4, 0xfe_e8]);
});

test('mp3End() sees a cut everywhere but between two frames, where a file that states no length goes on', () => {
  const file = anMp3(12);
  expect(mp3End(file)).toBeUndefined();
  expect(unseenCuts(file, mp3End).filter((length) => length > 3 && length % frameBytes !== 0)).toEqual([]);
});

test.each([
  ['bytes', { bytes: 12 * frameBytes }, 4],
  ['frames', { frames: 11 }, 2],
  ['both', { bytes: 12 * frameBytes, frames: 11 }, 2],
])('mp3End() sees a cut between two frames where the first one states %s', (_, stated, most) => {
  const file = anMp3(12, stated);
  expect(mp3End(file)).toBeUndefined();
  const unseen = unseenCuts(file, mp3End).filter((length) => length > 3);
  expect(unseen.every((length) => length % frameBytes === 0)).toBe(true);
  expect(unseen.length).toBeLessThanOrEqual(most);
  expect(mp3End(file.subarray(0, 6 * frameBytes))).toMatch(/too few$/);
});

test.each<readonly [string, Buffer]>([
  ['of the sandbox', Buffer.from(silentMp3(3, { title: 'A song', performer: 'Suno' }))],
  ['with a tag at its end', Buffer.concat([anMp3(5), Buffer.from('TAG'.padEnd(128, '\0'))])],
  ['with zeros at its end', Buffer.concat([anMp3(5), Buffer.alloc(7)])],
  ['that states one frame less, without the first', anMp3(5, { frames: 4, bytes: 5 * frameBytes })],
  ['that states nothing, as a stream does', anMp3(5, { frames: 0, bytes: 0 })],
  ['that goes on after the length it states, as two that were joined', anMp3(9, { bytes: 4 * frameBytes })],
])('mp3End() passes an MP3 %s', (_, file) => {
  expect(mp3End(file)).toBeUndefined();
});

test('mp3End() sees a tag that breaks off', () => {
  const file = Buffer.from(silentMp3(1, { title: 'A song with a name', performer: 'Suno' }));
  expect(mp3End(file.subarray(0, 20))).toBe('the MP3 breaks off in its tag');
});

test.each([false, true])(
  'flacEnd() sees a cut everywhere, also between two frames; numbered by samples: %s',
  (variable) => {
    const file = aFlac(140, 140 * 192, variable);
    expect(flacEnd(file)).toBeUndefined();
    expect(unseenCuts(file.subarray(0, 4_000), flacEnd)).toEqual([]);
    expect(flacEnd(file.subarray(0, file.byteLength - 3))).toBe('a FLAC frame breaks off');
    // What it would be with one frame less.
    const { byteLength } = aFlac(139, 140 * 192, variable);
    expect(flacEnd(file.subarray(0, byteLength))).toBe('the FLAC has 192 samples too few');
  },
);

test.each<readonly [string, Buffer]>([
  ['of unknown length', aFlac(5, 0)],
  ['with zeros at its end', Buffer.concat([aFlac(5, 960), Buffer.alloc(7)])],
  ['with a tag at its end', Buffer.concat([aFlac(5, 960), Buffer.from('TAG'.padEnd(128, '\0'))])],
  ['whose last frame holds more than it states', aFlac(5, 950)],
])('flacEnd() passes a FLAC %s', (_, file) => {
  expect(flacEnd(file)).toBeUndefined();
});

test.each<readonly [string, Buffer]>([
  ['MP3', anMp3(41)],
  ['FLAC', aFlac(20, 20 * 192)],
])('half a %s with a right length header is not kept, and may be fetched again', async (_, file) => {
  await using server = await localHttpServer((_request, response) => {
    response.end(file.subarray(0, file.byteLength / 2));
  });
  const kept = await keep(`${server.url}/a`, { allowPrivateHosts: [server.host] }, 'music');
  expect(kept).toEqual(refused('result-unavailable', true));
});
