import type { ByteSource } from '../../src/domain/media.ts';
import { aVideo } from './sample-video.ts';

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.byteLength);
  return Buffer.concat([length, Buffer.from(name, 'latin1'), data, Buffer.alloc(4)]);
}

/** A PNG with the right order of chunks, a header of that size and no picture inside. */
export function aPng(width = 2, height = 3, payloadBytes = 40): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const picture = chunk('IDAT', Buffer.alloc(payloadBytes, 7));
  return Buffer.concat([signature, chunk('IHDR', header), picture, chunk('IEND', Buffer.alloc(0))]);
}

/** A JPEG with so many bytes of metadata before its frame header. */
export function aJpeg(width = 2, height = 3, metadataSegments = 1): Buffer {
  const metadata = Buffer.concat([Buffer.from([0xff, 0xe1, 0xff, 0xff]), Buffer.alloc(0xffff - 2, 0x41)]);
  const [high, wide] = [
    [height >> 8, height & 255],
    [width >> 8, width & 255],
  ] as const;
  const frame = Buffer.from([0xff, 0xc2, 0, 17, 8, ...high, ...wide, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
  const scan = Buffer.from([
    0xff,
    0xda,
    0,
    12,
    3,
    1,
    0,
    2,
    0x11,
    3,
    0x11,
    0,
    63,
    0,
    ...Array.from({ length: 40 }, () => 7),
  ]);
  const segments = Array.from({ length: metadataSegments }, () => metadata);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, frame, scan, Buffer.from([0xff, 0xd9])]);
}

export function aGif(width = 2, height = 3): Buffer {
  const header = Buffer.alloc(13);
  header.write('GIF89a', 'latin1');
  header.writeUInt16LE(width, 6);
  header.writeUInt16LE(height, 8);
  const comment = Buffer.concat([Buffer.from([0x21, 0xfe, 5]), Buffer.from('hello'), Buffer.from([0])]);
  const picture = Buffer.from([0x2c, 0, 0, 0, 0, 2, 0, 3, 0, 0, 2, 4, 0x84, 0x8f, 0x05, 0x3b, 0]);
  return Buffer.concat([header, comment, picture, Buffer.from([0x3b])]);
}

/** A WebP of one of its three forms. */
export function aWebp(form: 'VP8 ' | 'VP8L' | 'VP8X', width = 2, height = 3): Buffer {
  const file = Buffer.alloc(60);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(52, 4);
  file.write(`WEBP${form}`, 8, 'latin1');
  file.writeUInt32LE(40, 16);
  if (form === 'VP8 ') {
    file.writeUInt16LE(width, 26);
    file.writeUInt16LE(height, 28);
  } else if (form === 'VP8L') {
    file.writeUInt8(0x2f, 20);
    file.writeUInt32LE((width - 1) | ((height - 1) << 14), 21);
  } else {
    file.writeUIntLE(width - 1, 24, 3);
    file.writeUIntLE(height - 1, 27, 3);
  }
  return file;
}

export function anMp4(payloadBytes = 40): Buffer {
  return aVideo({ payloadBytes });
}

export function aWebm(): Buffer {
  const docType = Buffer.from([0x42, 0x82, 0x84, ...Buffer.from('webm')]);
  return Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x80 | docType.byteLength]), docType, Buffer.alloc(100)]);
}

export function bytesOfBuffer(file: Buffer): ByteSource {
  return { bytes: file.byteLength, read: async (at, length) => file.subarray(at, at + length) };
}
