import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Pool, PoolClient } from 'pg';
import { type Clock, systemClock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import { failureOf, toConnectError, toStorageError, unreachable } from './postgres-error.ts';

/** The tables live in a schema of their own: `pg_dump --schema darkroom` is all of them. */
export const schemaName = 'darkroom';

/** Connections of a process; the server needs 15 for each process and 10 more (`max_connections`). */
export const maxClients = 10;
/** How long a connection may take to be made. */
const connectMs = 5_000;
/** A statement that runs longer is stuck. */
const statementMs = 30_000;
/** As long as a process stands still within a transaction, others wait for what it has locked: then it loses the transaction. */
const idleInTransactionMs = 3_000;
const retryMs = 50;
const maxRetryMs = 500;

export type PoolOptions = {
  /** `postgres://user:password@host:port/name`, with `sslmode` and whatever else the driver takes. */
  readonly url: Secret;
  /** Shown beside each connection in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly clients?: number;
  readonly clock?: Clock;
};

/** A connection, with the name under which it marks its commits; `release` gives it back, or ends it where it is broken. */
export type Connection = {
  readonly client: PoolClient;
  readonly slot: string;
  readonly release: (isBroken?: boolean) => void;
};

type Waiting = {
  readonly untilMonotonicMs: number;
  readonly go: () => void;
  readonly refuse: (error: unknown) => void;
};

/**
 * The connections of a process. `pg` is loaded only here, when there is a database to connect to. A connection that is lost
 * leaves the pool by itself; while the database is away, `connect` waits.
 */
export class ConnectionPool implements AsyncDisposable {
  /** The database in messages: never a user or a password. */
  readonly place: string;
  readonly #pool: Pool;
  readonly #newClient: () => Client;
  readonly #clock: Clock;
  readonly #slots = new WeakMap<PoolClient, string>();
  /** The server's numbers of these connections. */
  readonly #backends = new Set<number>();
  readonly #slotPrefix: string;
  #made = 0;
  #free: number;
  /** Who waits for a connection that others use, the first who came first. */
  readonly #waiting: Waiting[] = [];
  readonly #closing = new AbortController();

  private constructor(pool: Pool, newClient: () => Client, place: string, slotPrefix: string, clock: Clock) {
    this.#pool = pool;
    this.#free = pool.options.max;
    this.#newClient = newClient;
    this.place = place;
    this.#slotPrefix = slotPrefix;
    this.#clock = clock;
    pool.on('connect', (client) => void this.#backends.add(backendOf(client)));
    pool.on('remove', (client) => void this.#backends.delete(backendOf(client)));
  }

  /** `id`: of this process. */
  static async open(options: PoolOptions, id: string): Promise<ConnectionPool> {
    const { default: pg } = await import('pg');
    const { url, applicationName, clients = maxClients, clock = systemClock } = options;
    const config = {
      connectionString: url.reveal(),
      application_name: applicationName,
      fallback_application_name: applicationName,
      connectionTimeoutMillis: connectMs,
      query_timeout: statementMs + connectMs,
      // A statement is sent without waiting for the answer to the one before; without this the driver waits.
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5_000,
      types: { getTypeParser: (oid: number) => parsers.get(oid) ?? asText },
    };
    const pool = new pg.Pool({ ...config, max: clients, idleTimeoutMillis: 60_000 });
    // An idle connection that breaks leaves the pool; without a listener the process would end.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return new ConnectionPool(pool, () => new pg.Client(config), placeOf(url), id, clock);
  }

  /** Aborted once the pool closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Whether a notification came over one of these connections, by the number that it names. */
  isOwn(backend: number): boolean {
    return this.#backends.has(backend);
  }

  /**
   * Waits its turn while others use all connections. Waits for a database that is away at most until this moment, then
   * throws a StorageError.
   */
  async connect(untilMonotonicMs: number): Promise<Connection> {
    await this.#turn(untilMonotonicMs);
    try {
      return await this.#connected(untilMonotonicMs);
    } catch (error) {
      this.#next();
      throw error;
    }
  }

  async #connected(untilMonotonicMs: number): Promise<Connection> {
    for (let waitMs = retryMs; ; waitMs = Math.min(maxRetryMs, waitMs * 2)) {
      try {
        const client = await this.#pool.connect();
        const slot = this.#slots.get(client) ?? (await this.#prepare(client));
        const release = (isBroken = false) => {
          client.release(isBroken);
          this.#next();
        };
        return { client, slot, release };
      } catch (error) {
        if (failureOf(error) !== 'away') throw toConnectError(error, this.place);
        if (this.closing.aborted) throw unreachable(this.place, 'it is being closed', error);
        const refusal = toStorageError(error, this.place);
        this.#refuseOverdue(refusal);
        if (this.#clock.monotonicMs() + waitMs > untilMonotonicMs) throw refusal;
        await this.pause(waitMs);
      }
    }
  }

  #turn(untilMonotonicMs: number): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((go, refuse) => this.#waiting.push({ untilMonotonicMs, go, refuse }));
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.go();
  }

  /** Those who wait behind who waits for a database that is away wait no longer than they would by themselves. */
  #refuseOverdue(refusal: unknown): void {
    const nowMonotonicMs = this.#clock.monotonicMs();
    for (const one of this.#waiting.splice(0)) {
      if (one.untilMonotonicMs < nowMonotonicMs) one.refuse(refusal);
      else this.#waiting.push(one);
    }
  }

  /** A connection beside the pool, for what keeps it for good: listening. */
  async connectAlone(): Promise<Client> {
    const client = this.#newClient();
    client.on('error', () => undefined);
    await client.connect();
    await prepareSession(client);
    return client;
  }

  /** Resolves after `ms`, or when the pool closes. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.closing }).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#pool.end();
  }

  async #prepare(client: PoolClient): Promise<string> {
    try {
      await prepareSession(client);
    } catch (error) {
      client.release(true);
      throw error;
    }
    this.#made += 1;
    const slot = `${this.#slotPrefix}-${this.#made}`;
    this.#slots.set(client, slot);
    return slot;
  }
}

/** The driver reads it at the login; its types leave it out. */
function backendOf(client: object): number {
  return 'processID' in client ? Number(client.processID) : 0;
}

const asText = (text: string) => text;
const truth = (text: string) => (text === 't' ? 1 : 0);

/** By type: bool, int8, int2, int4, float4, float8, numeric. Values are what SQLite would give; counts stay below 2^53. */
const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [16, truth],
  [20, Number],
  [21, Number],
  [23, Number],
  [700, Number],
  [701, Number],
  [1700, Number],
]);

/**
 * Whatever the server, the role or the address have set: what was confirmed is on the disk, statements and transactions
 * end, and a server notices soon that this machine is gone.
 */
const session = `
  SELECT set_config('search_path', '${schemaName}', false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('client_encoding', 'UTF8', false),
    set_config('timezone', 'UTC', false),
    set_config('statement_timeout', '${statementMs}', false),
    set_config('lock_timeout', '${statementMs / 2}', false),
    set_config('idle_in_transaction_session_timeout', '${idleInTransactionMs}', false),
    set_config('client_connection_check_interval', '5s', false),
    set_config('tcp_user_timeout', '10s', false),
    set_config('tcp_keepalives_idle', '5', false),
    set_config('tcp_keepalives_interval', '2', false),
    set_config('tcp_keepalives_count', '3', false),
    CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END`;

async function prepareSession(client: { query(text: string): Promise<unknown> }): Promise<void> {
  await client.query(session);
}

/** What messages call the database: host, port and name of the address. */
export function placeOf(url: Secret): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url.reveal());
    const host = searchParams.get('host') ?? decodeURIComponent(hostname);
    return `"${host}${port === '' ? '' : `:${port}`}${decodeURIComponent(pathname)}"`;
  } catch {
    return '"of DATABASE_URL"';
  }
}
