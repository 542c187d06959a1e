import type { SqliteDatabase } from './connection.ts';

/** SQLite's integrity errors; empty when the file is intact. Throws a StorageError when it cannot be read. */
export function damageOf(database: SqliteDatabase): readonly string[] {
  const findings = database.allNow('PRAGMA integrity_check(10)').map((row) => String(row['integrity_check']));
  return findings.filter((finding) => finding !== 'ok');
}
