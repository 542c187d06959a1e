import { closeSync, existsSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../../kit/files.ts';
import { StorageError } from '../storage-error.ts';
import { toStorageError, unwritable } from './refusals.ts';

const lockFile = 'owner.lock.db';
/** The wait for the lock, because `isOwned` in another process holds a shared lock for a moment. */
const lockTimeoutMs = 250;

/**
 * Makes this process the only owner of the data folder until it disposes the lock or ends. The lock is an open
 * transaction, which the operating system releases with the process. It uses its own file, so that other processes can
 * read the database.
 */
export function takeOwnership(dir: string): Disposable {
  const file = path.join(dir, lockFile);
  try {
    makeFolder(dir);
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw unwritable(dir, error);
  }
  const lock = lockedConnection(file, dir);
  return {
    [Symbol.dispose]: () => {
      if (lock.isOpen) lock.close();
    },
  };
}

/** True while a process owns the data folder; changes nothing. */
export function isOwned(dir: string): boolean {
  const file = path.join(dir, lockFile);
  if (!existsSync(file)) return false;
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    connection.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    const refusal = toStorageError(error, file);
    if (refusal instanceof StorageError && refusal.code === 'busy') return true;
    throw refusal;
  } finally {
    connection?.close();
  }
}

function lockedConnection(file: string, dir: string): DatabaseSync {
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(file, { timeout: lockTimeoutMs });
    connection.exec('BEGIN EXCLUSIVE');
    return connection;
  } catch (error) {
    connection?.close();
    const refusal = toStorageError(error, file);
    if (!(refusal instanceof StorageError) || refusal.code !== 'busy') throw refusal;
    const message = `Cannot start: another darkroom process owns "${dir}"; stop it or set DATA_DIR`;
    throw new StorageError('owned', message, { cause: error });
  }
}
