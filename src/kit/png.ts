import { crc32, deflateSync } from 'node:zlib';

export type Pixels = {
  /** In pixels, as the height. */
  readonly width: number;
  readonly height: number;
  /** A byte for each pixel, row by row from the top: its place in the palette, or its grey where there is none. */
  readonly pixels: Uint8Array;
  /** Red, green and blue of at most 256 colours. */
  readonly palette?: readonly (readonly [number, number, number])[];
};

/** Of the header (W3C PNG, third edition, 11.2.1). */
const [grey, indexed] = [0, 3];

/** Writes a PNG of 8 bits a pixel without filters (W3C PNG, third edition, 11.2 and 12). */
export function pngOf({ width, height, pixels, palette }: Pixels): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, palette === undefined ? grey : indexed, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(palette === undefined ? [] : [chunk('PLTE', Buffer.from(palette.flat()))]),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(data.length, 0);
  named.copy(whole, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}
