import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Clock, every } from '../../kit/clock.ts';

const checkEveryMs = 2_000;
/** The largest share of the time between two checks that a quiet app is busy. */
const maxQuietShare = 0.05;
/** Less is not worth a pause: it is soon needed again. */
const minFreedBytes = 8_000_000;
/** A minute is the pause of a process that does little; one that has worked this much has earned another collection. */
const minIntervalMs = 60_000;
const minWorkedMs = 10_000;

/** The part of the process that shows and frees its memory. */
export type ProcessMemory = {
  /** Milliseconds for which the event loop was busy since the start. */
  busyMs(): number;
  /** How much memory V8 holds for objects, and for what they hold outside of its heap. */
  heldBytes(): number;
  /** Collects all garbage and returns the memory to the machine; blocks the event loop meanwhile. */
  freeMemory(): void;
};

/**
 * Returns memory to the machine soon after a busy time. Under load V8 lets its heap grow and keeps it afterwards. A
 * collection takes 50 ms, and up to half a second after much work on a busy machine. So it runs in a quiet moment: at most
 * once a minute, or once the process has worked for twenty times as long since the last one.
 */
export function freeMemoryWhenQuiet(clock: Clock, memory: ProcessMemory = processMemory): Disposable {
  let busyMs = memory.busyMs();
  let checkedAtMonotonicMs = clock.monotonicMs();
  let freed = { atMonotonicMs: -Infinity, busyMs: -Infinity, heldBytes: 0 };
  return every(clock, checkEveryMs, () => {
    const monotonicMs = clock.monotonicMs();
    const busyNowMs = memory.busyMs();
    const isQuiet = busyNowMs - busyMs <= (monotonicMs - checkedAtMonotonicMs) * maxQuietShare;
    busyMs = busyNowMs;
    checkedAtMonotonicMs = monotonicMs;
    const isDue = monotonicMs - freed.atMonotonicMs >= minIntervalMs || busyMs - freed.busyMs >= minWorkedMs;
    if (!isQuiet || !isDue || memory.heldBytes() - freed.heldBytes < minFreedBytes) return;
    memory.freeMemory();
    freed = { atMonotonicMs: monotonicMs, busyMs: memory.busyMs(), heldBytes: memory.heldBytes() };
    busyMs = freed.busyMs;
  });
}

/** This process and its V8. */
export const processMemory: ProcessMemory = {
  busyMs: () => performance.eventLoopUtilization().active,
  heldBytes: () => {
    const { total_physical_size: heap, external_memory: outside } = getHeapStatistics();
    return heap + outside;
  },
  freeMemory: () => collector()?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
};

/** V8 exposes its collector only to contexts made while this flag is set. */
function collector(): NodeJS.GCFunction | undefined {
  if (globalThis.gc !== undefined) return globalThis.gc;
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('globalThis.gc') as NodeJS.GCFunction | undefined;
  } finally {
    // Flags are part of the key of the compile cache.
    setFlagsFromString('--no-expose-gc');
  }
}
