import type { ByteSource } from '../domain/media.ts';

/** What the header and the tags of a sound say; what they do not say, or not plausibly, is absent. */
export type SoundFacts = { readonly durationMs?: number; readonly title?: string; readonly performer?: string };

const maxDurationMs = 86_400_000;
const maxWords = 200;

/** Less than any word or note has: a header and nothing behind it. */
const minBytes = 500;
const minMs = 50;

/** Why the file is no sound that anybody could hear; undefined when it may be one. */
export function whyTooShort({ durationMs = minMs }: SoundFacts, bytes: number): string | undefined {
  if (bytes < minBytes) return `a sound of ${bytes} bytes`;
  return durationMs < minMs ? `a sound of ${durationMs} ms` : undefined;
}

/** Reads duration, title and performer of an MP3, M4A, Ogg, WAV or FLAC file; empty for one that cannot be parsed. */
export async function soundFacts(source: ByteSource, mime: string): Promise<SoundFacts> {
  // Loaded with the first sound: a bot without sounds does not need it.
  const { parseBuffer } = await import('music-metadata');
  const bytes = await source.read(0, source.bytes);
  const parsed = await parseBuffer(bytes, { mimeType: mime, size: bytes.byteLength }, { skipCovers: true }).catch(
    () => undefined,
  );
  if (parsed === undefined) return {};
  const { format, common } = parsed;
  const durationMs = Math.round((format.duration ?? -1) * 1000);
  const title = plain(common.title);
  const performer = plain(common.artist);
  return {
    // A stream does not know its length when its header is written.
    ...(durationMs > 0 && durationMs <= maxDurationMs ? { durationMs } : {}),
    ...(title === undefined ? {} : { title }),
    ...(performer === undefined ? {} : { performer }),
  };
}

/** One line of words without control characters; undefined where nothing is left. */
export function plain(words: string | undefined): string | undefined {
  const line = words
    ?.toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, maxWords);
  return line === '' ? undefined : line?.toWellFormed();
}
