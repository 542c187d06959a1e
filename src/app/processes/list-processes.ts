import { randomUUID } from 'node:crypto';
import { type ProcessRole, processRoles } from '../../domain/shared/processes.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import { ConnectionPool } from '../../storage/postgres/pool.ts';
import { PostgresDatabase } from '../../storage/postgres/postgres-database.ts';
import { processes } from '../../storage/postgres/processes.ts';
import { numberOf } from '../../storage/rows.ts';
import type { Database, Steps } from '../../storage/database.ts';

const patienceMs = 2_000;

/** A process of the bot as an operator sees it; times are measured by the clock of the database. */
export type ListedProcess = {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAgoMs: number;
  readonly beatAgoMs: number;
  /** False: its roles and jobs are taken over by others. */
  readonly isAlive: boolean;
  readonly roles: readonly ProcessRole[];
  readonly jobs: number;
};

export type ProcessList = AsyncDisposable & {
  /**
   * The processes that share the database, the living first and then those that died within a day; undefined where none has
   * ever run. Changes nothing. Throws a StorageError when the database cannot be asked.
   */
  read(): Promise<readonly ListedProcess[] | undefined>;
};

/** Opens one connection, over which the list may be read again and again. */
export async function openProcessList(url: Secret, clock: Clock): Promise<ProcessList> {
  const id = randomUUID();
  const pool = await ConnectionPool.open({ url, applicationName: 'darkroom processes', clients: 1, clock }, id);
  const database = new PostgresDatabase({ pool, clock, patienceMs });
  return {
    read: () => database.read(() => list(database)),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** Reads the list once. */
export async function listProcesses(url: Secret, clock: Clock): Promise<readonly ListedProcess[] | undefined> {
  await using opened = await openProcessList(url, clock);
  return await opened.read();
}

function* list(database: Database): Steps<readonly ListedProcess[] | undefined> {
  const schema = yield* database.get(`SELECT to_regclass('processes')::text AS found`);
  if (schema?.['found'] === null) return undefined;
  const nowMs = numberOf(yield* database.get('SELECT now_ms() AS now'), 'now');
  const held = yield* database.all('SELECT role, process_id FROM roles');
  const running = yield* database.all(
    `SELECT owner, count(*) AS jobs FROM jobs WHERE state = 'running' GROUP BY owner`,
  );
  const known = yield* processes(database);
  return known
    .map(({ id, host, pid, version, startedAtMs, beatAtMs, isAlive }) => ({
      id,
      host,
      pid,
      version,
      startedAgoMs: Math.max(0, nowMs - startedAtMs),
      beatAgoMs: Math.max(0, nowMs - beatAtMs),
      isAlive,
      roles: processRoles.filter((role) => held.some((row) => row['role'] === role && row['process_id'] === id)),
      jobs: numberOf(
        running.find(({ owner }) => owner === id),
        'jobs',
      ),
    }))
    .toSorted((a, b) => Number(b.isAlive) - Number(a.isAlive));
}
