import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { z } from 'zod';
import { loadMemory, probed } from './memory-probe.ts';
import { startNode } from './node-process.ts';
import { scratch } from './scratch.ts';

/** As short as a test has time for, and still longer than what a busy machine adds to it. */
const callMs = 20;
const restMs = 8_000;
const megabyte = 1_000_000;
const answer = z.object({ heapBytes: z.number() });

export type KeysMemory = {
  /** Right after the last call. */
  readonly afterWorkMb: number;
  /** When nobody has asked for anything since then for a while. */
  readonly atRestMb: number;
  /** What JavaScript holds on to. */
  readonly heapMb: number;
};

/**
 * Memory of a process that holds a pool of so many keys, each of which has made some calls to `url`. It gives memory back
 * in quiet times, as the app does.
 */
export async function memoryWithKeys(keys: number, url: string): Promise<KeysMemory> {
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
    // As the app does from its second start on.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '..', 'node_modules', '.cache', 'darkroom') },
  });
  const { heapBytes } = answer.parse(await child.ask('heap'));
  const { atRestMb: afterWorkMb } = await loadMemory(child);
  await Promise.race([rest(restMs), child.died]);
  const { atRestMb } = await loadMemory(child);
  return { afterWorkMb, atRestMb, heapMb: heapBytes / megabyte };
}
