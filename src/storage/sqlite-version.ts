import { StorageError } from './storage-error.ts';

/** SQLite before 3.51.3 can corrupt a WAL database: https://sqlite.org/wal.html#walresetbug */
const oldestSafe = [3, 51, 3] as const;

/** Refuses a SQLite that is known to damage databases. */
export function checkSqliteVersion(version: string | undefined): void {
  const found = (version ?? '').split('.').map(Number);
  for (const [index, wanted] of oldestSafe.entries()) {
    const part = found[index] ?? 0;
    if (part > wanted) return;
    if (part < wanted || Number.isNaN(part)) {
      throw new StorageError(
        'old-sqlite',
        `Cannot store anything: this Node brings SQLite "${version ?? 'none'}", ${oldestSafe.join('.')} is the first safe one; use Node 24.15 or newer`,
      );
    }
  }
}
