import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const vitalsSchema = z
  .object({
    /** What somebody still needs, garbage not counted. */
    heapMb: z.number(),
    residentMb: z.number(),
    /** Also those that keep nothing alive. */
    timers: z.int(),
    signals: z.int(),
    /** Handles and requests that keep the process alive. */
    resources: z.int(),
    descriptors: z.int(),
  })
  .readonly();

/** What a process holds right now. */
export type Vitals = z.output<typeof vitalsSchema>;

/** What a Node process has to be started with, beside an IPC channel, so that it can be asked. */
export const probed: readonly string[] = [
  '--import',
  pathToFileURL(join(import.meta.dirname, 'processes/probe.ts')).href,
];

const patienceMs = 20_000;

/** Asks a process that was started with `probed`. */
export async function vitalsOf(child: ChildProcess): Promise<Vitals> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(patienceMs) });
  child.send('vitals');
  const [vitals] = (await answer) as [unknown];
  return vitalsSchema.parse(vitals);
}
