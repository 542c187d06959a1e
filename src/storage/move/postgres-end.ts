import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { type Clock, systemClock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import { migrate, migrations, newestVersion } from '../postgres/migrate.ts';
import { moveLock, progressTable } from '../postgres/move-mark.ts';
import { ConnectionPool, schemaName } from '../postgres/pool.ts';
import { toStorageError } from '../postgres/postgres-error.ts';
import { deadAfterMs } from '../../domain/shared/processes.ts';
import { primaryKeys, type TableName } from '../postgres/schema-tables.ts';
import { serverFacts, checkServer } from '../postgres/server-checks.ts';
import { StorageError } from '../storage-error.ts';
import type { MoveSource, MoveTarget, TableProgress } from './move-ends.ts';
import { countingTrigger, type MovedRow, type MovedTable, quotedNames, walking } from './moved-table.ts';

const patienceMs = 10_000;

type PostgresEnd = {
  readonly pool: ConnectionPool;
  readonly client: Client;
} & AsyncDisposable;

export type PostgresEndOptions = { readonly url: Secret; readonly clock?: Clock };

/** The database as what is read; undefined where there is none of this program. Throws a StorageError while it is in use. */
export async function postgresSource(options: PostgresEndOptions): Promise<(MoveSource & AsyncDisposable) | undefined> {
  await using opening = new AsyncDisposableStack();
  const end = opening.use(await connect(options));
  const found = await textAt(end, `SELECT to_regclass('schema_versions')::text`);
  if (found === null) return undefined;
  await refuseUse(end);
  await refuseUnfinished(end);
  const version = await textAt(end, 'SELECT max(version)::text FROM schema_versions');
  const newest = newestVersion(migrations);
  if (Number(version) !== newest) {
    const fix = Number(version) > newest ? 'use the newer version' : 'start the bot once, which brings it up to date';
    const message = `Cannot read database ${end.pool.place}: its schema is ${version}, this version reads ${newest}; ${fix}`;
    throw new StorageError(Number(version) > newest ? 'newer-schema' : 'older-schema', message);
  }
  const open = opening.move();
  return { ...readerOf(end), [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/**
 * The database as what is filled: an empty one, or one in which an earlier move has stopped. Throws a StorageError while it
 * is in use and where it already holds something.
 */
export async function postgresTarget(options: PostgresEndOptions): Promise<MoveTarget & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const end = opening.use(await connect(options));
  const { pool } = end;
  const { clock = systemClock } = options;
  const untilMonotonicMs = clock.monotonicMs() + patienceMs;
  checkServer(await serverFacts(pool, () => clock.now(), untilMonotonicMs), pool.place);
  await migrate(pool, untilMonotonicMs);
  await refuseUse(end);
  await refuseContents(end);
  const open = opening.move();
  return {
    ...readerOf(end),
    progress: async () => {
      if ((await textAt(end, `SELECT to_regclass('${progressTable}')::text`)) === null) return new Map();
      const rows = await textRows(end, `SELECT name, last_key, rows::text FROM ${progressTable}`, []);
      return new Map(
        rows.map(([name, lastKey, copied]): [TableName, TableProgress] => [
          name as TableName,
          { lastKey: JSON.parse(lastKey ?? '[]') as readonly string[], rows: Number(copied) },
        ]),
      );
    },
    keep: (table, rows, progress) =>
      transaction(end, async () => {
        await query(end, progressSql);
        await keepRows(end, table, rows);
        await query(
          end,
          `INSERT INTO ${progressTable} (name, last_key, rows) VALUES ($1, $2, $3)
           ON CONFLICT (name) DO UPDATE SET last_key = excluded.last_key, rows = excluded.rows`,
          [table.name, JSON.stringify(progress.lastKey), String(progress.rows)],
        );
      }),
    startOver: (tables) =>
      transaction(end, async () => {
        await query(end, `TRUNCATE waiting_parts, ${quotedNames(tables.map(({ name }) => name))} RESTART IDENTITY`);
        await query(end, `DROP TABLE IF EXISTS ${progressTable}`);
      }),
    finish: (tables, numbers) =>
      transaction(end, async () => {
        for (const { name, key } of tables) {
          const [column = ''] = key;
          const sequence = await textAt(end, `SELECT pg_get_serial_sequence('${name}', '${column}')`);
          if (sequence === null) continue;
          await query(
            end,
            `SELECT setval($1::regclass, last, true) FROM (
               SELECT greatest($2::bigint, (SELECT max("${column}") FROM "${name}")) AS last) AS numbers WHERE last > 0`,
            [sequence, numbers.get(name) ?? null],
          );
        }
        await query(end, `DROP TABLE IF EXISTS ${progressTable}`);
      }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const progressSql = `CREATE TABLE IF NOT EXISTS ${progressTable} (
  name text PRIMARY KEY, last_key text NOT NULL, rows bigint NOT NULL)`;

/** For as long as it is open no process of the bot starts on the database, and no other move. */
async function connect({ url, clock }: PostgresEndOptions): Promise<PostgresEnd> {
  const id = randomUUID();
  const applicationName = `darkroom move ${id}`;
  const pool = await ConnectionPool.open(
    { url, applicationName, clients: 2, ...(clock === undefined ? {} : { clock }) },
    id,
  );
  let client: Client | undefined;
  try {
    client = await pool.connectAlone();
    const end: PostgresEnd = {
      pool,
      client,
      [Symbol.asyncDispose]: async () => {
        await client?.end().catch(() => undefined);
        await pool[Symbol.asyncDispose]();
      },
    };
    if ((await textAt(end, `SELECT pg_try_advisory_lock(${moveLock})::text`)) !== 'true') {
      throw new StorageError(
        'owned',
        `Cannot move: another "darkroom move" is at work on database ${pool.place}; wait for it`,
      );
    }
    return end;
  } catch (error) {
    await client?.end().catch(() => undefined);
    await pool[Symbol.asyncDispose]();
    throw toStorageError(error, pool.place);
  }
}

async function refuseUse(end: PostgresEnd): Promise<void> {
  const hosts = await textRows(
    end,
    `SELECT host, count(*)::text FROM processes WHERE beat_at_ms >= now_ms() - ${deadAfterMs} GROUP BY 1 ORDER BY 1`,
    [],
  );
  if (hosts.length === 0) return;
  const where = hosts.map(([host, count]) => `${count} on ${host}`).join(', ');
  throw new StorageError(
    'owned',
    `Cannot move: processes of the bot use database ${end.pool.place} (${where}); stop them first, one that was killed counts for ${deadAfterMs / 1000} s more`,
  );
}

async function refuseContents(end: PostgresEnd): Promise<void> {
  if ((await textAt(end, `SELECT to_regclass('${progressTable}')::text`)) !== null) return;
  for (const name of Object.keys(primaryKeys)) {
    if ((await textAt(end, `SELECT 1::text FROM "${name}" LIMIT 1`)) === null) continue;
    const jobs = await textAt(end, 'SELECT count(*)::text FROM jobs');
    throw new StorageError(
      'in-the-way',
      `Cannot move into database ${end.pool.place}: it is in use already (${jobs} requests, rows in "${name}"); name an empty one in DATABASE_URL, or empty this one with: DROP SCHEMA ${schemaName} CASCADE`,
    );
  }
}

async function refuseUnfinished(end: PostgresEnd): Promise<void> {
  if ((await textAt(end, `SELECT to_regclass('${progressTable}')::text`)) === null) return;
  throw new StorageError(
    'in-the-way',
    `Cannot move from database ${end.pool.place}: a move into it has not ended; run "darkroom move --to postgres" first`,
  );
}

function readerOf(end: PostgresEnd): MoveSource {
  return {
    place: end.pool.place,
    countRows: async ({ name }) => Number(await textAt(end, `SELECT count(*)::text FROM "${name}"`)),
    rowsAfter: (table, key, limit) => {
      const parameters = table.key.map((name, index) => {
        const isInteger = table.columns.find((column) => column.name === name)?.isInteger === true;
        return `$${index + 1}::${isInteger ? 'bigint' : 'text'}`;
      });
      const columns = quotedNames(table.columns.map(({ name }) => name));
      const sql = `SELECT ${columns} FROM "${table.name}" ${walking(table, parameters, key === undefined)} LIMIT ${limit}`;
      return textRows(end, sql, key ?? []);
    },
    lastNumbers: async (tables) => {
      const numbers = new Map<TableName, string>();
      for (const { name, key } of tables) {
        const sequence = await textAt(end, `SELECT pg_get_serial_sequence('${name}', '${key[0] ?? ''}')`);
        if (sequence === null) continue;
        const last = await textAt(end, `SELECT CASE WHEN is_called THEN last_value::text END FROM ${sequence}`);
        if (last !== null) numbers.set(name, last);
      }
      return numbers;
    },
    refuseUse: () => refuseUse(end),
  };
}

async function keepRows(end: PostgresEnd, table: MovedTable, rows: readonly MovedRow[]): Promise<void> {
  const names = quotedNames(table.columns.map(({ name }) => name));
  const types = table.columns.map(({ isInteger }, index) => `$${index + 1}::${isInteger ? 'bigint' : 'text'}[]`);
  await query(end, `ALTER TABLE "${table.name}" DISABLE TRIGGER USER`);
  if (table.name === 'jobs') await query(end, `ALTER TABLE jobs ENABLE TRIGGER ${countingTrigger}`);
  await query(
    end,
    `INSERT INTO "${table.name}" (${names}) SELECT * FROM unnest(${types.join(', ')})`,
    table.columns.map((_, index) => rows.map((row) => row[index] ?? null)),
  );
  await query(end, `ALTER TABLE "${table.name}" ENABLE TRIGGER USER`);
}

async function transaction(end: PostgresEnd, work: () => Promise<void>): Promise<void> {
  await query(end, 'BEGIN');
  try {
    await work();
    await query(end, 'COMMIT');
  } catch (error) {
    await query(end, 'ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function query(end: PostgresEnd, sql: string, values: readonly unknown[] = []): Promise<void> {
  await textRows(end, sql, values);
}

const asText = { getTypeParser: () => (text: string) => text };

/** The rows with every value as the text that the server sends. */
async function textRows(
  { client, pool }: PostgresEnd,
  text: string,
  values: readonly unknown[],
): Promise<readonly (readonly (string | null)[])[]> {
  try {
    const { rows } = await client.query<(string | null)[]>({
      text,
      values: [...values],
      rowMode: 'array',
      types: asText,
    });
    return rows;
  } catch (error) {
    throw toStorageError(error, pool.place);
  }
}

async function textAt(end: PostgresEnd, sql: string): Promise<string | null> {
  const [row] = await textRows(end, sql, []);
  return row?.[0] ?? null;
}
