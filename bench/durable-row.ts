import { DatabaseSync } from 'node:sqlite';
import { benchRequest } from './bench-jobs.ts';

/** Writes one row, waiting for the disk: the least that a durable note costs. */
export type DurableRow = Disposable & { write(): void };

export function openDurableRow(path: string): DurableRow {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE notes (id INTEGER, body TEXT)');
  const insert = database.prepare('INSERT INTO notes VALUES (?, ?)');
  const body = JSON.stringify(benchRequest(1, 1));
  return { write: () => void insert.run(1, body), [Symbol.dispose]: () => database.close() };
}
