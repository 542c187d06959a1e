import type { JobId } from '../../domain/ids.ts';
import type { ResultSource, ResultStore } from '../../domain/media.ts';
import type { TelegramFile } from '../outbox/telegram-files.ts';

/**
 * A picture that a request is made from: one that a person sent, the one of an earlier request, or what that request made:
 * the file while it is kept, then what Telegram keeps of it.
 */
export type PictureReference =
  | { readonly fileId: string }
  | { readonly jobId: JobId }
  | { readonly resultOf: JobId; readonly fileId?: string };

/** Where the pictures of requests come from and are kept. */
export type SentPictures = {
  /** Keeps the picture for the request, before the request is accepted. */
  keep(picture: PictureReference, id: JobId): Promise<'kept' | 'too-large' | 'unreadable' | 'unavailable'>;
  /** The request was not accepted. */
  drop(id: JobId): Promise<void>;
};

/** Fetches pictures from Telegram and keeps them beside the results, checked by their bytes. */
export function createSentPictures(
  inputs: ResultStore,
  results: ResultSource,
  fetchFile: (fileId: string) => Promise<TelegramFile>,
  closing: AbortSignal,
): SentPictures {
  const bytesOf = async (picture: PictureReference): Promise<TelegramFile> => {
    if (!('jobId' in picture) && !('resultOf' in picture)) return fetchFile(picture.fileId);
    const opened = 'jobId' in picture ? await inputs.open(picture.jobId) : await results.open(picture.resultOf);
    if (opened === undefined) {
      return 'fileId' in picture && picture.fileId !== undefined ? fetchFile(picture.fileId) : { kind: 'unavailable' };
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.stream()) chunks.push(chunk);
    return { kind: 'bytes', bytes: Buffer.concat(chunks) };
  };
  return {
    keep: async (picture, id) => {
      const file = await bytesOf(picture);
      if (file.kind !== 'bytes') return file.kind;
      const kept = await inputs.download({ kind: 'bytes', bytes: file.bytes }, 'edit', id, closing);
      if (kept.ok) return 'kept';
      if (kept.diskFull === true) return 'unavailable';
      return kept.failure.reason === 'result-too-large' ? 'too-large' : 'unreadable';
    },
    drop: async (id) => void (await inputs.remove(id)),
  };
}
