import { type BigIntStats, closeSync, fdatasync, fdatasyncSync, openSync, readFileSync, statSync } from 'node:fs';
import type { StorageError } from '../storage-error.ts';
import { unwritable } from './refusals.ts';

/** How the system is asked to put a file on the disk. */
export type DiskSync = {
  readonly beside: (file: number, done: (error: Error | null) => void) => void;
  readonly now: (file: number) => void;
  readonly monotonicMs: () => number;
};

const systemSync: DiskSync = {
  beside: (file, done) => fdatasync(file, done),
  now: (file) => fdatasyncSync(file),
  monotonicMs: () => performance.now(),
};

/** A sync that takes no longer costs less than a thread and a turn of the event loop. */
const quickMs = 2;
/** This many syncs go beside the event loop before one is waited for again. */
const trialAfter = 32;
/** It is waited for only where one of those, its turns of the event loop included, took no longer than this. */
const maxTrialMs = 5;

/** Whether the disk was quick the last times. */
class DiskPace {
  #besideLeft = trialAfter;
  #quickestMs = Infinity;

  get isQuick(): boolean {
    return this.#besideLeft === 0;
  }

  waitedFor(ms: number): void {
    if (ms > quickMs) this.#begin();
  }

  tookBeside(ms: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, ms);
    this.#besideLeft = Math.max(0, this.#besideLeft - 1);
    if (this.#besideLeft === 0 && this.#quickestMs > maxTrialMs) this.#begin();
  }

  #begin(): void {
    this.#besideLeft = trialAfter;
    this.#quickestMs = Infinity;
  }
}

/**
 * The write-ahead log of an open database, put on the disk beside the event loop unless the disk is quick. SQLite itself would wait for the disk
 * inside of COMMIT; with `synchronous = NORMAL` a commit only writes the log, and is durable once the log is synced:
 * https://sqlite.org/pragma.html#pragma_synchronous. A checkpoint still syncs the log before it writes the database.
 *
 * After a sync that failed, the system may have forgotten what it could not write. Nothing is committed then until the log
 * is read back whole and copied into the database. The system reports a failure once for each open file, so syncs that run
 * side by side have a file each; and a sync beside which another has failed counts as failed.
 */
export class WriteAheadLog implements Disposable {
  readonly #database: string;
  readonly #path: string;
  readonly #sync: DiskSync;
  readonly #pace = new DiskPace();
  /** Files of the log that no sync is using. */
  readonly #files: number[] = [];
  #failures = 0;
  #isClosed = false;
  #failure: StorageError | undefined;

  constructor(database: string, sync: DiskSync = systemSync) {
    this.#database = database;
    this.#path = `${database}-wal`;
    this.#sync = sync;
  }

