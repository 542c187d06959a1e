import { type JobKind, jobKinds, traitsOf, type MediaKind } from '../domain/kinds.ts';
import type { ByteSource, MediaFile } from '../domain/media.ts';
import { whyNotWhole } from './whole-file.ts';
import { videoFacts } from './iso-media.ts';
import { soundFacts, whyTooShort } from './sound-facts.ts';

type ResultType = Omit<MediaFile, 'path' | 'bytes'> & { readonly extension: string };

export type JudgedFile =
  | { readonly kind: 'good'; readonly type: ResultType }
  /** Not, or not yet, the file that it should be: the same address may give it later. */
  | { readonly kind: 'not-whole'; readonly why: string }
  /** A page or an error instead of a file. */
  | { readonly kind: 'not-media'; readonly why: string }
  /** Something that the model makes and the job cannot use: it will make the like again. */
  | { readonly kind: 'unusable'; readonly why: string };

/** How many bytes of a file are inspected; a JPEG may hold megabytes of metadata before its frame header. */
const headBytes = 4_000_000;

const maxPixels = 200_000_000;

type KnownType = { readonly kind: MediaKind; readonly mime: string; readonly extension: string };

const knownTypes: ReadonlyMap<string, KnownType> = new Map<string, KnownType>([
  ['image/png', { kind: 'image', mime: 'image/png', extension: 'png' }],
  ['image/apng', { kind: 'image', mime: 'image/png', extension: 'png' }],
  ['image/jpeg', { kind: 'image', mime: 'image/jpeg', extension: 'jpg' }],
  ['image/webp', { kind: 'image', mime: 'image/webp', extension: 'webp' }],
  ['image/gif', { kind: 'image', mime: 'image/gif', extension: 'gif' }],
  ['image/avif', { kind: 'image', mime: 'image/avif', extension: 'avif' }],
  ['image/heic', { kind: 'image', mime: 'image/heic', extension: 'heic' }],
  ['image/heic-sequence', { kind: 'image', mime: 'image/heic', extension: 'heic' }],
  ['image/heif', { kind: 'image', mime: 'image/heic', extension: 'heic' }],
  ['image/heif-sequence', { kind: 'image', mime: 'image/heic', extension: 'heic' }],
  ['image/jxl', { kind: 'image', mime: 'image/jxl', extension: 'jxl' }],
  ['image/bmp', { kind: 'image', mime: 'image/bmp', extension: 'bmp' }],
  ['image/tiff', { kind: 'image', mime: 'image/tiff', extension: 'tiff' }],
  ['video/mp4', { kind: 'video', mime: 'video/mp4', extension: 'mp4' }],
  ['video/x-m4v', { kind: 'video', mime: 'video/mp4', extension: 'mp4' }],
  ['video/webm', { kind: 'video', mime: 'video/webm', extension: 'webm' }],
  ['video/quicktime', { kind: 'video', mime: 'video/quicktime', extension: 'mov' }],
  ['video/matroska', { kind: 'video', mime: 'video/x-matroska', extension: 'mkv' }],
  ['video/vnd.avi', { kind: 'video', mime: 'video/x-msvideo', extension: 'avi' }],
  ['video/3gpp', { kind: 'video', mime: 'video/3gpp', extension: '3gp' }],
  ['audio/mpeg', { kind: 'audio', mime: 'audio/mpeg', extension: 'mp3' }],
  ['audio/x-m4a', { kind: 'audio', mime: 'audio/mp4', extension: 'm4a' }],
  ['audio/ogg', { kind: 'audio', mime: 'audio/ogg', extension: 'ogg' }],
  // So file-type 22.3.0 names Ogg with Opus: findings/file-type-ogg-opus.sh.
  ['audio/ogg; codecs=opus', { kind: 'audio', mime: 'audio/ogg', extension: 'ogg' }],
  ['audio/wav', { kind: 'audio', mime: 'audio/wav', extension: 'wav' }],
  ['audio/flac', { kind: 'audio', mime: 'audio/flac', extension: 'flac' }],
]);

/** The formats whose header `imageSize` reads; the others are shown as files, undecoded. */
const sizedImages: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);

