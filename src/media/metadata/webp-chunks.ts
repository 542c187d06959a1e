const needed: ReadonlySet<string> = new Set(['VP8X', 'ICCP', 'ANIM', 'ANMF', 'ALPH', 'VP8 ', 'VP8L']);
const headerBytes = 12;
const chunkHeaderBytes = 8;
const frameHeaderBytes = 16;
/** The flags by which VP8X announces Exif and XMP. */
const metadataFlags = 0x0c;

/** The chunks of a WebP that make its picture; without Exif, XMP, unknown chunks, and whatever follows its end. */
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
    if (needed.has(name)) parts.push(...plainChunk(name, list.subarray(at, end)));
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
