import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Processes } from '../domain/shared/processes.ts';

const temporaryName = /^incoming-(?:([0-9a-zA-Z-]+)\.)?[0-9a-f-]{36}\.part$/;
/** No download takes so long. */
const abandonedMs = 3_600_000;

/** The name of a file on its way in; `owner` is the process that writes it, where others share the folder. */
export function unfinishedName(owner: string | undefined): string {
  return `incoming-${owner === undefined ? '' : `${owner}.`}${randomUUID()}.part`;
}

/**
 * Removes unfinished downloads of processes that are gone. Who is alone calls it before the first download, and everything
 * goes. Where others share the folder, what a living process is at stays, and without a name of its process what was
 * written to within the last hour.
 */
export async function removeUnfinished(
  directory: string,
  processes: Pick<Processes, 'isAlone' | 'living' | 'seesWhoIsDead'>,
  nowMs: number,
): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const unfinished = names.flatMap((name) => {
    const [match, owner] = temporaryName.exec(name) ?? [];
    return match === undefined ? [] : [{ path: join(directory, name), owner }];
  });
  if (unfinished.length === 0 || !processes.seesWhoIsDead()) return;
  // Read after the names: who began a file meanwhile is not among those that are gone.
  const living = processes.isAlone ? [] : await processes.living();
  for (const { path, owner } of unfinished) {
    const isLeft =
      processes.isAlone ||
      (owner === undefined ? await isOld(path, nowMs - abandonedMs) : living.every(({ id }) => id !== owner));
    if (isLeft) await rm(path, { force: true });
  }
}

async function isOld(path: string, beforeMs: number): Promise<boolean> {
  const { mtimeMs = Infinity } = (await stat(path).catch(() => undefined)) ?? {};
  return mtimeMs < beforeMs;
}
