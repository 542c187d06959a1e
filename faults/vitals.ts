import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const vitalsSchema = z
  .object({
    /** After a garbage collection. */
    heapMb: z.number(),
    residentMb: z.number(),
    /** Unreferenced timers included. */
    timers: z.int(),
    signals: z.int(),
    /** Handles and requests that keep the process alive. */
    resources: z.int(),
    descriptors: z.int(),
  })
  .readonly();

/** The resources that a process holds. */
export type Vitals = z.output<typeof vitalsSchema>;

/** Node options of a process that answers `vitalsOf`; it also needs an IPC channel. */
export const probed: readonly string[] = [
  '--import',
  pathToFileURL(join(import.meta.dirname, 'processes/probe.ts')).href,
];

const timeoutMs = 60_000;

/** Asks a process that was started with `probed`. */
export async function vitalsOf(child: ChildProcess): Promise<Vitals> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(timeoutMs) });
  child.send('vitals');
  const [vitals] = (await answer) as [unknown];
  return vitalsSchema.parse(vitals);
}
