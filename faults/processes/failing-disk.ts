// Preloaded into the bot: its disk fails as the file DISK_FAULT_FILE says, which holds a `DiskFault` or nothing.
import fs from 'node:fs';
import fsPromises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DiskFault } from '../disk-windows.ts';

const control = process.env['DISK_FAULT_FILE'] ?? '';
const dataDir = resolve(process.env['DATA_DIR'] ?? '.');
/** The control file is read at most this often. */
const readEveryMs = 10;

/** What SQLite and the system say; https://www.sqlite.org/rescode.html */
const errors = {
  full: { errcode: 13, says: 'database or disk is full', code: 'ENOSPC' },
  'read-only': { errcode: 8, says: 'attempt to write a readonly database', code: 'EROFS' },
  /** SQLITE_IOERR_FSYNC */
  'io-error': { errcode: 1034, says: 'disk I/O error', code: 'EIO' },
} as const satisfies Record<DiskFault, object>;

let fault: DiskFault | undefined;
let readAtMs = -Infinity;
const { readFileSync } = fs;

function faultNow(): DiskFault | undefined {
  if (performance.now() - readAtMs < readEveryMs) return fault;
  readAtMs = performance.now();
  try {
    const text = readFileSync(control, 'utf8').trim();
    fault = Object.keys(errors).find((name): name is DiskFault => name === text);
  } catch {
    fault = undefined;
  }
  return fault;
}

function sqliteError({ errcode, says }: (typeof errors)[DiskFault]): Error {
  return Object.assign(new Error(says), { code: 'ERR_SQLITE_ERROR', errcode, errstr: says });
}

function systemError({ code }: (typeof errors)[DiskFault], syscall: string): Error {
  return Object.assign(new Error(`${code}: the campaign's disk fails, ${syscall}`), { code, errno: -1, syscall });
}

type Method = (this: unknown, ...given: readonly unknown[]) => unknown;

function patch(owner: object, name: string, make: (original: Method) => Method): void {
  Reflect.set(owner, name, make(Reflect.get(owner, name) as Method));
}

// SQLite: a change fails at once, or its transaction when it commits; a failed commit rolls back by itself.
const connections = new WeakMap<StatementSync, DatabaseSync>();
const changed = new WeakSet<DatabaseSync>();
const rollBack: unknown = Reflect.get(DatabaseSync.prototype, 'exec');
const changes = /^\s{0,9}(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)\b/i;
const mayChange = /^\s{0,9}WITH\b/i;
const changing = ['INSERT INTO', 'UPDATE ', 'DELETE FROM'];
let failures = 0;

function isChange(sql: string): boolean {
  return changes.test(sql) || (mayChange.test(sql) && changing.some((word) => sql.includes(word)));
}

function fail(database: DatabaseSync | undefined, now: DiskFault, isCommit: boolean): never {
  failures += 1;
  // SQLite takes back the statement or the whole transaction, whichever it was able to.
  if (database?.isTransaction === true && (isCommit || failures % 2 === 0))
    Reflect.apply(rollBack as () => void, database, ['ROLLBACK']);
  throw sqliteError(errors[now]);
}

/** Transactions are begun and ended by scripts and by prepared statements. */
function transactionStep(database: DatabaseSync, sql: string): void {
  if (sql === 'BEGIN IMMEDIATE' || sql === 'ROLLBACK') changed.delete(database);
  const now = sql === 'COMMIT' && changed.has(database) ? faultNow() : undefined;
  if (now !== undefined) fail(database, now, true);
}

patch(
  DatabaseSync.prototype,
  'prepare',
  (original) =>
    function (...given) {
      const statement = original.apply(this, [...given]) as StatementSync;
      connections.set(statement, this as DatabaseSync);
      return statement;
    },
);
patch(
  DatabaseSync.prototype,
  'exec',
  (original) =>
    function (...given) {
      transactionStep(this as DatabaseSync, String(given[0]));
      return original.apply(this, [...given]);
    },
);
for (const name of ['run', 'get', 'all']) {
  patch(
    StatementSync.prototype,
    name,
    (original) =>
      function (...given) {
        const statement = this as StatementSync;
        const database = connections.get(statement);
        if (database !== undefined) transactionStep(database, statement.sourceSQL);
        // A checkpoint writes the database, and syncs it.
        if (statement.sourceSQL.includes('wal_checkpoint(TRUNCATE)') && faultNow() === 'io-error')
          throw sqliteError(errors['io-error']);
        if (isChange(statement.sourceSQL)) {
          const now = faultNow();
          const waitsForCommit = database?.isTransaction === true && (now === 'io-error' || failures % 2 === 0);
          if (now !== undefined && !waitsForCommit) fail(database, now, false);
          if (now !== undefined) failures += 1;
          if (database !== undefined) changed.add(database);
        }
        return original.apply(this, [...given]);
      },
  );
}

