import { performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../kit/clock.ts';
import { every } from '../kit/every.ts';

const lookEveryMs = 2_000;
/** As much of the time between two looks as a quiet house may work. */
const quietShare = 0.05;
/** Less than this is not worth a pause: it is soon needed again. */
const worthBytes = 8_000_000;
const leastApartMs = 60_000;

/** As much of the process as its memory is looked after by. */
export type ProcessMemory = {
  /** Milliseconds that the process has worked since its start. */
  workedMs(): number;
  /** How much room V8 holds for new objects. */
  youngBytes(): number;
  /** Collects all garbage and gives the room back to the machine. Nobody is answered meanwhile. */
  giveBack(): void;
};

/**
 * Gives memory back as soon as a time of much work is over. V8 holds ever more room for new objects while there is much to
 * do, up to 32 MB, and keeps it until somebody asks. To hold it down by a flag would make all work slower; to ask
 * costs some 50 ms, so it is done in a quiet moment and at most once a minute.
 */
export function giveBackWhenQuiet(clock: Clock, memory: ProcessMemory = processMemory): Disposable {
  let worked = memory.workedMs();
  let lookedUpMs = clock.uptimeMs();
  let gaveUpMs = -Infinity;
  return every(clock, lookEveryMs, () => {
    const upMs = clock.uptimeMs();
    const workedNow = memory.workedMs();
    const isQuiet = workedNow - worked <= (upMs - lookedUpMs) * quietShare;
    worked = workedNow;
    lookedUpMs = upMs;
    if (!isQuiet || upMs - gaveUpMs < leastApartMs || memory.youngBytes() < worthBytes) return;
    gaveUpMs = upMs;
    memory.giveBack();
  });
}

/** This process and its V8. */
export const processMemory: ProcessMemory = {
  workedMs: () => performance.eventLoopUtilization().active,
  youngBytes: () =>
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.physical_space_size ?? 0,
  giveBack: () => collector()?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
};

/** V8 hands out its collector only to a context that is made while it is told to. */
function collector(): NodeJS.GCFunction | undefined {
  if (globalThis.gc !== undefined) return globalThis.gc;
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('globalThis.gc') as NodeJS.GCFunction | undefined;
  } finally {
    // Flags are part of what the compile cache goes by.
    setFlagsFromString('--no-expose-gc');
  }
}
