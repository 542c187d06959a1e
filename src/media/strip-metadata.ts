const orientationTag = 0x0112;
const shortType = 3;
/** The bytes before the TIFF header: marker, length and `Exif\0\0`. */
const tiffStart = 10;

/** Reduces an Exif segment of a JPEG to its orientation; undefined when the orientation is the default. */
export function orientationOnly(segment: Buffer): Uint8Array | undefined {
  const orientation = orientationOf(segment.subarray(tiffStart));
  if (orientation === undefined || orientation < 2 || orientation > 8) return undefined;
  const plain = Buffer.alloc(tiffStart + 26);
  plain.writeUInt16BE(0xffe1, 0);
  plain.writeUInt16BE(plain.byteLength - 2, 2);
  plain.write('Exif\0\0MM\0*', 4, 'latin1');
  plain.writeUInt32BE(8, tiffStart + 4);
  plain.writeUInt16BE(1, tiffStart + 8);
  plain.writeUInt16BE(orientationTag, tiffStart + 10);
  plain.writeUInt16BE(shortType, tiffStart + 12);
  plain.writeUInt32BE(1, tiffStart + 14);
  plain.writeUInt16BE(orientation, tiffStart + 18);
  return plain;
}

function orientationOf(tiff: Buffer): number | undefined {
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.byteLength < 10 || (order !== 'II' && order !== 'MM')) return undefined;
  const isLittle = order === 'II';
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > tiff.byteLength) return undefined;
  const entries = view.getUint16(directory, isLittle);
  for (let index = 0; index < entries; index += 1) {
    const at = directory + 2 + 12 * index;
    if (at + 12 > tiff.byteLength) return undefined;
    if (view.getUint16(at, isLittle) === orientationTag) return view.getUint16(at + 8, isLittle);
  }
  return undefined;
}

const [endOfImage, startOfScan, app0, app1, app2, app14, app15] = [0xd9, 0xda, 0xe0, 0xe1, 0xe2, 0xee, 0xef];
/** The JFIF header without the thumbnail that may follow it. */
const jfifBytes = 18;

/**
 * The segments of a JPEG that its picture needs, unchanged: without Exif, XMP, comments, thumbnails and trailing bytes.
 * Orientation and colour profile stay.
 */
export function pictureOfJpeg(file: Buffer): readonly Uint8Array[] {
  const parts: Uint8Array[] = [file.subarray(0, 2)];
  for (let at = nextMarker(file, 2); at !== undefined; at = nextMarker(file, at)) {
    const marker = file.readUInt8(at + 1);
    if (marker === endOfImage) {
      parts.push(file.subarray(at, at + 2));
      break;
    }
    if (at + 4 > file.byteLength) break;
    const end = at + 2 + Math.max(2, file.readUInt16BE(at + 2));
    const segment = file.subarray(at, end);
    const part = neededOf(marker, segment);
    if (part !== undefined) parts.push(part);
    at = end;
    if (marker === startOfScan) {
      at = endOfScan(file, end);
      parts.push(file.subarray(end, at));
    }
  }
  return parts;
}

/** Keeps tables, frames and scans; of the application segments it keeps only those that affect colours. */
function neededOf(marker: number, segment: Buffer): Uint8Array | undefined {
  if (marker >= 0xc0 && marker <= 0xdf) return segment;
  if (marker < app0 || marker > app15) return undefined;
  const says = (name: string) => segment.toString('latin1', 4, 4 + name.length) === name;
  if (marker === app0 && says('JFIF\0')) return withoutThumbnail(segment);
  if (marker === app1 && says('Exif\0\0')) return orientationOnly(segment);
  if (marker === app2 && says('ICC_PROFILE\0')) return segment;
  return marker === app14 && says('Adobe') ? segment : undefined;
}

function withoutThumbnail(segment: Buffer): Uint8Array {
  if (segment.byteLength <= jfifBytes) return segment;
  const header = Buffer.from(segment.subarray(0, jfifBytes));
  header.writeUInt16BE(jfifBytes - 2, 2);
  header.writeUInt16BE(0, jfifBytes - 2);
  return header;
}

/** Finds the next segment; skips fill bytes and stray restart markers between segments. */
export function nextMarker(file: Buffer, from: number): number | undefined {
  for (let at = file.indexOf(0xff, from); at !== -1 && at + 1 < file.byteLength; at = file.indexOf(0xff, at + 1)) {
    const marker = file.readUInt8(at + 1);
    if (marker >= 0xc0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd8)) return at;
  }
  return undefined;
}

