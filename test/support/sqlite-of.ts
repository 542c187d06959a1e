import { SqliteDatabase } from '../../src/storage/sqlite/connection.ts';
import type { Database } from '../../src/storage/database.ts';

/** The same database, where it is a file: for statements of a test. */
export function sqliteOf(database: Database): SqliteDatabase {
  if (!(database instanceof SqliteDatabase)) throw new Error('Cannot look into a database that is no file');
  return database;
}