// Files below the data folder.
function isOurs(path: unknown): boolean {
  return typeof path === 'string' && resolve(path).startsWith(`${dataDir}${sep}`);
}

function failing(handle: FileHandle): FileHandle {
  for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'sync', 'datasync']) {
    patch(
      handle,
      name,
      (original) =>
        async function (...given) {
          const now = faultNow();
          // Only a disk that fails refuses what is already there to be synced.
          if (now !== undefined && (now === 'io-error' || !/sync$|truncate/.test(name))) {
            throw systemError(errors[now], name.includes('sync') ? 'fsync' : 'write');
          }
          return await original.apply(handle, [...given]);
        },
    );
  }
  return handle;
}

patch(
  fsPromises,
  'open',
  (original) =>
    async function (...given) {
      const [path, flags = 'r'] = given;
      const writes = isOurs(path) && flags !== 'r';
      if (writes && faultNow() === 'read-only') throw systemError(errors['read-only'], 'open');
      const handle = (await original.apply(this, [...given])) as FileHandle;
      return writes ? failing(handle) : handle;
    },
);
for (const name of ['rename', 'rm', 'unlink', 'mkdir', 'writeFile']) {
  patch(
    fsPromises,
    name,
    (original) =>
      async function (...given) {
        const now = faultNow();
        const isThere = fs.existsSync(String(given[0]));
        const refuses = name === 'writeFile' || (now === 'read-only' && (name === 'mkdir' ? !isThere : isThere));
        if (now !== undefined && isOurs(given[0]) && refuses) throw systemError(errors[now], name);
        return await original.apply(this, [...given]);
      },
  );
}
patch(
  fs,
  'writeFileSync',
  (original) =>
    function (...given) {
      const now = faultNow();
      if (now !== undefined && isOurs(given[0])) throw systemError(errors[now], 'write');
      return original.apply(this, [...given]);
    },
);
/** Open files of ours that are written to. */
const written = new Set<number>();
patch(
  fs,
  'openSync',
  (original) =>
    function (...given) {
      const [path, flags = 'r'] = given;
      const writes = isOurs(path) && flags !== 'r';
      if (writes && faultNow() === 'read-only') throw systemError(errors['read-only'], 'open');
      const file = original.apply(this, [...given]) as number;
      if (writes) written.add(file);
      else written.delete(file);
      return file;
    },
);
for (const name of ['writeSync', 'ftruncateSync'] as const) {
  patch(
    fs,
    name,
    (original) =>
      function (...given) {
        const now = faultNow();
        if (now !== undefined && written.has(Number(given[0])) && (now === 'io-error' || name === 'writeSync')) {
          throw systemError(errors[now], 'write');
        }
        return original.apply(this, [...given]);
      },
  );
}
for (const name of ['fsync', 'fdatasync'] as const) {
  patch(
    fs,
    name,
    (original) =>
      function (...given) {
        const [file, callback] = given as [number, (error: Error) => void];
        if (faultNow() !== 'io-error' || !written.has(file)) return original.apply(this, [...given]);
        return process.nextTick(callback, systemError(errors['io-error'], name));
      },
  );
}
patch(
  fs,
  'fdatasyncSync',
  (original) =>
    function (...given) {
      const [file] = given as [number];
      if (faultNow() === 'io-error' && written.has(file)) throw systemError(errors['io-error'], 'fdatasync');
      return original.apply(this, [...given]);
    },
);
patch(
  fs,
  'renameSync',
  (original) =>
    function (...given) {
      if (faultNow() === 'read-only' && isOurs(given[0])) throw systemError(errors['read-only'], 'rename');
      return original.apply(this, [...given]);
    },
);
syncBuiltinESMExports();