/** The extensions of stored results: the types that some job kind accepts. */
export const resultExtensions: readonly string[] = [
  ...new Set(
    [...knownTypes.values()]
      .filter((type) => jobKinds.some((kind) => isAccepted(type, kind)))
      .map((type) => type.extension),
  ),
];

/** Detects what a result is from its bytes alone: its type, whether it is whole, its size and duration. */
export async function judgeFile(source: ByteSource, kind: JobKind): Promise<JudgedFile> {
  if (source.bytes === 0) return { kind: 'not-whole', why: 'the file is empty' };
  const head = await source.read(0, headBytes);
  const found = await (await import('file-type')).fileTypeFromBuffer(head).catch(() => undefined);
  const known = found === undefined ? undefined : knownTypes.get(found.mime);
  const type = known !== undefined && (await isSoundAlone(known, source, kind)) ? soundInMp4 : known;
  if (type === undefined) return unknownFile(head, kind, found?.mime);
  if (!isAccepted(type, kind)) return { kind: 'unusable', why: `expected a ${kind}, got ${type.mime}` };
  const notWhole = await whyNotWhole(source, type.mime);
  if (notWhole !== undefined) return { kind: 'not-whole', why: notWhole };
  if (type.kind === 'audio') return judgeSound(source, type);
  if (type.mime === 'video/mp4') return { kind: 'good', type: { ...type, ...(await videoFacts(source)) } };
  if (!sizedImages.has(type.mime)) return { kind: 'good', type };
  const size = imageSize(head, type.mime);
  if (size === undefined) return { kind: 'not-whole', why: 'the header of the image is damaged' };
  if (size.width * size.height > maxPixels) {
    return { kind: 'unusable', why: `an image of ${size.width} x ${size.height} pixels` };
  }
  return { kind: 'good', type: { ...type, ...size } };
}

const soundInMp4: KnownType = { kind: 'audio', mime: 'audio/mp4', extension: 'm4a' };

/** An MP4 without pictures, where a sound is asked for: not every one says of itself that it is a sound. */
async function isSoundAlone({ mime }: KnownType, source: ByteSource, kind: JobKind): Promise<boolean> {
  const { accepts } = traitsOf(kind);
  if (mime !== 'video/mp4' || !accepts.includes('audio') || accepts.includes('video')) return false;
  const { width, durationMs } = await videoFacts(source);
  return width === undefined && durationMs !== undefined;
}

async function judgeSound(source: ByteSource, type: KnownType): Promise<JudgedFile> {
  const { durationMs } = type.mime === 'audio/mp4' ? await videoFacts(source) : {};
  const facts = { ...(durationMs === undefined ? {} : { durationMs }), ...(await soundFacts(source, type.mime)) };
  const why = whyTooShort(facts, source.bytes);
  return why === undefined ? { kind: 'good', type: { ...type, ...facts } } : { kind: 'not-whole', why };
}

function isAccepted(type: KnownType, kind: JobKind): boolean {
  const { accepts, alsoAccepts } = traitsOf(kind);
  return accepts.includes(type.kind) || alsoAccepts.includes(type.mime);
}

function unknownFile(head: Buffer, kind: JobKind, mime: string | undefined): JudgedFile {
  const text = head.toString('utf8', 0, 1000);
  if (/^\s*(?:<\?xml[^]*?\?>\s*)?(?:<!--[^]*?-->\s*)?(?:<!doctype svg[^]*?>\s*)?<svg\b/i.test(text)) {
    return { kind: 'unusable', why: `expected a ${kind}, got image/svg+xml` };
  }
  if (mime === 'application/xml' || (mime === undefined && /^[\s\ufeff]*[<{["#\w]/.test(text) && isText(head))) {
    return { kind: 'not-media', why: `expected a ${kind}, got a text` };
  }
  if (mime === undefined) return { kind: 'not-whole', why: `expected a ${kind}, got an unknown type` };
  return { kind: 'unusable', why: `expected a ${kind}, got ${mime}` };
}

function isText(head: Buffer): boolean {
  return !/[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/.test(head.toString('utf8', 0, 500));
}

type ImageSize = { readonly width: number; readonly height: number };

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
