import { extname } from 'node:path';
import type { Emit } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { CopyStore, Links, MediaFile, ResultCopies, ResultCopy, ResultSource } from '../../domain/media.ts';
import type { Random } from '../../kit/backoff.ts';
import { type Clock, every } from '../../kit/clock.ts';
import { type BucketSettings, newKey, placeOf, publicUrlOf } from './object-address.ts';
import type { Bucket, BucketReply } from './s3-bucket.ts';
import { type Step, WorkLoop } from './work-loop.ts';

const maxUploads = 3;
const maxDeletions = 2;
/** What another process has left, or a retry that was missed, is found this often. */
const lookEveryMs = 60_000;
/** A bucket that fails by itself is told of after this many failures in a row; what an operator has to fix, at once. */
const passingFailures: ReadonlySet<FailedReply['why']> = new Set(['unreachable', 'overloaded']);
const maxPassingFailures = 4;
/** Older results get no link any more after a start. */
const maxLateLinks = 500;
/** A file that failed this often while others were taken is not tried again. */
const maxStrikes = 3;

type Call = 'upload' | 'delete';
type FailedReply = Extract<BucketReply, { ok: false }>;

export type ResultCopierOptions = {
  readonly settings: BucketSettings;
  readonly store: CopyStore;
  readonly bucket: Bucket;
  readonly results: ResultSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Other processes copy the results on their disks. */
  readonly hasOthers?: boolean;
};

/**
 * Copies results to a bucket and deletes what is no longer needed there. The rows say what is to be done, so a killed
 * process is resumed by the next: an upload that was cut is made again under the same key. A job never waits for this, and
 * a failing bucket is asked by one call at a time, less and less often, until one succeeds.
 */
export class ResultCopier implements ResultCopies, AsyncDisposable {
  readonly #options: ResultCopierOptions;
  readonly #place: string;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(jobId: JobId) => void>();
  /** One call at a time for each object: a deletion waits for the upload that it follows. */
  readonly #busy = new Set<string>();
  readonly #uploads: WorkLoop;
  readonly #deletions: WorkLoop;
  #looking: Disposable | undefined;
  /** Objects whose files are not on this machine, at the last look. */
  readonly #elsewhere = new Set<string>();
  /** The last failure of each kind of call, until one succeeds. */
  readonly #failing: { upload?: FailedReply | undefined; delete?: FailedReply | undefined } = {};
  #told: FailedReply['why'] | undefined;
  /** Files that the bucket has taken. */
  #taken = 0;
  /** How often each file failed although others were taken since its last failure. */
  readonly #strikes = new Map<string, { readonly count: number; readonly taken: number }>();