/** Finds the end of a scan: the first marker that is neither a stuffed byte nor a restart. */
export function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at !== -1 && at + 1 < file.byteLength; at = file.indexOf(0xff, at + 1)) {
    const marker = file.readUInt8(at + 1);
    if (marker !== 0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7)) return at;
  }
  return file.byteLength;
}

/** The PNG chunks that decoding and colours need; all others are metadata. */
const needed: ReadonlySet<string> = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'acTL',
  'fcTL',
  'fdAT',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'cICP',
  'mDCV',
  'cLLI',
  'sBIT',
  'bKGD',
  'hIST',
  'pHYs',
]);

const signatureBytes = 8;
/** The length, name and checksum of a chunk. */
const frameBytes = 12;

/** The chunks of a PNG that its picture needs, unchanged; without trailing bytes. */
export function pictureOfPng(file: Buffer): readonly Uint8Array[] {
  const parts = [file.subarray(0, signatureBytes)];
  for (let at = signatureBytes; at + frameBytes <= file.byteLength;) {
    const name = file.toString('latin1', at + 4, at + 8);
    const end = at + frameBytes + file.readUInt32BE(at);
    if (needed.has(name)) parts.push(file.subarray(at, end));
    if (name === 'IEND') break;
    at = end;
  }
  return parts;
}

const webpNeeded: ReadonlySet<string> = new Set(['VP8X', 'ICCP', 'ANIM', 'ANMF', 'ALPH', 'VP8 ', 'VP8L']);
const headerBytes = 12;
const chunkHeaderBytes = 8;
const frameHeaderBytes = 16;
/** The VP8X flags for Exif and XMP. */
const metadataFlags = 0x0c;

/** The chunks of a WebP that its picture needs; without Exif, XMP, unknown chunks and trailing bytes. */
export function pictureOfWebp(file: Buffer): readonly Uint8Array[] {
  const end = Math.min(file.byteLength, chunkHeaderBytes + file.readUInt32LE(4));
  const chunks = pictureChunks(file.subarray(headerBytes, end));
  const header = Buffer.from(file.subarray(0, headerBytes));
  header.writeUInt32LE(bytesOf(chunks) + headerBytes - chunkHeaderBytes, 4);
  return [header, ...chunks];
}

function pictureChunks(list: Buffer): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at + chunkHeaderBytes <= list.byteLength;) {
    const name = list.toString('latin1', at, at + 4);
    const size = list.readUInt32LE(at + 4);
    const end = at + chunkHeaderBytes + size + (size % 2);
    if (webpNeeded.has(name)) parts.push(...plainChunk(name, list.subarray(at, end)));
    at = end;
  }
  return parts;
}

function plainChunk(name: string, chunk: Buffer): readonly Uint8Array[] {
  if (name === 'VP8X' && chunk.byteLength > chunkHeaderBytes) {
    const plain = Buffer.from(chunk);
    plain.writeUInt8(plain.readUInt8(chunkHeaderBytes) & ~metadataFlags, chunkHeaderBytes);
    return [plain];
  }
  const dataStart = chunkHeaderBytes + frameHeaderBytes;
  if (name !== 'ANMF' || chunk.byteLength < dataStart) return [chunk];
  const frame = pictureChunks(chunk.subarray(dataStart));
  const header = Buffer.from(chunk.subarray(0, dataStart));
  header.writeUInt32LE(frameHeaderBytes + bytesOf(frame), 4);
  return [header, ...frame];
}

function bytesOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

const pictures: ReadonlyMap<string, (file: Buffer) => readonly Uint8Array[]> = new Map([
  ['image/png', pictureOfPng],
  ['image/jpeg', pictureOfJpeg],
  ['image/webp', pictureOfWebp],
]);

export type PlainPicture = { readonly parts: readonly Uint8Array[]; readonly bytes: number };

/**
 * Removes the metadata of a PNG, JPEG or WebP: places, prompts, settings, keys. Picture data and colour profile stay
 * unchanged. Returns undefined when there is nothing to remove, and for GIFs and videos, which are not changed.
 */
export function withoutMetadata(file: Buffer, mime: string): PlainPicture | undefined {
  const parts = pictures.get(mime)?.(file);
  if (parts === undefined) return undefined;
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return bytes === file.byteLength ? undefined : { parts, bytes };
}
