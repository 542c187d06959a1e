import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { setAsideDatabase, sync } from './backup.ts';
import { makeFolder } from '../../kit/files.ts';
import { migrations } from './migrate.ts';
import { StorageError } from '../storage-error.ts';
import { toStorageError, unwritable } from './refusals.ts';

/** What a whole database holds. */
export type DatabaseContents = {
  readonly bytes: number;
  readonly schema: number;
  readonly jobs: number;
  readonly people: number;
  /** The bot it belongs to; undefined while none has used it. */
  readonly botId: number | undefined;
};

export type Restored = DatabaseContents & {
  /** Where the database is now that was in use; undefined when there was none. */
  readonly aside: string | undefined;
};

/**
 * What the database holds when SQLite finds it whole; undefined when it is absent, empty or damaged. Throws a StorageError
 * when it cannot be read for another reason.
 */
export function contentsOf(path: string): DatabaseContents | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined || (file.isFile() && file.size === 0)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 2_000 });
    const [first] = database.prepare('PRAGMA integrity_check(1)').all();
    if (first?.['integrity_check'] !== 'ok') return undefined;
    return readContents(database, file.size);
  } catch (error) {
    const refusal = toStorageError(error, path);
    if (refusal instanceof StorageError && refusal.code === 'corrupt') return undefined;
    throw refusal;
  } finally {
    database?.close();
  }
}

/** A table that is missing holds nothing: the file may be of another program. */
function readContents(database: DatabaseSync, bytes: number): DatabaseContents {
  const tables = new Set(
    database
      .prepare('SELECT name FROM sqlite_schema')
      .all()
      .map(({ name }) => name),
  );
  const isOurs = tables.has('jobs') && tables.has('users');
  const count = (sql: string) => (isOurs ? Number(database.prepare(sql).get()?.['n']) : 0);
  const botId = tables.has('settings')
    ? database.prepare(`SELECT value FROM settings WHERE name = 'bot-id'`).get()?.['value']
    : undefined;
  return {
    bytes,
    schema: isOurs ? Number(database.prepare('PRAGMA user_version').get()?.['user_version']) : 0,
    jobs: count('SELECT count(*) AS n FROM jobs'),
    people: count('SELECT count(*) AS n FROM (SELECT id FROM users UNION SELECT user_id FROM jobs)'),
    botId: botId === undefined ? undefined : Number(botId),
  };
}

export type RestoreOptions = {
  /** The backup. */
  readonly from: string;
  /** The database in use, which is kept beside. */
  readonly to: string;
  /** The bot that will use it, when its token is known. */
  readonly botId: number | undefined;
  readonly nowMs: number;
};

/**
 * Puts a backup in the place of the database and keeps the old one beside it. The copy is checked before anything is moved;
 * a restore that was interrupted can be repeated. The caller owns the data folder. Throws a StorageError.
 */
export async function restore({ from, to, botId, nowMs }: RestoreOptions): Promise<Restored> {
  const contents = checkBackup(from, to, botId);
  const part = `${to}.${randomUUID()}.part`;
  try {
    makeFolder(dirname(to));
    closeSync(openSync(part, 'wx', 0o600));
  } catch (error) {
    throw unwritable(to, error);
  }
  try {
    await copy(from, part);
    if (contentsOf(part) === undefined) throw noBackup(from, 'its copy does not read back whole');
    const aside = existsSync(to) ? setAsideDatabase(to, nowMs) : undefined;
    renameSync(part, to);
    sync(dirname(to));
    return { ...contents, aside };
  } catch (error) {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(part + suffix, { force: true });
    throw error;
  }
}

function checkBackup(from: string, to: string, botId: number | undefined): DatabaseContents {
  const file = statSync(from, { throwIfNoEntry: false });
  if (file === undefined) throw new StorageError('missing', `Cannot restore "${from}": there is no such file`);
  if (!file.isFile()) throw noBackup(from, 'it is not a file');
  if (file.ino === statSync(to, { throwIfNoEntry: false })?.ino) throw noBackup(from, 'that is the database in use');
  const contents = contentsOf(from);
  if (contents === undefined) throw noBackup(from, 'it is empty or damaged');
  const newest = migrations.at(-1)?.version ?? 0;
  if (contents.schema === 0) throw noBackup(from, 'it is no database of this program');
  if (contents.schema > newest) {
    throw new StorageError(
      'newer-schema',
      `Cannot restore "${from}": its schema is ${contents.schema}, this version knows up to ${newest}; install the newer version first`,
    );
  }
  if (botId !== undefined && contents.botId !== undefined && contents.botId !== botId) {
    throw new StorageError(
      'foreign',
      `Cannot restore "${from}": it belongs to the bot ${contents.botId}, and TELEGRAM_BOT_TOKEN is of the bot ${botId}; name a backup of this bot`,
    );
  }
  return contents;
}

function noBackup(from: string, why: string): StorageError {
  return new StorageError('corrupt', `Cannot restore "${from}": ${why}; nothing was changed, name another backup`);
}

async function copy(from: string, part: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
  try {
    await backup(source, part);
  } catch (error) {
    throw toStorageError(error, part);
  } finally {
    source.close();
  }
  const database = new DatabaseSync(part);
  try {
    // One file, without a write-ahead log beside it.
    database.exec('PRAGMA journal_mode = DELETE');
  } finally {
    database.close();
    sync(part);
  }
}