  constructor(options: ResultCopierOptions) {
    this.#options = options;
    this.#place = placeOf(options.settings);
    const { clock, random } = options;
    const loop = (atOnce: number, next: () => Promise<Step | undefined>) =>
      new WorkLoop({ atOnce, next, clock, random, closing: this.#closing.signal, onError: this.#onError });
    this.#uploads = loop(maxUploads, async () => {
      const copies = await options.store.toUpload(this.#place, maxUploads + maxDeletions);
      const copy = copies.find(({ key }) => !this.#busy.has(key) && !this.#elsewhere.has(key));
      return copy && (() => this.#whileBusy(copy.key, () => this.#upload(copy)));
    });
    this.#deletions = loop(maxDeletions, async () => {
      const keys = await options.store.toDelete(this.#place, maxUploads + maxDeletions);
      const key = keys.find((one) => !this.#busy.has(one));
      return key === undefined ? undefined : () => this.#whileBusy(key, () => this.#delete(key));
    });
  }

  /** Begins with what an earlier process left. */
  start(): void {
    this.#looking = every(this.#options.clock, lookEveryMs, () => {
      this.#elsewhere.clear();
      this.wake();
    });
    this.wake();
  }

  /** Something is to be uploaded or deleted. */
  wake(): void {
    if (this.#looking === undefined) return;
    this.#uploads.wake();
    this.#deletions.wake();
  }

  /** Makes sure that the files of the job's result are copied. */
  async add(jobId: JobId, files: readonly MediaFile[]): Promise<void> {
    if (files.length === 0) return;
    const copies = files.map(({ path, mime }, part): ResultCopy => {
      return { key: newKey(this.#options.settings, extname(path)), jobId, part, mime };
    });
    await this.#options.store.add(this.#place, copies);
    this.wake();
  }

  async linksOf(jobId: JobId, files: readonly MediaFile[]): Promise<Links> {
    await this.add(jobId, files);
    const kept = await this.#options.store.kept(this.#place, jobId);
    return new Map(
      kept.flatMap(({ key, part }) => {
        const url = publicUrlOf(this.#options.settings, key);
        return url === undefined ? [] : [[part, url] as const];
      }),
    );
  }

  async linked(jobId: JobId, parts: readonly number[]): Promise<void> {
    const kept = await this.#options.store.kept(this.#place, jobId);
    await this.#options.store.linked(kept.filter(({ part }) => parts.includes(part)).map(({ key }) => key));
  }

  async unlinked(jobId: JobId): ReturnType<ResultCopies['unlinked']> {
    const kept = await this.#options.store.kept(this.#place, jobId);
    return kept.flatMap(({ key, part, isLinked, messageId }) => {
      const url = publicUrlOf(this.#options.settings, key);
      return isLinked || url === undefined || messageId === undefined ? [] : [{ part, url, messageId }];
    });
  }

  async jobsWithoutLinks(): Promise<readonly JobId[]> {
    return this.#options.settings.publicUrl === undefined
      ? []
      : this.#options.store.unlinked(this.#place, maxLateLinks);
  }

  onKept(listener: (jobId: JobId) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Ends the running calls; the next process does them again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#looking?.[Symbol.dispose]();
    this.#looking = undefined;
    this.#closing.abort(new Error('The app is stopping'));
    await Promise.all([this.#uploads.idle(), this.#deletions.idle()]);
  }

  async #whileBusy(key: string, work: () => Promise<'done' | 'failed'>): Promise<'done' | 'failed'> {
    this.#busy.add(key);
    try {
      return await work();
    } finally {
      this.#busy.delete(key);
    }
  }

  async #upload({ key, jobId, part, mime }: ResultCopy): Promise<'done' | 'failed'> {
    const { store, bucket, results } = this.#options;
    const file = await results.open(jobId, part);
    if (file === undefined && this.#options.hasOthers === true) {
      // The process that has it copies it; where none has, its row goes with its job.
      this.#elsewhere.add(key);
      await store.postpone(key);
      return 'done';
    }
    // Its file is gone, and a killed process may have uploaded it.
    if (file === undefined) return this.#delete(key);
    // Deleted, or uploaded by another process, since the look; what arrived after its deletion would stay for good.
    if (!(await store.begin(key))) return 'done';
    let reply: BucketReply;
    try {
      reply = await bucket.put(key, file, mime, this.#closing.signal);
    } catch (error) {
      // Deleted since it was opened.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return this.#delete(key);
      await store.postpone(key);
      throw error;
    }
    if (!reply.ok) {
      if (reply.why !== 'too-large' && !this.#failsAlone(key)) return this.#failed('upload', key, reply);
      this.#options.emit({ event: 'copy.refused', jobId, bytes: file.bytes });
      await store.drop(key);
      return 'done';
    }
    this.#taken += 1;
    this.#strikes.delete(key);
    this.#report('upload', undefined);
    // Its job was deleted meanwhile.
    if (!(await store.uploaded(key))) return this.#delete(key);
    // An address that is set later is no news of old results.
    if (this.#options.settings.publicUrl === undefined) await store.linked([key]);
    for (const listener of this.#listeners) listener(jobId);
    return 'done';
  }

  async #delete(key: string): Promise<'done' | 'failed'> {
    const reply = await this.#options.bucket.delete(key, this.#closing.signal);
    if (!reply.ok) return this.#failed('delete', key, reply);
    this.#report('delete', undefined);
    await this.#options.store.drop(key);
    return 'done';
  }

  /** Some servers cut the connection of a file that is too large for them: then it is the file that fails. */
  #failsAlone(key: string): boolean {
    const before = this.#strikes.get(key) ?? { count: 0, taken: this.#taken };
    const count = before.count + (this.#taken > before.taken ? 1 : 0);
    this.#strikes.set(key, { count, taken: this.#taken });
    if (count < maxStrikes) return false;
    this.#strikes.delete(key);
    return true;
  }

  async #failed(what: Call, key: string, reply: FailedReply): Promise<'failed'> {
    this.#report(what, reply);
    await this.#options.store.postpone(key);
    return 'failed';
  }

  /** Tells of the reason why the bucket fails when it changes, and of the end once every kind of call works again. */
  #report(what: Call, reply: FailedReply | undefined): void {
    const failures = what === 'upload' ? this.#uploads.failures : this.#deletions.failures;
    const why = reply?.why;
    if (why !== undefined && passingFailures.has(why) && failures < maxPassingFailures) return;
    this.#failing[what] = reply;
    const now = this.#failing.upload ?? this.#failing.delete;
    if (now?.why === this.#told) return;
    this.#told = now?.why;
    if (now === undefined) return this.#options.emit({ event: 'bucket.recovered' });
    const ahead = now.aheadMs === undefined ? {} : { aheadMs: now.aheadMs };
    // Only a read can miss an object: where another call does, what answers is no bucket.
    const failure = now.why === 'no-object' ? 'protocol' : now.why;
    this.#options.emit({ event: 'bucket.failing', why: failure, detail: now.detail, ...ahead });
  }

  readonly #onError = (error: unknown): void => {
    if (this.#closing.signal.aborted) return;
    this.#options.emit({ event: 'app.error', what: 'copy results to the bucket', error });
  };
}
