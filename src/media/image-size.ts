export type ImageSize = { readonly width: number; readonly height: number };

/** Width and height as the header of a PNG, JPEG, WebP or GIF states them; undefined when it does not. */
export function imageSize(head: Uint8Array, mime: string): ImageSize | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const size = read(view, mime);
    return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
  } catch (error) {
    // DataView throws a RangeError when the header is longer than the given bytes.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function read(view: DataView, mime: string): ImageSize | undefined {
  if (mime === 'image/png') return readPng(view);
  if (mime === 'image/gif') return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (mime === 'image/webp') return readWebp(view);
  return mime === 'image/jpeg' ? readJpeg(view) : undefined;
}

function readPng(view: DataView): ImageSize | undefined {
  return text(view, 12) === 'IHDR' ? { width: view.getUint32(16), height: view.getUint32(20) } : undefined;
}

function readWebp(view: DataView): ImageSize | undefined {
  const form = text(view, 12);
  if (form === 'VP8X') return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
  if (form === 'VP8 ') {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (form !== 'VP8L' || view.getUint8(20) !== 0x2f) return undefined;
  const bits = view.getUint32(21, true);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

/** Walks from segment to segment to the frame header, SOF0 to SOF15 without DHT, JPG and DAC. */
function readJpeg(view: DataView): ImageSize | undefined {
  let at = 2;
  for (;;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
    } else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    } else if (marker === 0xd9 || marker === 0xda) {
      return undefined;
    } else {
      at += 2 + Math.max(2, view.getUint16(at + 2));
    }
  }
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}