  /** Why the last sync failed; undefined once the log is repaired. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  /**
   * Resolves when everything that was committed before is on the disk, and rejects with a StorageError; undefined when it is
   * there already.
   */
  flush(): Promise<void> | undefined {
    const startedMs = this.#sync.monotonicMs();
    if (this.#pace.isQuick) {
      this.flushNow();
      this.#pace.waitedFor(this.#sync.monotonicMs() - startedMs);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let file: number;
      try {
        file = this.#take();
      } catch (error) {
        return reject(this.#failed(error));
      }
      const failuresBefore = this.#failures;
      this.#sync.beside(file, (error) => {
        this.#giveBack(file);
        this.#pace.tookBeside(this.#sync.monotonicMs() - startedMs);
        if (error !== null) reject(this.#failed(error));
        else if (this.#failures === failuresBefore) resolve();
        else reject(unwritable(this.#database, new Error('Cannot trust a sync of the log: another failed beside it')));
      });
    });
  }

  /** As `flush`, before it returns. */
  flushNow(): void {
    let file: number | undefined;
    try {
      file = this.#take();
      this.#sync.now(file);
    } catch (error) {
      throw this.#failed(error);
    } finally {
      if (file !== undefined) this.#giveBack(file);
    }
  }

  /** Throws why the last sync failed, until the log is repaired. */
  refuseUnsynced(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * After a sync that failed: has what is in the log written into the database itself, and that put on the disk. Throws the
   * failure where that cannot be. `checkpoint` is SQLite's: https://sqlite.org/pragma.html#pragma_wal_checkpoint
   */
  repair(checkpoint: (mode: 'NOOP' | 'TRUNCATE') => Readonly<Record<string, unknown>> | undefined): void {
    if (this.#failure === undefined) return;
    // The file from its start, whatever was read of it before.
    const log = readFileSync(this.#path);
    if (!wholeFrames(log, Number(checkpoint('NOOP')?.['log'])) || checkpoint('TRUNCATE')?.['busy'] !== 0)
      throw this.#failure;
    this.#failure = undefined;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const file of this.#files.splice(0)) closeSync(file);
  }

  #failed(error: unknown): StorageError {
    this.#failures += 1;
    this.#failure = unwritable(this.#database, error);
    return this.#failure;
  }

  #take(): number {
    // The log is the same file as long as the database is open; closing it drops no lock of SQLite.
    return this.#files.pop() ?? openSync(this.#path, 'r+');
  }

  #giveBack(file: number): void {
    if (this.#isClosed) closeSync(file);
    else this.#files.push(file);
  }
}

const headerBytes = 32;
const frameHeaderBytes = 24;
const saltsAt = 16;

/** Checks the checksums of the first frames: https://sqlite.org/fileformat2.html#walformat */
function wholeFrames(log: Buffer, frames: number): boolean {
  if (frames === 0) return true;
  if (log.byteLength < headerBytes) return false;
  const isBigEndian = (log.readUInt32BE(0) & 1) === 1;
  const pageBytes = log.readUInt32BE(8);
  const frameBytes = frameHeaderBytes + pageBytes;
  if (log.byteLength < headerBytes + frames * frameBytes) return false;
  const word = (at: number) => (isBigEndian ? log.readUInt32BE(at) : log.readUInt32LE(at));
  let [sum0, sum1] = [0, 0];
  const add = (from: number, bytes: number) => {
    for (let at = from; at < from + bytes; at += 8) {
      sum0 = (sum0 + word(at) + sum1) >>> 0;
      sum1 = (sum1 + word(at + 4) + sum0) >>> 0;
    }
  };
  const isSummed = (at: number) => log.readUInt32BE(at) === sum0 && log.readUInt32BE(at + 4) === sum1;
  add(0, headerBytes - 8);
  if (!isSummed(headerBytes - 8)) return false;
  const salts = log.subarray(saltsAt, saltsAt + 8);
  for (let frame = 0; frame < frames; frame += 1) {
    const at = headerBytes + frame * frameBytes;
    add(at, 8);
    add(at + frameHeaderBytes, pageBytes);
    if (!salts.equals(log.subarray(at + 8, at + 16)) || !isSummed(at + 16)) return false;
  }
  return true;
}

/**
 * Returns a check whether the files of the open database are still where they were. A file that was moved, deleted or
 * replaced is still written to by this process, and whatever goes there is lost with it.
 */
export function inPlaceCheck(path: string): () => boolean {
  const opened = look(path);
  let walOpened: BigIntStats | undefined;
  return () => {
    if (!isSame(opened, look(path))) return false;
    const wal = look(`${path}-wal`);
    walOpened ??= wal;
    return isSame(walOpened, wal);
  };
}

/** Some file systems give a file another number while it is open: its birth has to differ too. */
function isSame(before: BigIntStats | undefined, now: BigIntStats | undefined): boolean {
  if (before === undefined) return true;
  if (now === undefined) return false;
  return (before.ino === now.ino && before.dev === now.dev) || before.birthtimeNs === now.birthtimeNs;
}

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // The folder cannot be searched: the write itself says why.
    return undefined;
  }
}
