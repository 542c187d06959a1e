import { expect, test } from 'vitest';
import { primaryKeys } from '../../../src/storage/postgres/schema-tables.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';

type Column = { readonly table: string; readonly column: string; readonly type: string; readonly mayBeNull: boolean };

/** What SQLite has no need of: who takes part, what they share, and what is known of commits and migrations. */
const ofPostgres = new Set([
  'commit_marks',
  'copy_uploads',
  'key_facts',
  'key_holders',
  'key_seats',
  'key_turns',
  'processes',
  'schema_versions',
  'roles',
  'send_places',
  'process_alerts',
  'told_alerts',
  'inbox.holder',
  'waiting_parts',
]);

function columnsOfSqlite(): readonly Column[] {
  using database = openDatabase({ path: ':memory:' });
  const rows = database.allNow(
    `SELECT tables.name AS tableName, columns.name AS columnName, columns.type, columns."notnull" AS isSet, columns.pk AS place
     FROM sqlite_schema AS tables JOIN pragma_table_xinfo(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'`,
  );
  return rows
    .map((row) => ({
      table: String(row['tableName']),
      column: String(row['columnName']),
      type: row['type'] === 'INTEGER' ? 'bigint' : 'text',
      mayBeNull: row['isSet'] === 0 && row['place'] === 0,
    }))
    .sort(byName);
}

const byName = (a: Column, b: Column) => (`${a.table}.${a.column}` < `${b.table}.${b.column}` ? -1 : 1);

test.skipIf(!hasPostgres)('PostgreSQL has the tables and columns of SQLite', async () => {
  await using own = await testDatabase();
  await using storage = await openPostgres({ url: own.url, version: 'test' });
  const { database } = storage;
  const rows = await database.read(() =>
    database.all(`SELECT table_name AS table, column_name AS column, data_type AS type, is_nullable = 'YES' AS "mayBeNull"
      FROM information_schema.columns WHERE table_schema = 'darkroom'`),
  );
  const columns = rows
    .map((row) => ({
      table: String(row['table']),
      column: String(row['column']),
      type: String(row['type']),
      mayBeNull: row['mayBeNull'] === 1,
    }))
    .filter(({ table, column }) => !ofPostgres.has(table) && !ofPostgres.has(`${table}.${column}`))
    // A view knows of no NOT NULL.
    .map((one) => (one.table === 'waiting_counts' ? { ...one, mayBeNull: false } : one))
    .sort(byName);
  expect(columns).toEqual(columnsOfSqlite());
});

test.skipIf(!hasPostgres)('the keys by which conflicts are found are those of the schema', async () => {
  await using own = await testDatabase();
  await using storage = await openPostgres({ url: own.url, version: 'test' });
  const { database } = storage;
  const rows = await database.read(() =>
    database.all(`SELECT relname AS table, string_agg(attname, ',' ORDER BY array_position(indkey::smallint[], attnum)) AS key
      FROM pg_index JOIN pg_class ON pg_class.oid = indrelid JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
      WHERE indisprimary AND relnamespace = 'darkroom'::regnamespace GROUP BY relname`),
  );
  const found = Object.fromEntries(
    rows
      .filter(({ table }) => !ofPostgres.has(String(table)))
      .map(({ table, key }) => [String(table), String(key).split(',')]),
  );
  expect(found).toEqual(primaryKeys);
});
