import type { GenerationOptions } from '../job.ts';
import type { JobId } from '../ids.ts';
import type { JobKind } from '../kinds.ts';
import type { MediaFile } from '../media.ts';

/** The kinds of messages in which Telegram keeps files. */
export const sentForms = ['photo', 'video', 'animation', 'audio', 'voice', 'document'] as const;
export type SentForm = (typeof sentForms)[number];

/** A file as Telegram keeps it: the id is enough to send it again without its bytes, in this form only. */
export type SentFile = { readonly form: SentForm; readonly id: string };

/** One request of a person's history. It outlives the job and its files. */
export type PastRequest = {
  /** Grows with every request; it names the entry in buttons and pages. */
  readonly id: number;
  readonly jobId: JobId;
  readonly userId: number;
  readonly kind: JobKind;
  readonly prompt: string;
  readonly options?: GenerationOptions;
  readonly ended: 'result' | 'failed' | 'cancelled';
  /** Which model made it, of results. */
  readonly model?: string;
  /** The files as they were made, of results that are files. They may be gone. */
  readonly made: readonly MediaFile[];
  /** The files as Telegram keeps them; fewer than `made` where it is not known. */
  readonly sent: readonly SentFile[];
  readonly askedAtMs: number;
  readonly isFavourite: boolean;
};

/** One page, newest first, and whether there are entries on either side of it. */
export type Page = {
  readonly entries: readonly PastRequest[];
  readonly hasNewer: boolean;
  readonly hasOlder: boolean;
};

/** Where a page begins: at the newest entry, or right behind or right before the one with this id. */
export type PagePlace = { readonly olderThan?: number; readonly newerThan?: number };

/** People's histories. Entries are written with the delivery of their job, and not at all for private requests. */
export type PastRequests = {
  /** A page of at most `size` entries, of all or of favourites. */
  page(userId: number, place: PagePlace, size: number, only?: 'favourites'): Promise<Page>;
  find(id: number): Promise<PastRequest | undefined>;
  ofJob(id: JobId): Promise<PastRequest | undefined>;
  /** Results with a file that Telegram keeps whose words have all of these, newest first; looks at a bounded number. */
  search(userId: number, words: string, olderThan: number | undefined, atMost: number): Promise<readonly PastRequest[]>;
  /** False where the person has no such entry. */
  setFavourite(id: number, userId: number, isFavourite: boolean): Promise<boolean>;
  /** Telegram no longer knows these ids, or has given new ones. */
  setSent(id: number, sent: readonly SentFile[]): Promise<void>;
  /** Deletes an entry; its person wants it gone. */
  deleteOfJob(id: JobId): Promise<void>;
  /** Deletes entries that are no favourites and were asked for at or before this moment; how many. */
  purge(askedBeforeMs: number): Promise<number>;
};
