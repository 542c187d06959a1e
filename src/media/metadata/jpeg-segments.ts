const orientationTag = 0x0112;
const shortType = 3;
/** Before the TIFF header: marker, length and `Exif\0\0`. */
const tiffStart = 10;

/** An Exif segment of a JPEG that says which side is up and nothing else; undefined where that goes without saying. */
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
 * The segments of a JPEG that make its picture, byte for byte: without Exif, XMP, comments, thumbnails, and without
 * whatever follows its end. A turned picture stays turned, the colour profile stays.
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

/** Tables, frames and scans are needed; of the application's own segments only what decides over the colours. */
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

/** Where the next segment begins: what stands between segments, fill bytes and stray restarts, means nothing. */
function nextMarker(file: Buffer, from: number): number | undefined {
  for (let at = file.indexOf(0xff, from); at !== -1 && at + 1 < file.byteLength; at = file.indexOf(0xff, at + 1)) {
    const marker = file.readUInt8(at + 1);
    if (marker >= 0xc0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd8)) return at;
  }
  return undefined;
}

/** A scan goes on over stuffed bytes and restarts to the first other marker. */
function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at !== -1 && at + 1 < file.byteLength; at = file.indexOf(0xff, at + 1)) {
    const marker = file.readUInt8(at + 1);
    if (marker !== 0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7)) return at;
  }
  return file.byteLength;
}
