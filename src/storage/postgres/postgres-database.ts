import { createHash } from 'node:crypto';
import type { QueryResult } from 'pg';
import { backoffMs, type Random, systemRandom } from '../../kit/backoff.ts';
import { type Clock, systemClock, utcDay } from '../../kit/clock.ts';
import type { Database, Row, SqlValue, Statement, Steps, WorkKind } from '../database.ts';
import { StorageError } from '../storage-error.ts';
import { toPostgres } from './dialect.ts';
import { ahead, inOnePiece } from './one-trip.ts';
import type { Connection, ConnectionPool } from './pool.ts';
import { endsConnection, failureOf, toStorageError, unsure } from './postgres-error.ts';
import { storable } from './storable.ts';

const usualPatienceMs = 5_000;
/** After a first try that failed. */
const minPatienceMs = 1_000;
const conflictBackoff = { baseMs: 5, capMs: 200 };
const fateRetryMs = 100;
const markStatement = {
  name: 'commit_marks',
  text: 'INSERT INTO commit_marks (slot, mark) VALUES ($1, $2) ON CONFLICT (slot) DO UPDATE SET mark = excluded.mark',
};
const lockSql = 'SELECT pg_advisory_xact_lock(hashtextextended(?, 7244))';

export type PostgresOptions = {
  readonly pool: ConnectionPool;
  readonly clock?: Clock;
  readonly random?: Random;
  /** The days in which limits count; those of UTC when absent. */
  readonly dayOf?: (nowMs: number) => number;
  /** Called for every refusal that is thrown to a caller, until the database is closed. */
  readonly onRefusal?: (error: StorageError) => void;
  /** How long work waits for a database that is away before it is refused. */
  readonly patienceMs?: number;
};

type Kept = 'kept' | 'lost';

/**
 * Runs the work of the stores on PostgreSQL: each piece in a transaction of its own over one connection, in READ COMMITTED,
 * with the locks that the work asks for. Work that met another transaction, or whose connection was lost before its COMMIT
 * was sent, is run again from its beginning.
 *
 * A connection may be lost while the COMMIT is under way. So that nobody has to guess, each transaction that changed
 * something writes its number into the row of its connection in `commit_marks`. Another connection reads that row, waiting
 * for its lock, and knows. Until the database is back the work stays open: it is neither done nor refused.
 */
export class PostgresDatabase implements Database {
  readonly isShared = true;
  readonly dayOf: (nowMs: number) => number;
  readonly #pool: ConnectionPool;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onRefusal: (error: StorageError) => void;
  readonly #patienceMs: number;
  #changes = 0;
  #commits = 0;

  constructor({ pool, clock, random, dayOf, onRefusal, patienceMs = usualPatienceMs }: PostgresOptions) {
    this.#pool = pool;
    this.#patienceMs = patienceMs;
    this.#clock = clock ?? systemClock;
    this.#random = random ?? systemRandom;
    this.dayOf = dayOf ?? utcDay.dayOf;
    this.#onRefusal = onRefusal ?? (() => undefined);
  }

  *get(sql: string, ...values: SqlValue[]): Steps<Row | undefined> {
    return (yield { want: 'get', sql, values }) as Row | undefined;
  }

  *all(sql: string, ...values: SqlValue[]): Steps<readonly Row[]> {
    return (yield { want: 'all', sql, values }) as readonly Row[];
  }

  *run(sql: string, ...values: SqlValue[]): Steps<number> {
    return (yield { want: 'run', sql, values }) as number;
  }

  *lock(name: string): Steps<void> {
    yield { want: 'run', sql: lockSql, values: [name] };
  }

  /** Other processes write too: what was read never still holds for sure. */
  get changes(): number {
    this.#changes += 1;
    return this.#changes;
  }

  get lostTransactions(): number {
    return 0;
  }

  read<Result>(work: () => Steps<Result>): Promise<Result> {
    return this.#again(({ client }) => drive(client, work()).then(({ result }) => result));
  }

