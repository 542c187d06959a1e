import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { migrations } from './migrate.ts';
import { openReadOnly } from './open-read-only.ts';
import { closedMark } from './database.ts';
import { StorageError } from '../storage-error.ts';
import { toStorageError, unwritable } from './refusals.ts';

/** Pages copied per step; other connections read and write between two steps. */
const pagesPerStep = 500;

export type BackupOptions = {
  readonly from: string;
  readonly to: string;
  /** Replaces an existing file. */
  readonly force: boolean;
  /** Called with the copied share, from 0 to 1. */
  readonly onProgress: (share: number) => void;
  /** Aborts the backup and deletes the partial copy. */
  readonly signal: AbortSignal;
};

export type BackupReport = {
  readonly bytes: number;
  readonly schema: number;
  readonly jobs: number;
};

/**
 * Copies a snapshot of the database while its owner runs. The copy is readable only by this user and gets its final name
 * after its integrity check. Returns undefined when there is no database yet; throws a StorageError.
 */
export async function backUp(options: BackupOptions): Promise<BackupReport | undefined> {
  const { from, to, force } = options;
  refuseToReplace(from, to, force);
  // Fails on a database that cannot be read before a file is created.
  const looked = openReadOnly(from);
  if (looked === undefined) return undefined;
  looked[Symbol.dispose]();
  const part = `${to}.${randomUUID()}.part`;
  try {
    closeSync(openSync(part, 'wx', 0o600));
  } catch (error) {
    throw unwritable(to, error);
  }
  try {
    await copy(options, part);
    const report = readBack(part);
    renameSync(part, to);
    sync(dirname(to));
    return report;
  } catch (error) {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(part + suffix, { force: true });
    throw error;
  }
}

function refuseToReplace(from: string, to: string, force: boolean): void {
  const there = statSync(to, { throwIfNoEntry: false });
  if (there === undefined) return;
  const live = [from, `${from}-wal`, `${from}-shm`].map((path) => statSync(path, { throwIfNoEntry: false })?.ino);
  if (live.includes(there.ino)) {
    throw new StorageError('in-the-way', `Cannot back up to "${to}": that is the database itself; name another file`);
  }
  if (!there.isFile()) {
    throw new StorageError('in-the-way', `Cannot back up to "${to}": it is not a file; name a file in it`);
  }
  if (force) return;
  throw new StorageError('in-the-way', `Cannot back up to "${to}": the file exists; name another one or add --force`);
}

async function copy({ from, to, onProgress, signal }: BackupOptions, part: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
  try {
    // A read transaction holds one snapshot: without it every commit of the owner would restart the copy.
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await backup(source, part, {
      rate: pagesPerStep,
      progress: ({ totalPages, remainingPages }) => {
        signal.throwIfAborted();
        onProgress(totalPages === 0 ? 0 : 1 - remainingPages / totalPages);
      },
    });
    signal.throwIfAborted();
  } catch (error) {
    throw toStorageError(error, to);
  } finally {
    source.close();
  }
}

/** Merges the copy's WAL into one file and checks its integrity. */
function readBack(part: string): BackupReport {
  const database = new DatabaseSync(part);
  try {
    database.exec('PRAGMA journal_mode = DELETE');
    const [first] = database.prepare('PRAGMA integrity_check(1)').all();
    const finding = String(first?.['integrity_check']);
    const schema = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (finding !== 'ok' || schema !== migrations.at(-1)?.version) {
      throw new StorageError('corrupt', `Cannot keep the backup: the copy does not read back whole (${finding})`);
    }
    const jobs = Number(database.prepare('SELECT count(*) AS jobs FROM jobs').get()?.['jobs']);
    return { bytes: statSync(part).size, schema, jobs };
  } catch (error) {
    throw toStorageError(error, part);
  } finally {
    database.close();
    sync(part);
  }
}

/** Syncs a file or folder; ignores errors, because some platforms cannot sync a folder. */
export function sync(path: string): void {
  try {
    const handle = openSync(path, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Some platforms refuse it.
  }
}

/** Renames a database with its -wal and -shm files, so that the next start creates a new one; returns the new name. */
export function setAsideDatabase(path: string, nowMs: number): string {
  if (!existsSync(path)) {
    throw new StorageError('missing', `Cannot set aside database "${path}": there is no such file`);
  }
  const aside = freeName(`${path}.aside-${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`);
  rmSync(closedMark(path), { force: true });
  // The main file goes last: an interrupted call can be repeated while it is in place.
  for (const suffix of ['-shm', '-wal', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

function freeName(wanted: string): string {
  const isTaken = (name: string) => ['', '-wal', '-shm'].some((suffix) => existsSync(name + suffix));
  let name = wanted;
  for (let count = 2; isTaken(name); count += 1) name = `${wanted}-${count}`;
  return name;
}
