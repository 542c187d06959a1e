import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { NodeProcess } from './node-process.ts';

const probe = pathToFileURL(join(import.meta.dirname, 'processes/memory-probe.js')).href;
const megabyte = 1_000_000;
const used = z.object({ processorMs: z.number() });
const answer = z.object({ rssBytes: z.number(), rssAfterGcBytes: z.number() });

/** What a Node process has to be started with, so that `loadMemory` and `loadProcessorMs` can ask it. */
export const probed: readonly string[] = ['--expose-gc', '--import', probe];

export type Memory = { readonly atRestMb: number; readonly afterGcMb: number };

/** The resident memory of the whole process, as it is and after a garbage collection. */
export async function loadMemory(process: NodeProcess): Promise<Memory> {
  const { rssBytes, rssAfterGcBytes } = answer.parse(await process.ask('memory'));
  return { atRestMb: rssBytes / megabyte, afterGcMb: rssAfterGcBytes / megabyte };
}

/** Processor milliseconds of all threads of the process so far, in microsecond steps. */
export async function loadProcessorMs(process: NodeProcess): Promise<number> {
  return used.parse(await process.ask('processor')).processorMs;
}
