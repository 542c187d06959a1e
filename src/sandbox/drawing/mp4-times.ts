const containers = new Set(['moov', 'trak', 'mdia']);
const timed = new Set(['mvhd', 'tkhd', 'mdhd']);

/** The same film without the time of its making, so that the same frames give the same bytes. */
export function withoutTimes(mp4: Uint8Array): Uint8Array {
  const copy = Buffer.from(mp4);
  clearTimes(copy, 0, copy.length);
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.length);
}

function clearTimes(mp4: Buffer, from: number, to: number): void {
  for (let at = from; at + 8 <= to;) {
    const size = mp4.readUInt32BE(at);
    const type = mp4.toString('latin1', at + 4, at + 8);
    if (size < 8 || at + size > to) return;
    if (containers.has(type)) clearTimes(mp4, at + 8, at + size);
    // Version 1 has two times of 8 bytes, version 0 two of 4.
    if (timed.has(type)) mp4.fill(0, at + 12, at + 12 + (mp4[at + 8] === 1 ? 16 : 8));
    at += size;
  }
}
