import { expect, test } from 'vitest';
import { ConnectionPool } from '../../../src/storage/postgres/pool.ts';
import { PostgresDatabase } from '../../../src/storage/postgres/postgres-database.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import type { Secret } from '../../../src/kit/secret.ts';
import { startPostgresProxy } from '../../support/postgres-proxy.ts';
import { hasPostgres, killableServer, testDatabase } from '../../support/postgres-server.ts';

/** The database of a process that is migrated; what reaches it goes the way of `url`. */
async function opened(
  url: Secret,
  options: { readonly patienceMs?: number; readonly onRefusal?: (error: unknown) => void } = {},
) {
  await using opening = new AsyncDisposableStack();
  const pool = opening.use(await ConnectionPool.open({ url, applicationName: 'test' }, 'test'));
  const database = new PostgresDatabase({ pool, ...options });
  const open = opening.move();
  return { pool, database, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

async function migrated() {
  await using opening = new AsyncDisposableStack();
  const own = opening.use(await testDatabase());
  await (await openPostgres({ url: own.url, version: 'test' }))[Symbol.asyncDispose]();
  const open = opening.move();
  return { url: own.url, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

const setting = (database: PostgresDatabase, name: string) =>
  database.read(function* () {
    return (yield* database.get('SELECT value FROM settings WHERE name = ?', name))?.['value'];
  });

function* addSetting(database: PostgresDatabase, name: string, value: string) {
  return yield* database.run('INSERT INTO settings (name, value) VALUES (?, ?)', name, value);
}

test.skipIf(!hasPostgres)('PostgresDatabase gives values as SQLite does', async () => {
  await using own = await migrated();
  await using open = await opened(own.url);
  const row = await open.database.read(() =>
    open.database.get(
      `SELECT 9007199254740991::bigint AS big, 1.5::numeric AS part, true AS yes, CAST(? AS INTEGER) IS NULL AS no, count(*) AS counted,
        sum(seq) AS total FROM inbox`,
      'a',
    ),
  );
  expect(row).toEqual({ big: Number.MAX_SAFE_INTEGER, part: 1.5, yes: 1, no: 0, counted: 0, total: null });
});

test.skipIf(!hasPostgres)(
  'PostgresDatabase.commit() keeps the character 0, which a text cannot hold, as its replacement',
  async () => {
    await using own = await migrated();
    await using open = await opened(own.url);
    const { database } = open;
    await database.commit(() => addSetting(database, 'a\0b', JSON.stringify({ words: 'c\0\\u0000' })));
    expect(await setting(database, 'a\uFFFDb')).toBe('{"words":"c\\ufffd\\\\u0000"}');
  },
);

test.skipIf(!hasPostgres)('PostgresDatabase.commit() undoes work that throws, and throws what it threw', async () => {
  await using own = await migrated();
  await using open = await opened(own.url);
  const { database } = open;
  const bug = new Error('a bug');
  const work = database.commit(function* () {
    yield* addSetting(database, 'name', 'value');
    throw bug;
  });
  await expect(work).rejects.toBe(bug);
  expect(await setting(database, 'name')).toBeUndefined();
});

test.skipIf(!hasPostgres)('PostgresDatabase.commit() repeats what met another transaction', async () => {
  await using own = await migrated();
  await using open = await opened(own.url);
  const { database, pool } = open;
  await database.commit(function* () {
    yield* addSetting(database, 'a', '');
    yield* addSetting(database, 'b', '');
  });
  // Both hold a row before either may go on: then each waits for the other.
  const gate = await pool.connect(Infinity);
  await gate.client.query(`SELECT pg_advisory_lock(hashtextextended('gate', 7244))`);
  const append = (first: string, second: string, mark: string) =>
    database.commit(function* () {
      yield* database.run('UPDATE settings SET value = value || ? WHERE name = ?', mark, first);
      yield* database.lock('gate');
      yield* database.run('UPDATE settings SET value = value || ? WHERE name = ?', mark, second);
    });
  const both = Promise.all([append('a', 'b', '1'), append('b', 'a', '2')]);
  await expect
    .poll(async () => {
      const { rows } = await gate.client.query(
        `SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      return rows[0]?.n;
    })
    .toBe(2);
  await gate.client.query('SELECT pg_advisory_unlock_all()');
  gate.release();
  await both;
  // In which order, the detector of deadlocks decides.
  const values = [await setting(database, 'a'), await setting(database, 'b')];
  expect([
    ['12', '12'],
    ['21', '21'],
  ]).toContainEqual(values);
});

test.skipIf(!hasPostgres)(
  'PostgresDatabase goes on when a newer version adds a column to a table that it reads',
  async () => {
    await using own = await migrated();
    await using open = await opened(own.url);
    await using newer = await opened(own.url);
    const { database } = open;
    const read = () => database.read(() => database.all('SELECT * FROM settings WHERE name = ?', 'name'));
    const write = () => {
      const sql = `INSERT INTO settings (name, value) VALUES ('name', 'value')
      ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING *`;
      return database.commit(() => database.all(sql));
    };
    await Promise.all([write(), read(), read()]);
    await newer.database.commit(() => newer.database.run('ALTER TABLE settings ADD COLUMN more bigint'));
    const row = { name: 'name', value: 'value', more: null };
    expect(await Promise.all([read(), read(), write()])).toEqual([[row], [row], [row]]);
  },
);

test.skipIf(!hasPostgres)('PostgresDatabase.commit() leaves connections to what has become a standby', async () => {
  await using own = await migrated();
  await using open = await opened(own.url);
  const { database, pool } = open;
  const { client, release } = await pool.connect(Infinity);
  // As a connection to a standby, until it ends: the address leads elsewhere by then.
  await client.query('SET default_transaction_read_only = on');
  release();
  const write = () => database.commit(() => addSetting(database, 'name', 'value'));
  await expect(write()).rejects.toMatchObject({ code: 'unwritable', reason: 'standby' });
  await write();
  expect(await setting(database, 'name')).toBe('value');
});

test.skipIf(!hasPostgres)('PostgresDatabase.commit() is done once when the answer to its COMMIT is lost', async () => {
  await using own = await migrated();
  let cuts = 0;
  await using proxy = await startPostgresProxy(own.url, (said) => {
    if (!said.includes('commit_marks') || !said.includes('COMMIT') || cuts > 0) return undefined;
    cuts += 1;
    return 'cut-the-answer';
  });
  await using open = await opened(proxy.url);
  const { database } = open;
  let runs = 0;
  await database.commit(function* () {
    runs += 1;
    yield* addSetting(database, 'name', 'value');
  });
  expect({ cuts, runs, value: await setting(database, 'name') }).toEqual({ cuts: 1, runs: 1, value: 'value' });
});

test.skipIf(!hasPostgres).each([
  ['when its transaction was lost with its COMMIT', 5_000],
  // The process stood still meanwhile.
  ['when its time is used up by then', 0],
])('PostgresDatabase.commit() is done again %s', async (_when, patienceMs) => {
  await using own = await migrated();
  await using open = await opened(own.url, { patienceMs });
  const { database, pool } = open;
  const { client, release } = await pool.connect(Infinity);
  // A sequence counts on although the transaction is undone.
  await client.query(`CREATE SEQUENCE commits; CREATE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER dying AFTER INSERT ON settings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die_once()`);
  release();
  let runs = 0;
  await database.commit(function* () {
    runs += 1;
    yield* addSetting(database, 'name', 'value');
  });
  expect({ runs, value: await setting(database, 'name') }).toEqual({ runs: 2, value: 'value' });
});

test.skipIf(!hasPostgres)(
  'PostgresDatabase waits for a database that was killed, and refuses when it stays away',
  async () => {
    await using server = await killableServer();
    await (await openPostgres({ url: server.url, version: 'test' }))[Symbol.asyncDispose]();
    await using open = await opened(server.url, { patienceMs: 60_000 });
    await using hasty = await opened(server.url, { patienceMs: 1 });
    const { database } = open;
    await database.commit(() => addSetting(database, 'first', '1'));
    await server.kill();
    await expect(hasty.database.commit(() => addSetting(hasty.database, 'hasty', '1'))).rejects.toMatchObject({
      code: 'unreachable',
      isRefusal: true,
      mayPass: true,
    });
    const second = database.commit(() => addSetting(database, 'second', '2'));
    await server.start();
    await second;
    const found = ['first', 'hasty', 'second'].map((name) => setting(database, name));
    expect(await Promise.all(found)).toEqual(['1', undefined, '2']);
  },
);

test.skipIf(!hasPostgres)(
  'PostgresDatabase refuses what comes after it was closed, and reports no outage',
  async () => {
    await using own = await migrated();
    const reported: unknown[] = [];
    const { database, [Symbol.asyncDispose]: close } = await opened(own.url, {
      onRefusal: (error) => reported.push(error),
    });
    await close();
    await expect(database.commit(() => addSetting(database, 'late', '1'))).rejects.toMatchObject({ isRefusal: true });
    expect(reported).toEqual([]);
  },
);
