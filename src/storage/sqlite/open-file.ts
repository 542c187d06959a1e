import { type Clock, every } from '../../kit/clock.ts';
import type { OpenEngine } from '../engine.ts';
import type { StorageError } from '../storage-error.ts';
import { followClock, shiftFromFuture } from './clock-change.ts';
import { isWritable, openDatabase } from './database.ts';

const checkPlaceEveryMs = 5_000;

export type FileOptions = {
  readonly path: string;
  readonly clock: Clock;
  readonly dayOf?: (nowMs: number) => number;
  readonly onRefusal: (error: StorageError) => void;
};

/** Opens a database file, which one process has for itself. */
export function openFile(options: FileOptions): OpenEngine {
  const { path, clock } = options;
  const database = openDatabase(options);
  // A bot that nobody writes to notices too that its file is gone.
  const checking = every(clock, checkPlaceEveryMs, () => {
    try {
      database.checkPlace();
    } catch {
      // Reported as a refusal.
    }
  });
  return {
    database,
    place: `"${path}"`,
    ownPlace: 'set DATA_DIR to a folder of its own for each bot',
    takesWrites: () => isWritable(database, clock.now()),
    clockChanges: {
      follow: (steady, emit, byMs) => followClock(database, steady, emit, byMs),
      catchUp: (nowMs) => shiftFromFuture(database, nowMs),
    },
    [Symbol.asyncDispose]: async () => {
      checking[Symbol.dispose]();
      database[Symbol.dispose]();
    },
  };
}
