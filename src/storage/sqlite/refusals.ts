import { StorageError } from '../storage-error.ts';

/** What the system says of a disk that is full, broken or mounted read-only. */
const diskTroubles = /^(?:ENOSPC|EDQUOT|EIO|EROFS)$/;

/** True for trouble of the disk; false for a folder that this user may not write. */
export function isDiskFault(cause: unknown): boolean {
  const code = sqliteCode(cause);
  if (code !== undefined) return code === sqliteReadOnly || code === sqliteIoError;
  return cause instanceof Error && 'code' in cause && diskTroubles.test(String(cause.code));
}

const fix =
  '"darkroom restore <file>" puts a backup in its place, "darkroom database set-aside" lets the next start make a new one';

/** The error for a damaged file, with the commands that help. */
export function damaged(path: string, facts: string, cause?: unknown): StorageError {
  const message = `Cannot open database "${path}": it is damaged (${facts}); nothing was changed; ${fix}`;
  return new StorageError('corrupt', message, { cause });
}

/** Primary result codes: https://www.sqlite.org/rescode.html */
const sqliteBusy = 5;
const sqliteLocked = 6;
const sqliteReadOnly = 8;
const sqliteIoError = 10;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteCannotOpen = 14;
const sqliteNotADatabase = 26;

/** Returns SQLite's primary result code when SQLite threw the error. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** Converts an SQLite refusal into a StorageError; returns any other error, such as a bug, unchanged. */
export function toStorageError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StorageError) return error;
  const facts = error.message;
  switch (sqliteCode(error)) {
    case sqliteBusy:
    case sqliteLocked:
      return new StorageError('busy', `Cannot use database "${path}": ${facts}; end what else uses it`, {
        cause: error,
      });
    case sqliteReadOnly:
    case sqliteIoError:
    case sqliteCannotOpen:
      return unwritable(path, error);
    case sqliteCorrupt:
    case sqliteNotADatabase:
      return damaged(path, facts, error);
    case sqliteFull:
      return new StorageError('full', `Cannot write database "${path}": the disk is full; make room on it`, {
        cause: error,
      });
    case undefined:
    default:
      return error;
  }
}

/** The error for a file or folder that this process may not write. */
export function unwritable(path: string, cause: unknown): StorageError {
  const facts = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot write "${path}": ${facts}; make it writable for this user or set DATA_DIR`;
  return new StorageError('unwritable', message, { cause, mayPass: isDiskFault(cause) });
}

/** The error for a file that was moved, deleted or replaced while it is open. */
export function moved(path: string): StorageError {
  return new StorageError(
    'moved',
    `Cannot write database "${path}": it was moved, deleted or replaced while the bot runs; put it back, or restart the bot to use what is there now`,
  );
}
