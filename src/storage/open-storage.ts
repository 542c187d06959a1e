import type { Emit } from '../domain/events.ts';
import type { RunningCaps } from '../domain/job-engine.ts';
import type { ProviderName } from '../domain/ids.ts';
import { type Clock, systemClock } from '../kit/clock.ts';
import { OutageTracker } from '../kit/outage-tracker.ts';
import type { Secret } from '../kit/secret.ts';
import type { OpenEngine } from './engine.ts';
import { bindToBot } from './stores/bot-binding.ts';
import { createStores, type Stores } from './stores/create-stores.ts';
import { openFile } from './sqlite/open-file.ts';
import type { ServerOptions } from './postgres/open-server.ts';
import type { StorageError } from './storage-error.ts';

/** All stores, over one database; disposing closes it. */
export type Storage = AsyncDisposable &
  Stores &
  Pick<OpenEngine, 'database' | 'clockChanges' | 'shared'> & {
    /** True when a test write succeeds now. */
    readonly takesWrites: () => boolean;
    /** Binds the database to one bot for good; rejects with a StorageError, and changes nothing, when it is of another one. */
    bindToBot(botId: number): Promise<void>;
  };

/** A database server that any number of processes share. */
export type DatabaseServer = {
  readonly url: Secret;
  /** Of this program, as the other processes see it. */
  readonly version: string;
};

export type StorageOptions = {
  /** The file of the database, where no server is named. */
  readonly path: string;
  readonly server?: DatabaseServer | undefined;
  readonly running: RunningCaps;
  /** As of a connection. */
  readonly dayOf?: (nowMs: number) => number;
  /** Called for each key record that cannot be read. */
  readonly onUnreadableKey: (error: StorageError) => void;
  /** The lines from which jobs are claimed; without it, every line. */
  readonly lines?: readonly ProviderName[];
  readonly clock?: Clock;
  readonly emit?: Emit;
};

/** A bot with a file of its own loads nothing of it. */
async function openServer(options: ServerOptions): Promise<OpenEngine> {
  return (await import('./postgres/open-server.ts')).openServer(options);
}

/** Opens all stores. Emits one event when the database stops accepting writes, and one when it accepts them again. */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { path, server, running, lines, onUnreadableKey, clock = systemClock, emit = () => undefined } = options;
  await using opening = new AsyncDisposableStack();
  let isOpen = false;
  const watch = opening.use(
    new OutageTracker({
      clock,
      isOver: () => engine.takesWrites(),
      onBegin: (error) =>
        emit({
          event: 'storage.unavailable',
          what: 'database',
          error,
          ...(server === undefined ? {} : { onServer: true }),
        }),
      onEnd: (lastedMs) => emit({ event: 'storage.recovered', what: 'database', lastedMs }),
    }),
  );
  const ways = {
    clock,
    ...(options.dayOf === undefined ? {} : { dayOf: options.dayOf }),
    // A refusal while it opens is thrown to the caller and needs no event.
    onRefusal: (error: StorageError) => (isOpen ? watch.recordFailure(error) : undefined),
  };
  const engine = opening.use(
    server === undefined ? openFile({ path, ...ways }) : await openServer({ ...server, ...ways }),
  );
  isOpen = true;
  const { database, clockChanges, owner, news, shared, alerts } = engine;
  const open = opening.move();
  return {
    takesWrites: () => !watch.isOn && engine.takesWrites(),
    bindToBot: (botId) => bindToBot(database, botId, engine),
    ...createStores({
      database,
      clock,
      running,
      // A line that this version does not know may be known to another process.
      lines: database.isShared ? undefined : lines,
      onUnreadableKey,
      ...(owner === undefined ? {} : { owner }),
      ...(news === undefined ? {} : { news }),
    }),
    database,
    clockChanges,
    ...(shared === undefined ? {} : { shared }),
    ...(alerts === undefined ? {} : { alerts }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
