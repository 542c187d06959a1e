import { Client } from 'pg';
import { afterAll, expect } from 'vitest';
import type { Database, SqlValue, Steps } from '../../../src/storage/database.ts';
import { type EmptiedDatabase, emptiedDatabase } from '../on-both-engines.ts';

const gate = `hashtextextended('gate of the test', 7244)`;

/** The first statement that matches; or the second one, the third one. */
export type Moment = RegExp | readonly [RegExp, number];

/** Two processes on one database. */
export type TwoProcesses = AsyncDisposable & {
  readonly one: Database;
  readonly other: Database;
  /**
   * Does something in each process at once: each stands still before its first statement that matches, and both go on once
   * each of them waits there, or for the other one, or is over.
   */
  atOnce<One, Other>(
    before: Moment,
    first: (database: Database) => Promise<One>,
    second: (database: Database) => Promise<Other>,
  ): Promise<readonly [One, Other]>;
  /** Does something in the first process, which stands still before this statement until `meanwhile` is over. */
  during<Result>(
    before: Moment,
    work: (database: Database) => Promise<Result>,
    meanwhile: () => Promise<void>,
  ): Promise<Result>;
};

/** For the tests of a file: the database is one, and emptied after each of them. */
export function pairOfProcesses(): () => Promise<TwoProcesses> {
  let opened: ReturnType<typeof openPair> | undefined;
  afterAll(async () => (await opened)?.[Symbol.asyncDispose]());
  return async () => {
    const { shared, other, keeper } = await (opened ??= openPair());
    return twoProcesses(shared, other, keeper);
  };
}

async function openPair() {
  await using opening = new AsyncDisposableStack();
  const shared = opening.use(await emptiedDatabase());
  const other = opening.use(await shared.open()).database;
  const keeper = new Client({ connectionString: shared.url.reveal() });
  await keeper.connect();
  opening.defer(() => keeper.end());
  const scope = opening.move();
  return { shared, other, keeper, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

function twoProcesses(shared: EmptiedDatabase, other: Database, keeper: Client): TwoProcesses {
  const one = shared.storage.database;
  const waiting = async (): Promise<number> => {
    const sql = `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return Number((await keeper.query<{ n: string }>(sql)).rows[0]?.n);
  };
  const close = () => keeper.query(`SELECT pg_advisory_lock(${gate})`);
  const openGate = () => keeper.query(`SELECT pg_advisory_unlock(${gate})`);
  return {
    one,
    other,
    atOnce: async (before, first, second) => {
      await close();
      let over = 0;
      const counted = <Result>(work: Promise<Result>) => work.finally(() => (over += 1));
      const both = Promise.all([counted(first(behindGate(one, before))), counted(second(behindGate(other, before)))]);
      both.catch(() => undefined);
      try {
        await expect.poll(async () => (await waiting()) + over, { interval: 5, timeout: 30_000 }).toBe(2);
      } finally {
        await openGate();
      }
      return both;
    },
    during: async (before, work, meanwhile) => {
      await close();
      const done = work(behindGate(one, before));
      done.catch(() => undefined);
      try {
        await expect.poll(waiting, { interval: 5, timeout: 30_000 }).toBe(1);
        await meanwhile();
      } finally {
        await openGate();
      }
      return done;
    },
    [Symbol.asyncDispose]: () => shared.empty(),
  };
}

/** The same database; its work waits at the gate before each statement that matches. Who waits there keeps nobody else out. */
function behindGate(database: Database, before: Moment): Database {
  const [wanted, from] = before instanceof RegExp ? [before, 1] : before;
  let times = 0;
  function* wait(sql: string): Steps<void> {
    if (wanted.test(sql) && (times += 1) >= from) yield* database.run(`SELECT pg_advisory_xact_lock_shared(${gate})`);
  }
  return {
    *get(sql: string, ...values: SqlValue[]) {
      yield* wait(sql);
      return yield* database.get(sql, ...values);
    },
    *all(sql: string, ...values: SqlValue[]) {
      yield* wait(sql);
      return yield* database.all(sql, ...values);
    },
    *run(sql: string, ...values: SqlValue[]) {
      yield* wait(sql);
      return yield* database.run(sql, ...values);
    },
    lock: (name) => database.lock(name),
    read: (work) => database.read(work),
    commit: (work, kind) => database.commit(work, kind),
    apply: (work, kind) => database.apply(work, kind),
    applyFound: (look, work, kind) => database.applyFound(look, work, kind),
    isShared: true,
    get changes() {
      return database.changes;
    },
    lostTransactions: 0,
    dayOf: (nowMs) => database.dayOf(nowMs),
  };
}
