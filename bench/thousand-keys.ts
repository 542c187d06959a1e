import { join } from 'node:path';
import { memoryOf, type Memory, probed } from './memory-probe.ts';
import { startNode } from './node-process.ts';
import { scratch } from './scratch.ts';

/** As short as a test has time for, and still longer than what a busy machine adds to it. */
const callMs = 20;

/** Memory of a process that holds a pool of so many keys, each of which has made some calls to `url`. */
export async function memoryWithKeys(keys: number, url: string): Promise<Memory> {
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
  });
  await child.ask('ready');
  return await memoryOf(child);
}
