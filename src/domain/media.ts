import type { AttemptFailure, StoreUnavailable } from './failure.ts';
import type { JobId } from './ids.ts';
import type { JobKind, MediaKind } from './kinds.ts';

/** A result kept on this machine's disk; type and size were read from the bytes, not from a header. */
export type MediaFile = {
  readonly path: string;
  readonly kind: MediaKind;
  readonly mime: string;
  readonly bytes: number;
  /** In pixels as it is shown, where the header of the file says so. */
  readonly width?: number;
  readonly height?: number;
  /** Of a video or a sound, where its header says so. */
  readonly durationMs?: number;
  /** Of a sound: as its tags or its provider name it. */
  readonly title?: string;
  readonly performer?: string;
};

/** Where a provider put its result, and how it named it. */
export type MediaSource = (
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
) & { readonly title?: string };

export type Downloaded =
  | { readonly ok: true; readonly file: MediaFile }
  | {
      readonly ok: false;
      readonly failure: AttemptFailure;
      /** A later fetch of the same address may succeed (404, cut connection). */
      readonly retryable: boolean;
      /** This machine's disk refused the file; the download may be retried once the disk is writable again. */
      readonly diskFull?: boolean;
    };

/** The bytes of a file, read where they are needed. */
export type ByteSource = {
  readonly bytes: number;
  /** Fewer bytes than asked for at the end of the file. */
  read(at: number, length: number): Promise<Buffer>;
};

/** The bytes of one file of a result, wherever they lie. */
export type OpenedResult = {
  readonly bytes: number;
  /** From the first byte, each time it is called. Fails while it is read when the file has gone meanwhile. */
  stream(): AsyncIterable<Uint8Array>;
};

/** Brings a provider's result to where results are kept, safely. One try; the caller decides about another. */
export type ResultDownloader = {
  /** The whole file that is kept for the job, if there is one; `part` counts the files of one result from 0. */
  find(kind: JobKind, jobId: JobId, part?: number): Promise<MediaFile | undefined>;
  /** Removes all files of the job. Returns whether there were any. */
  remove(jobId: JobId): Promise<boolean>;
  /** The parts of a result are kept one after the other, from 0. */
  download(source: MediaSource, kind: JobKind, jobId: JobId, signal: AbortSignal, part?: number): Promise<Downloaded>;
  /** The current disk error, while nothing can be stored. */
  readonly diskError?: () => StoreUnavailable | undefined;
};

/** The stored results, as retention needs them. */
export type StoredResults = Pick<ResultDownloader, 'remove'> & {
  /** Every job for which something is kept. */
  list(): Promise<readonly JobId[]>;
};

/** The stored results, as delivery needs them: this process, another one, or a bucket may hold them. */
export type ResultSource = {
  /** Opens a kept file by its job and its number in the result; undefined when there is none, or no more. */
  open(jobId: JobId, part?: number): Promise<OpenedResult | undefined>;
};

/** All that is done with results; each consumer takes the part that it needs. */
export type ResultStore = ResultDownloader & StoredResults & ResultSource;
