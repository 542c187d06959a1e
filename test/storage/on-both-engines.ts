import { Client } from 'pg';
import { afterAll, describe } from 'vitest';
import type { Database, Row, SqlValue } from '../../src/storage/database.ts';
import { openPostgres, type PostgresStorage } from '../../src/storage/postgres/open-postgres.ts';
import type { Secret } from '../../src/kit/secret.ts';
import { openDatabase, type SqliteDatabase } from '../../src/storage/sqlite/database.ts';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { scratch } from './sqlite/scratch.ts';

/** An empty database of one engine, until it is disposed. */
export type TestStore = AsyncDisposable & {
  readonly database: Database;
  /** What a statement of the test finds; its SQL is that of the stores. */
  readonly rows: (sql: string, ...values: SqlValue[]) => Promise<readonly Row[]>;
  /** Makes a change of the test's own; returns how many rows it changed. */
  readonly change: (sql: string, ...values: SqlValue[]) => Promise<number>;
};

/** A database that several processes open, one after the other or beside each other. */
export type KeptStore = TestStore & {
  /** Ends the process that has it open; returns the database as the next one opens it. */
  readonly reopen: () => Promise<Database>;
  /** Returns the database as one more process opens it. */
  readonly beside: () => Promise<Database>;
};

export type TestedEngine = {
  readonly open: () => Promise<TestStore>;
  readonly openKept: () => Promise<KeptStore>;
  /** Whether several processes write to it. */
  readonly isShared: boolean;
};

/** Registers the tests once for each engine. Where PostgreSQL is not installed, its tests are skipped. */
export function onBothEngines(tests: (engine: TestedEngine) => void): void {
  describe('on SQLite', () => {
    const openKept = async () => sqliteStore(scratch());
    tests({ open: async () => storeOver(openDatabase({ path: ':memory:' })), openKept, isShared: false });
  });
  describe.runIf(hasPostgres)('on PostgreSQL', () => {
    // One database for the file: emptying it takes a tenth of the time that a new one takes.
    let shared: Promise<EmptiedDatabase> | undefined;
    const openKept = async () => postgresStore(await (shared ??= emptiedDatabase()));
    afterAll(async () => (await shared)?.[Symbol.asyncDispose]());
    tests({ open: openKept, openKept, isShared: true });
  });
}

function accessTo(database: () => Database): Pick<TestStore, 'rows' | 'change'> {
  return {
    rows: (sql, ...values) => database().read(() => database().all(sql, ...values)),
    change: (sql, ...values) => database().commit(() => database().run(sql, ...values)),
  };
}

function storeOver(database: SqliteDatabase): TestStore {
  return { database, ...accessTo(() => database), [Symbol.asyncDispose]: async () => database[Symbol.dispose]() };
}

function sqliteStore(place: ReturnType<typeof scratch>): KeptStore {
  let database = openDatabase({ path: place.file });
  const others = new DisposableStack();
  return {
    get database() {
      return database;
    },
    ...accessTo(() => database),
    reopen: async () => {
      database[Symbol.dispose]();
      database = openDatabase({ path: place.file });
      return database;
    },
    beside: async () => others.use(openDatabase({ path: place.file })),
    [Symbol.asyncDispose]: async () => {
      others.dispose();
      database[Symbol.dispose]();
      place[Symbol.dispose]();
    },
  };
}

export type EmptiedDatabase = AsyncDisposable & {
  readonly url: Secret;
  storage: PostgresStorage;
  readonly open: () => Promise<PostgresStorage>;
  readonly empty: () => Promise<void>;
};

/** Everything but who takes part, the marks of commits and the version; without triggers and in any order. */
const emptying = `
  SET search_path = darkroom;
  SET session_replication_role = replica;
  DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'darkroom'::regnamespace
      AND relname NOT IN ('schema_versions', 'processes', 'commit_marks')
    LOOP EXECUTE format('DELETE FROM %I', one); END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'darkroom'::regnamespace;
  END $$`;

export async function emptiedDatabase(): Promise<EmptiedDatabase> {
  await using opening = new AsyncDisposableStack();
  const { url } = opening.use(await testDatabase());
  const open = () => openPostgres({ url, version: 'test' });
  const client = new Client({ connectionString: url.reveal() });
  await client.connect();
  opening.defer(() => client.end());
  const opened = { storage: await open() };
  const scope = opening.move();
  return Object.assign(opened, {
    url,
    open,
    empty: async () => void (await client.query(emptying)),
    [Symbol.asyncDispose]: async () => {
      await opened.storage[Symbol.asyncDispose]();
      await scope.disposeAsync();
    },
  });
}

function postgresStore(shared: EmptiedDatabase): KeptStore {
  const others = new AsyncDisposableStack();
  return {
    get database() {
      return shared.storage.database;
    },
    ...accessTo(() => shared.storage.database),
    reopen: async () => {
      await shared.storage[Symbol.asyncDispose]();
      shared.storage = await shared.open();
      return shared.storage.database;
    },
    beside: async () => others.use(await shared.open()).database,
    [Symbol.asyncDispose]: async () => {
      await others.disposeAsync();
      await shared.empty();
    },
  };
}
