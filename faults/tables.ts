import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Secret } from '../src/kit/secret.ts';
import { ConnectionPool } from '../src/storage/postgres/pool.ts';
import { PostgresDatabase } from '../src/storage/postgres/postgres-database.ts';

export type TableRow = Readonly<Record<string, unknown>>;

/** Reads what bots have stored, while they run and afterwards, whichever engine they use. */
export type Tables = {
  /** Rejects while the database is away. */
  rows(sql: string): Promise<readonly TableRow[]>;
};

/** The tables in the file of a data folder. */
export function fileTables(dataDir: string): Tables {
  return {
    rows: async (sql) => {
      using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
      return database.prepare(sql).all();
    },
  };
}

/** The tables in a database of PostgreSQL. */
export async function serverTables(url: Secret): Promise<Tables & AsyncDisposable> {
  const pool = await ConnectionPool.open({ url, applicationName: 'campaign', clients: 2 }, 'campaign');
  const database = new PostgresDatabase({ pool, patienceMs: 0 });
  return {
    rows: (sql) => database.read(() => database.all(sql)),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** The column n of the only row. */
export async function numberIn(tables: Tables, sql: string): Promise<number> {
  const [row] = await tables.rows(sql);
  return Number(row?.['n'] ?? 0);
}
