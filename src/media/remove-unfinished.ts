import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const temporaryName = /^incoming-[0-9a-f-]{36}\.part$/;

/**
 * Removes unfinished downloads of a killed process. The only owner of a folder calls it before its first download; where
 * others share the folder, only what nobody has written to since `beforeMs` is removed.
 */
export async function removeUnfinished(directory: string, beforeMs = Infinity): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const path of names.filter((name) => temporaryName.test(name)).map((name) => join(directory, name))) {
    const { mtimeMs = Infinity } = (await stat(path).catch(() => undefined)) ?? {};
    if (mtimeMs < beforeMs) await rm(path, { force: true });
  }
}
