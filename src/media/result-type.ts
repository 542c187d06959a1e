import { fileTypeFromBuffer } from 'file-type';
import { jobKinds, type JobKind } from '../domain/job.ts';
import { traitsOf } from '../domain/kind-traits.ts';
import type { MediaFile, MediaKind } from '../domain/media.ts';
import { imageSize } from './image-size.ts';

export type ResultType = Pick<MediaFile, 'kind' | 'mime' | 'width' | 'height'> & { readonly extension: string };

export type JudgedType =
  | { readonly ok: true; readonly type: ResultType }
  | { readonly ok: false; readonly why: string };

/** How much of a file's beginning is looked at; a JPEG may carry megabytes of metadata before its frame header. */
export const headBytes = 4_000_000;

const mostPixels = 50_000_000;

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
  ['audio/ogg; codecs=opus', { kind: 'audio', mime: 'audio/ogg', extension: 'ogg' }],
  ['audio/wav', { kind: 'audio', mime: 'audio/wav', extension: 'wav' }],
  ['audio/flac', { kind: 'audio', mime: 'audio/flac', extension: 'flac' }],
]);

const acceptedKinds: ReadonlySet<MediaKind> = new Set(jobKinds.flatMap((kind) => traitsOf(kind).accepts));

/** How the names of kept results end: only what some kind of request accepts is ever kept. */
export const resultExtensions: readonly string[] = [
  ...new Set([...knownTypes.values()].filter(({ kind }) => acceptedKinds.has(kind)).map(({ extension }) => extension)),
];

/** Says what a result is by its bytes alone, and whether it may be sent on as what was asked for. */
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
  if (size.width * size.height > mostPixels) {
    return { ok: false, why: `an image of ${size.width} x ${size.height} pixels` };
  }
  return { ok: true, type: { ...type, ...size } };
}
