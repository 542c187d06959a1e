import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Notification } from 'pg';
import type { Database, Steps } from '../database.ts';
import { StorageError } from '../storage-error.ts';
import type { ConnectionPool } from './pool.ts';
import { toStorageError } from './postgres-error.ts';

/** The one channel; a message is a topic, a space and a text. Triggers of the schema write to it too. */
const channel = 'darkroom';
const usualTimes = { selfTestMs: 5_000, checkEveryMs: 5_000 };
const minRetryMs = 50;
const maxRetryMs = 1_000;

/** Hears the text, and whether this process said it; undefined after the connection was away, when anything may have been said. */
export type Listener = (text: string | undefined, isOwn: boolean) => void;

/** Tells every process, this one too, once the transaction is committed. */
export function* tell(database: Database, topic: string, text = ''): Steps<void> {
  yield* database.run(`SELECT pg_notify('${channel}', ?)`, `${topic} ${text}`);
}

/**
 * Hears what other processes say, over one connection of its own. Where that is lost it is made again, and then everybody who
 * listens is told that they may have missed something.
 */
export class Listening implements AsyncDisposable {
  readonly #pool: ConnectionPool;
  readonly #times: typeof usualTimes;
  readonly #listeners = new Map<string, Set<Listener>>();
  #client: Client | undefined;
  #running: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  private constructor(pool: ConnectionPool, times: Partial<typeof usualTimes>) {
    this.#pool = pool;
    this.#times = { ...usualTimes, ...times };
  }

  /**
   * Listens, and makes sure that it hears what is said over another connection. Throws a StorageError where it does not: a
   * pooler in between accepts LISTEN and forgets it.
   */
  static async open(pool: ConnectionPool, times: Partial<typeof usualTimes> = {}): Promise<Listening> {
    const listening = new Listening(pool, times);
    try {
      const client = await listening.#connect();
      await listening.#test(client);
      listening.#running = listening.#stayConnected(client);
      return listening;
    } catch (error) {
      await listening[Symbol.asyncDispose]();
      throw toStorageError(error, pool.place);
    }
  }

  on(topic: string, listener: Listener): Disposable {
    const known = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, known);
    known.add(listener);
    return { [Symbol.dispose]: () => void known.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#client?.end().catch(() => undefined);
    await this.#running;
  }

  async #connect(): Promise<Client> {
    const client = await this.#pool.connectAlone();
    this.#client = client;
    client.on('notification', (heard) => this.#hear(heard));
    await client.query(`LISTEN ${channel}`);
    return client;
  }

  #hear({ payload = '', processId }: Notification): void {
    const space = payload.indexOf(' ');
    const [topic, text] = space < 0 ? [payload, ''] : [payload.slice(0, space), payload.slice(space + 1)];
    for (const listener of this.#listeners.get(topic) ?? []) listener(text, this.#pool.isOwn(processId));
  }

  async #test(client: Client): Promise<void> {
    const { selfTestMs } = this.#times;
    const word = `${process.pid}-${performance.now()}`;
    const heard = Promise.withResolvers<void>();
    using _ = this.on('self-test', (text) => {
      if (text === word) heard.resolve();
    });
    const timer = setTimeout(() => {
      const fix = 'a pooler such as PgBouncer stands in between: name the server itself in DATABASE_URL';
      const message = `Cannot use database ${this.#pool.place}: what is told to its listeners does not arrive; ${fix}`;
      heard.reject(new StorageError('pooler', message));
    }, selfTestMs);
    try {
      const { client: other, release } = await this.#pool.connect(performance.now() + selfTestMs);
      await other.query(`SELECT pg_notify('${channel}', 'self-test ${word}')`).finally(() => release());
      // A pooler in the way may hand out the connection that listens only with its next statement.
      await client.query('SELECT 1');
      await heard.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async #stayConnected(first: Client): Promise<void> {
    let client = first;
    while (!this.#closing.signal.aborted) {
      await this.#untilLost(client);
      await client.end().catch(() => undefined);
      for (let waitMs = minRetryMs; !this.#closing.signal.aborted; waitMs = Math.min(maxRetryMs, waitMs * 2)) {
        try {
          client = await this.#connect();
          for (const listeners of this.#listeners.values())
            for (const listener of listeners) listener(undefined, false);
          break;
        } catch {
          await this.#client?.end().catch(() => undefined);
          await this.#pool.pause(waitMs);
        }
      }
    }
  }

  /** Asks now and then: a connection of which nothing is heard looks like one on which nothing is said. */
  async #untilLost(client: Client): Promise<void> {
    const lost = new AbortController();
    const onLost = () => lost.abort();
    client.once('end', onLost);
    client.once('error', onLost);
    this.#closing.signal.addEventListener('abort', onLost, { once: true });
    try {
      while (!lost.signal.aborted) {
        await sleep(this.#times.checkEveryMs, undefined, { signal: lost.signal });
        await client.query('SELECT 1');
      }
    } catch {
      // Lost, or closed.
    } finally {
      this.#closing.signal.removeEventListener('abort', onLost);
    }
  }
}
