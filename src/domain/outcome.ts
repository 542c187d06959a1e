import type { FailureCode } from './failure.ts';
import type { MediaFile } from './media.ts';

/** What was made. */
export type ResultPayload =
  | { readonly kind: 'file'; readonly file: MediaFile }
  /** In the provider's order. */
  | { readonly kind: 'files'; readonly files: readonly [MediaFile, MediaFile, ...MediaFile[]] }
  /** As the provider wrote it: not escaped, of any length. */
  | { readonly kind: 'text'; readonly text: string };

/** How a job ended. */
export type Outcome =
  | { readonly kind: 'result'; readonly payload: ResultPayload; readonly model: string }
  | {
      readonly kind: 'failed';
      readonly code: Exclude<FailureCode, 'cancelled'>;
      /** When it is worth asking again, as far as that is known. Milliseconds since 1970. */
      readonly againAtMs?: number;
    }
  | { readonly kind: 'cancelled' };

/** The files of a result, none where it is words. */
export function filesOf(payload: ResultPayload): readonly MediaFile[] {
  switch (payload.kind) {
    case 'file':
      return [payload.file];
    case 'files':
      return payload.files;
    case 'text':
      return [];
  }
}

/** One file as it is, several as several. */
export function payloadOf([first, second, ...others]: readonly [MediaFile, ...MediaFile[]]): ResultPayload {
  return second === undefined ? { kind: 'file', file: first } : { kind: 'files', files: [first, second, ...others] };
}

/** What a result is and its size together, for a line of a log or a table. */
export function sizeOf(payload: ResultPayload): { readonly mime: string; readonly bytes: number } {
  const files = filesOf(payload);
  const text = payload.kind === 'text' ? Buffer.byteLength(payload.text) : 0;
  return { mime: files[0]?.mime ?? 'text/plain', bytes: files.reduce((sum, file) => sum + file.bytes, text) };
}
