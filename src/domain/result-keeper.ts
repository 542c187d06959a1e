import type { AttemptFailure } from './failure.ts';
import type { JobId } from './ids.ts';
import type { JobKind } from './job.ts';
import type { MediaFile, MediaSource } from './media.ts';

export type Kept =
  | { readonly ok: true; readonly file: MediaFile }
  | {
      readonly ok: false;
      readonly failure: AttemptFailure;
      /** A later fetch of the same address may succeed (404, cut connection). */
      readonly again: boolean;
    };

/** Brings a provider's result to this machine's disk, safely. One try; the caller decides about another. */
export type ResultKeeper = {
  /** The whole result that is kept for the job, if there is one. */
  find(kind: JobKind, jobId: JobId): Promise<MediaFile | undefined>;
  /** Removes what is kept for the job; answers whether there was anything. */
  remove(jobId: JobId): Promise<boolean>;
  keep(source: MediaSource, kind: JobKind, jobId: JobId, signal: AbortSignal): Promise<Kept>;
};
