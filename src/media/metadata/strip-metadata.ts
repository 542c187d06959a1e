import { pictureOfJpeg } from './jpeg-segments.ts';
import { pictureOfPng } from './png-chunks.ts';
import { pictureOfWebp } from './webp-chunks.ts';

const pictures: ReadonlyMap<string, (file: Buffer) => readonly Uint8Array[]> = new Map([
  ['image/png', pictureOfPng],
  ['image/jpeg', pictureOfJpeg],
  ['image/webp', pictureOfWebp],
]);

export type PlainPicture = { readonly parts: readonly Uint8Array[]; readonly bytes: number };

/**
 * A PNG, JPEG or WebP without what it says beside its picture: places, prompts, settings, keys. The picture itself and
 * its colour profile stay byte for byte. Undefined when there is nothing to take out, and for a GIF or a video, which
 * stay as they are.
 */
export function withoutMetadata(file: Buffer, mime: string): PlainPicture | undefined {
  const parts = pictures.get(mime)?.(file);
  if (parts === undefined) return undefined;
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return bytes === file.byteLength ? undefined : { parts, bytes };
}
