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
  /** Removes what processes that are gone left unfinished, where others share the folder; who is alone did so at its start. */
  removeUnfinished?(): Promise<void>;
};

/** The stored results, as delivery needs them: this process, another one, or a bucket may hold them. */
export type ResultSource = {
  /** Opens a kept file by its job and its number in the result; undefined when there is none, or no more. */
  open(jobId: JobId, part?: number): Promise<OpenedResult | undefined>;
};

/** All that is done with results; each consumer takes the part that it needs. */
export type ResultStore = ResultDownloader & StoredResults & ResultSource;

/** A file of a result in the bucket, or on its way there. */
export type ResultCopy = {
  /** The object's name, the prefix included: hard to guess, and without a word of a person. */
  readonly key: string;
  readonly jobId: JobId;
  /** Its number among the files of the result, from 0. */
  readonly part: number;
  readonly mime: string;
};

/**
 * Which copies exist. upload -> kept -> delete -> no row; upload -> delete when the job is deleted before. A job that is
 * deleted, in whatever way, takes its copies with it to `delete` in the same transaction. `place` names the bucket: rows of
 * another one are left alone.
 */
export type CopyStore = {
  /** Durable before it resolves. A file that has a row keeps it; those of a forgotten job get none. */
  add(place: string, copies: readonly ResultCopy[]): Promise<void>;
  /** Those that were tried least come first. */
  toUpload(place: string, atMost: number): Promise<readonly ResultCopy[]>;
  /** The keys of objects that nobody needs any more, likewise. */
  toDelete(place: string, atMost: number): Promise<readonly string[]>;
  /**
   * This process is about to upload the copy: where others share the store they leave it alone for as long as this one
   * lives. Returns false when it is to be deleted by now.
   */
  begin(key: string): Promise<boolean>;
  /** Another one goes first the next time. */
  postpone(key: string): Promise<void>;
  /** Returns false when the copy is to be deleted by now. */
  uploaded(key: string): Promise<boolean>;
  /** The object is gone, or never came to be. */
  drop(key: string): Promise<void>;
  /** The copies of the job that are in the bucket. */
  kept(place: string, jobId: JobId): Promise<readonly KeptCopy[]>;
  /** The message shows the link, or never will. */
  linked(keys: readonly string[]): Promise<void>;
  /** Jobs with a copy in the bucket whose message shows no link yet, the newest first. */
  unlinked(place: string, atMost: number): Promise<readonly JobId[]>;
};

export type KeptCopy = {
  readonly key: string;
  readonly part: number;
  readonly isLinked: boolean;
  /** The message that shows the file; absent until it is known to have arrived, or when words stand for the result. */
  readonly messageId?: number;
};

/** Why a bucket does not take, give or delete an object. */
export const bucketFailures = [
  /** It refuses the key or the signature. */
  'credentials',
  /** It knows the key, which may not do this. */
  'forbidden',
  /** Its clock and this machine's differ too much. */
  'clock',
  'missing',
  /** The bucket is in another region, or at another address. */
  'region',
  /** What answers does not speak S3. */
  'protocol',
  'unreachable',
  /** It fails by itself, or asks for a pause. */
  'overloaded',
  /** The object is larger than the bucket takes. */
  'too-large',
  /** It refuses for a reason that is not known here. */
  'refused',
] as const;
export type BucketFailure = (typeof bucketFailures)[number];

/** Which files of a result have a link, by their number. */
export type Links = ReadonlyMap<number, string>;

/** Copies of results in a bucket, as those who show results see them. */
export type ResultCopies = {
  /** Makes sure that the job's files will be copied, and returns links of those that are there. */
  linksOf(jobId: JobId, files: readonly MediaFile[]): Promise<Links>;
  /** These files were shown with their links, or never will be. */
  linked(jobId: JobId, parts: readonly number[]): Promise<void>;
  /** Files in the bucket whose message shows no link yet. */
  unlinked(
    jobId: JobId,
  ): Promise<readonly { readonly part: number; readonly url: string; readonly messageId: number }[]>;
  /** The newest of those whose messages lack a link. */
  jobsWithoutLinks(): Promise<readonly JobId[]>;
  /** Calls the listener when a file of the job has come to the bucket. */
  onKept(listener: (jobId: JobId) => void): Disposable;
};
