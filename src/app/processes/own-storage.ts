import type { Config } from '../../config/config.ts';
import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import { openStorage, type Storage } from '../../storage/open-storage.ts';
import { takeOwnership } from '../../storage/sqlite/owner-lock.ts';
import type { CoreParts } from '../core-parts.ts';
import { databasePath } from '../maintenance.ts';
import { programVersion } from './program-version.ts';

type OwnStorageOptions = {
  readonly config: Config;
  readonly parts: CoreParts;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** The storage of this process: the database that it shares with others, or a file that it locks against them. */
export async function openOwnStorage({ config, parts, clock, emit }: OwnStorageOptions): Promise<Storage> {
  const { databasePath: path = databasePath(config.dataDir) } = parts;
  const url = parts.databasePath === undefined ? config.databaseUrl : undefined;
  await using opening = new AsyncDisposableStack();
  if (path !== ':memory:' && url === undefined) opening.use(takeOwnership(config.dataDir));
  const storage = opening.use(
    await openStorage({
      path,
      server: url && { url, version: programVersion() },
      running: config.running,
      dayOf: config.quotaDay.dayOf,
      clock,
      emit,
      lines: config.definitions.map(({ name }) => name),
      onUnreadableKey: (error) => {
        emit({ event: 'app.error', what: 'read the record of a key; it starts without history', error });
      },
    }),
  );
  const open = opening.move();
  return { ...storage, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
