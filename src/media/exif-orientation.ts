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
