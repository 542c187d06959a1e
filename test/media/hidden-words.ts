import { crc32 } from 'node:zlib';

/** What must not be found in a picture any more: a place, a prompt, a key. */
export const hiddenWords = 'canary GPS 52.52 N, prompt "a secret wish", key canary-key-001-of-the-tests';

const words = Buffer.from(hiddenWords);

/** A picture with the words in every place where words can stand; its first and last byte stay at their ends. */
export type Hide = (picture: Buffer) => Buffer;

export const hideInPng: Hide = (picture) => {
  const endOfHeader = 8 + 25;
  const endOfPicture = picture.byteLength - 12;
  return Buffer.concat([
    picture.subarray(0, endOfHeader),
    pngChunk('tEXt', 'parameters\0', words),
    pngChunk('zTXt', 'Comment\0\0', words),
    pngChunk('iTXt', 'XML:com.adobe.xmp\0\0\0\0\0', words),
    pngChunk('tIME', '\x07\xea\x01\x01\0\0\0', Buffer.alloc(0)),
    picture.subarray(endOfHeader, endOfPicture),
    pngChunk('eXIf', '', tiff(6)),
    pngChunk('prVt', '', words),
    picture.subarray(endOfPicture),
    words,
  ]);
};

export const hideInJpeg: Hide = (picture) => {
  const endOfJfif = 20;
  return Buffer.concat([
    picture.subarray(0, endOfJfif),
    jpegSegment(0xe0, 'JFXX\0\x13', words),
    jpegSegment(0xe1, 'Exif\0\0', tiff(1)),
    jpegSegment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', words),
    jpegSegment(0xe2, 'MPF\0', words),
    jpegSegment(0xeb, 'JP', words),
    jpegSegment(0xed, 'Photoshop 3.0\0', words),
    jpegSegment(0xfe, '', words),
    picture.subarray(endOfJfif, -2),
    jpegSegment(0xfe, '', words),
    picture.subarray(-2),
    words,
  ]);
};

export const hideInWebp: Hide = (picture) => {
  const announced = Buffer.from(picture.subarray(12));
  announced.writeUInt8(announced.readUInt8(8) | 0x0c, 8);
  const chunks = [
    announced,
    webpChunk('EXIF', Buffer.concat([Buffer.from('Exif\0\0'), tiff(6)])),
    webpChunk('XMP ', words),
    webpChunk('note', words),
  ];
  return Buffer.concat([riff(Buffer.concat(chunks)), words]);
};

/** The TIFF block of Exif, the words as its description. */
export function tiff(orientation: number, order: 'II' | 'MM' = 'MM'): Buffer {
  const block = Buffer.alloc(8 + 2 + 2 * 12 + 4);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const isLittle = order === 'II';
  block.write(order, 'latin1');
  view.setUint16(2, 42, isLittle);
  view.setUint32(4, 8, isLittle);
  view.setUint16(8, 2, isLittle);
  const entry = (index: number, tag: number, type: number, count: number) => {
    const at = 10 + 12 * index;
    view.setUint16(at, tag, isLittle);
    view.setUint16(at + 2, type, isLittle);
    view.setUint32(at + 4, count, isLittle);
    return at + 8;
  };
  view.setUint32(entry(0, 0x010e, 2, words.byteLength), block.byteLength, isLittle);
  view.setUint16(entry(1, 0x0112, 3, 1), orientation, isLittle);
  return Buffer.concat([block, words]);
}

export function pngChunk(name: string, before: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name + before, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.byteLength - 4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

export function jpegSegment(marker: number, before: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(before, 'latin1'), data]);
  return Buffer.concat([Buffer.from([0xff, marker, (body.byteLength + 2) >> 8, (body.byteLength + 2) & 255]), body]);
}

export function webpChunk(name: string, data: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.write(name, 'latin1');
  header.writeUInt32LE(data.byteLength, 4);
  return Buffer.concat([header, data, Buffer.alloc(data.byteLength % 2)]);
}

export function riff(chunks: Uint8Array): Buffer {
  return webpChunk('RIFF', Buffer.concat([Buffer.from('WEBP'), chunks]));
}