  /** What follows is told of what is durable. */
  async commit<Result>(work: () => Steps<Result>, { followedBy }: WorkKind<Result> = {}): Promise<Result> {
    const result = await this.#again<Result>((connection, lostCommit) =>
      this.#transaction(connection, work, lostCommit),
    );
    followedBy?.(result);
    return result;
  }

  apply<Result>(work: () => Steps<Result>, kind?: WorkKind<Result>): Promise<Result> {
    return this.commit(work, kind);
  }

  async applyFound<Seen, Result>(
    look: () => Steps<Seen | undefined>,
    work: (seen: Seen) => Steps<Result>,
    kind?: WorkKind<Result>,
  ): Promise<Result | undefined> {
    const seen = await this.read(look);
    return seen === undefined ? undefined : this.commit(() => work(seen), kind);
  }

  /** Tries until it is done, or refused for good, or the database was away for too long. */
  async #again<Result>(
    attempt: (connection: Connection, lostCommit: LostCommit<Result>) => Promise<Result>,
  ): Promise<Result> {
    let untilMonotonicMs = this.#clock.monotonicMs() + this.#patienceMs;
    for (let tries = 1; ; tries += 1) {
      try {
        const connection = await this.#pool.connect(untilMonotonicMs);
        const lostCommit: LostCommit<Result> = {};
        try {
          const result = await attempt(connection, lostCommit);
          connection.release();
          return result;
        } catch (error) {
          connection.release(await leftUnusable(connection, error));
          if (lostCommit.of !== undefined && (await this.#fateOf(lostCommit.of, error)) === 'kept') {
            return lostCommit.of.result;
          }
          throw error;
        }
      } catch (error) {
        const mayPass = failureOf(error) !== 'other' && !this.#pool.closing.aborted;
        const nowMs = this.#clock.monotonicMs();
        // A process that stood still finds its time used up and its connections lost: it has not tried yet.
        if (tries === 1) untilMonotonicMs = Math.max(untilMonotonicMs, nowMs + minPatienceMs);
        if (!mayPass || nowMs >= untilMonotonicMs) throw this.#refusalFor(error);
        await this.#pool.pause(backoffMs(tries, conflictBackoff, this.#random));
      }
    }
  }

  async #transaction<Result>(
    { client, slot }: Connection,
    work: () => Steps<Result>,
    lostCommit: LostCommit<Result>,
  ): Promise<Result> {
    const { result, hasChanged } = await inOnePiece(client, () =>
      drive(client, work(), [ahead(client.query('BEGIN'))]),
    );
    if (!hasChanged) {
      // Nothing to lose: whether the server heard it makes no difference.
      await client.query('COMMIT');
      return result;
    }
    this.#commits += 1;
    const mark = this.#commits;
    lostCommit.of = { slot, mark, result };
    let ended: QueryResult;
    try {
      // In one trip. Where the mark fails, so does the transaction, and the COMMIT undoes it.
      ended = await inOnePiece(client, async () => {
        const marked = ahead(client.query({ ...markStatement, values: [slot, mark] }));
        const committed = ahead(client.query('COMMIT'));
        await marked;
        return committed;
      });
    } catch (error) {
      if (failureOf(error) !== 'away') delete lostCommit.of;
      throw error;
    }
    if (ended.command !== 'COMMIT') {
      delete lostCommit.of;
      throw new Error('Cannot commit a transaction in which a statement failed');
    }
    return result;
  }

  /** Learns from another connection whether a commit took place, however long the database is away. */
  async #fateOf({ slot, mark }: { readonly slot: string; readonly mark: number }, cause: unknown): Promise<Kept> {
    while (!this.#pool.closing.aborted) {
      try {
        const { client, release } = await this.#pool.connect(Infinity);
        try {
          // The lock waits for the lost transaction, should the server still be at it.
          const found = await client.query<{ mark: number }>(
            `SELECT mark FROM commit_marks WHERE slot = '${slot}' FOR UPDATE`,
          );
          release();
          return found.rows[0]?.mark === mark ? 'kept' : 'lost';
        } catch (error) {
          release(true);
          if (failureOf(error) === 'other') throw error;
        }
      } catch (error) {
        if (failureOf(error) === 'other' && !(error instanceof StorageError)) break;
      }
      await this.#pool.pause(fateRetryMs);
    }
    throw unsure(this.#pool.place, cause);
  }

  #refusalFor(error: unknown): unknown {
    const refusal = toStorageError(error, this.#pool.place);
    // What comes late while this process ends is refused too, but says nothing of the database.
    const isOutage = refusal instanceof StorageError && refusal.isRefusal && !this.#pool.closing.aborted;
    if (isOutage) this.#onRefusal(refusal);
    return refusal;
  }
}

/** Filled while a COMMIT is under way. */
type LostCommit<Result> = { of?: { readonly slot: string; readonly mark: number; readonly result: Result } };

/** Ends what is left of a transaction; true when the connection cannot be used any more. */
async function leftUnusable({ client }: Connection, error: unknown): Promise<boolean> {
  if (endsConnection(error)) return true;
  try {
    await client.query('ROLLBACK');
    return false;
  } catch {
    return true;
  }
}

type Client = Connection['client'];
type Driven<Result> = { readonly result: Result; readonly hasChanged: boolean };

/**
 * Runs the work, statement by statement; a statement that fails throws where the work asked for it. What begins the
 * transaction, and a lock, is sent together with the statement behind it, and fails where that was asked for.
 */
async function drive<Result>(
  client: Client,
  steps: Steps<Result>,
  unanswered: Promise<unknown>[] = [],
): Promise<Driven<Result>> {
  let hasChanged = false;
  let step = steps.next();
  while (step.done !== true) {
    if (step.value.sql === lockSql) {
      unanswered.push(ahead(ask(client, step.value)));
      step = steps.next();
      continue;
    }
    try {
      const asked = ahead(ask(client, step.value));
      // The first that failed says why; what stands behind it fails because of it.
      for (const one of unanswered.splice(0)) await one;
      const { want, answered } = await asked;
      hasChanged ||= answered.command !== 'SELECT' && (answered.rowCount ?? 0) > 0;
      step = steps.next(want === 'run' ? (answered.rowCount ?? 0) : want === 'get' ? answered.rows[0] : answered.rows);
    } catch (error) {
      step = steps.throw(error);
    }
  }
  for (const one of unanswered) await one;
  return { result: step.value, hasChanged };
}

async function ask(client: Client, { want, sql, values }: Statement) {
  const text = toPostgres(sql);
  const answered = await client.query<Row>({
    name: nameOf(text),
    text,
    values: values.map((value) => storable(value)),
  });
  return { want, answered };
}

const names = new Map<string, string>();

/** The server parses a statement once for each connection, under this name. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 24);
  names.set(text, name);
  return name;
}
