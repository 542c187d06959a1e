import { fileTypeFromBuffer } from 'file-type';
import { jobKinds, type JobKind, traitsOf } from '../domain/job.ts';
import type { MediaFile, MediaKind } from '../domain/media.ts';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type JobId, jobId } from '../domain/ids.ts';
import type { OpenedResult } from '../domain/result-store.ts';

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

export type ResultType = Pick<MediaFile, 'kind' | 'mime' | 'width' | 'height'> & { readonly extension: string };

export type JudgedType =
  | { readonly ok: true; readonly type: ResultType }
  | { readonly ok: false; readonly why: string };

/** How many bytes of a file are inspected; a JPEG may hold megabytes of metadata before its frame header. */
export const headBytes = 4_000_000;

const maxPixels = 50_000_000;

type KnownType = { readonly kind: MediaKind; readonly mime: string; readonly extension: string };

const knownTypes: ReadonlyMap<string, KnownType> = new Map<string, KnownType>([
  ['image/png', { kind: 'image', mime: 'image/png', extension: 'png' }],
  ['image/apng', { kind: 'image', mime: 'image/png', extension: 'png' }],
  ['image/jpeg', { kind: 'image', mime: 'image/jpeg', extension: 'jpg' }],
  ['image/webp', { kind: 'image', mime: 'image/webp', extension: 'webp' }],
  ['image/gif', { kind: 'image', mime: 'image/gif', extension: 'gif' }],
  ['video/mp4', { kind: 'video', mime: 'video/mp4', extension: 'mp4' }],
  ['video/webm', { kind: 'video', mime: 'video/webm', extension: 'webm' }],
  ['audio/mpeg', { kind: 'audio', mime: 'audio/mpeg', extension: 'mp3' }],
  ['audio/x-m4a', { kind: 'audio', mime: 'audio/mp4', extension: 'm4a' }],
  ['audio/ogg', { kind: 'audio', mime: 'audio/ogg', extension: 'ogg' }],
  // So file-type 22.3.0 names Ogg with Opus: findings/file-type-ogg-opus.sh.
  ['audio/ogg; codecs=opus', { kind: 'audio', mime: 'audio/ogg', extension: 'ogg' }],
  ['audio/wav', { kind: 'audio', mime: 'audio/wav', extension: 'wav' }],
  ['audio/flac', { kind: 'audio', mime: 'audio/flac', extension: 'flac' }],
]);

const acceptedKinds: ReadonlySet<MediaKind> = new Set(jobKinds.flatMap((kind) => traitsOf(kind).accepts));

/** The extensions of stored results: the types that some job kind accepts. */
export const resultExtensions: readonly string[] = [
  ...new Set([...knownTypes.values()].filter(({ kind }) => acceptedKinds.has(kind)).map(({ extension }) => extension)),
];

/** Detects a result's type from its bytes alone and checks whether the job kind accepts it. */
export async function judgeType(head: Uint8Array, kind: JobKind): Promise<JudgedType> {
  if (head.byteLength === 0) return { ok: false, why: 'the file is empty' };
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const type = found === undefined ? undefined : knownTypes.get(found.mime);
  if (type === undefined || !traitsOf(kind).accepts.includes(type.kind)) {
    return { ok: false, why: `expected a ${kind}, got ${found?.mime ?? 'an unknown type'}` };
  }
  if (type.kind !== 'image') return { ok: true, type };
  const size = imageSize(head, type.mime);
  if (size === undefined) return { ok: false, why: 'the header of the image is damaged' };
  if (size.width * size.height > maxPixels) {
    return { ok: false, why: `an image of ${size.width} x ${size.height} pixels` };
  }
  return { ok: true, type: { ...type, ...size } };
}

const withDigest = /-[0-9a-f]{12}$/;

/** Finds a stored file of the job's result; only complete files have a final name. */
export async function findResult(
  directory: string,
  kind: JobKind,
  id: JobId,
  part = 0,
): Promise<MediaFile | undefined> {
  for (const path of pathsOf(directory, id, part)) {
    const file = await judged(path, kind);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Opens a file of the job's result; the file handle is opened only when the stream is read. */
export async function openKept(directory: string, id: JobId, part = 0): Promise<OpenedResult | undefined> {
  for (const path of pathsOf(directory, id, part)) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) return { bytes: found.size, stream: () => createReadStream(path) };
  }
  return undefined;
}

/** Removes all stored files of the job; returns whether there were any. */
export async function removeResult(directory: string, id: JobId): Promise<boolean> {
  const found: string[] = [];
  for (let part = 0; ; part += 1) {
    const paths = pathsOf(directory, id, part);
    const own = await Promise.all(paths.map(async (path) => ((await isThere(path)) ? [path] : [])));
    if (own.flat().length === 0) break;
    found.push(...own.flat());
  }
  // From the last to the first: what a killed process leaves includes part 0, by which the job is found.
  for (const path of found.toReversed()) await rm(path, { force: true });
  return found.length > 0;
}

/** Lists the jobs that have a result in the folder; files with other names are ignored. */
export async function jobsWithResults(directory: string): Promise<readonly JobId[]> {
  const names = await readdir(directory).catch(() => []);
  const ids = names.flatMap((name) => {
    const [, stem, extension = ''] = /^job-([^.]+)(?:\.[0-9]+)?\.([a-z0-9]+)$/.exec(name) ?? [];
    // An escaped id cannot be restored from its digest.
    if (stem === undefined || withDigest.test(stem) || !resultExtensions.includes(extension)) return [];
    return [jobId(stem)];
  });
  return [...new Set(ids)];
}

/** The name of a file of the job's result, without its extension; parts after the first carry their number. */
export function resultName(id: JobId, part: number): string {
  return part === 0 ? `job-${resultStem(id)}` : `job-${resultStem(id)}.${part + 1}`;
}

/** Converts an id to a unique file name: an id with unsafe characters gets a digest. */
export function resultStem(id: JobId): string {
  const safe = id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 100);
  if (safe === id) return safe;
  return `${safe.slice(0, 80)}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

function pathsOf(directory: string, id: JobId, part: number): readonly string[] {
  return resultExtensions.map((extension) => join(directory, `${resultName(id, part)}.${extension}`));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return false;
    throw error;
  }
}

async function judged(path: string, kind: JobKind): Promise<MediaFile | undefined> {
  let file;
  try {
    file = await open(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size: bytes } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(bytes, headBytes)), 0, undefined, 0);
    const found = await judgeType(buffer.subarray(0, bytesRead), kind);
    if (!found.ok) return undefined;
    const { extension: _, ...type } = found.type;
    return { path, bytes, ...type };
  } finally {
    await file.close();
  }
}
