import { join } from 'node:path';
import { z } from 'zod';
import { memoryOf, type Memory, probed } from './memory-probe.ts';
import { startNode } from './node-process.ts';
import { scratch } from './scratch.ts';

/** As short as a test has time for, and still longer than what a busy machine adds to it. */
const callMs = 20;
const megabyte = 1_000_000;
const answer = z.object({ heapBytes: z.number() });

/** Memory of a process that holds a pool of so many keys, each of which has made some calls to `url`. */
export async function memoryWithKeys(keys: number, url: string): Promise<Memory & { readonly heapMb: number }> {
  using folder = scratch();
  await using child = startNode({
    args: [
      ...probed,
      join(import.meta.dirname, 'processes/thousand-keys.ts'),
      folder.dir,
      `${url}?ms=${callMs}`,
      String(keys),
    ],
    cwd: folder.dir,
    // As the house does it from its second start on.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '..', 'node_modules', '.cache', 'darkroom') },
  });
  const { heapBytes } = answer.parse(await child.ask('heap'));
  return { ...(await memoryOf(child)), heapMb: heapBytes / megabyte };
}
