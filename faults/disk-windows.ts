import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** How a disk fails: no room, mounted read-only, or errors while it writes what is committed. */
export type DiskFault = 'full' | 'read-only' | 'io-error';

const diskFaults: readonly DiskFault[] = ['full', 'read-only', 'io-error'];

/** Node options of a process whose disk fails as `DISK_FAULT_FILE` says. */
export const onFailingDisk: readonly string[] = [
  '--import',
  pathToFileURL(join(import.meta.dirname, 'processes/failing-disk.ts')).href,
];

export type DiskWindowsSize = {
  readonly lastMs: readonly [number, number];
  readonly pauseMs: number;
  readonly atMost: number;
};

export type DiskWindowsOptions = {
  readonly size: DiskWindowsSize;
  readonly setFault: (fault: DiskFault | undefined) => void;
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** Writes the fault into the file that the bot's process reads. */
export function faultIn(file: string): (fault: DiskFault | undefined) => void {
  return (fault) => (fault === undefined ? rmSync(file, { force: true }) : writeFileSync(file, fault));
}

/** Lets the disk fail for a while, in each way in turn, at most so many times, until the signal aborts. Returns how many windows there were. */
export async function diskWindows({ size, setFault, random, signal }: DiskWindowsOptions): Promise<number> {
  let windows = 0;
  while (!signal.aborted && windows < size.atMost) {
    await pause(size.pauseMs * (0.5 + random()), signal);
    if (signal.aborted) break;
    setFault(diskFaults[windows % diskFaults.length]);
    windows += 1;
    const [leastMs, mostMs] = size.lastMs;
    await pause(leastMs + (mostMs - leastMs) * random(), signal);
    setFault(undefined);
  }
  return windows;
}

/** Resolves after the time, or when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
