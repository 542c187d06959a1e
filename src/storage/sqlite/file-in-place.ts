import { type BigIntStats, statSync } from 'node:fs';

/**
 * Returns a check whether the files of the open database are still where they were. A file that was moved, deleted or
 * replaced is still written to by this process, and whatever goes there is lost with it.
 */
export function inPlaceCheck(path: string): () => boolean {
  const opened = look(path);
  let walOpened: BigIntStats | undefined;
  return () => {
    if (!isSame(opened, look(path))) return false;
    const wal = look(`${path}-wal`);
    walOpened ??= wal;
    return isSame(walOpened, wal);
  };
}

/** Some file systems give a file another number while it is open: its birth has to differ too. */
function isSame(before: BigIntStats | undefined, now: BigIntStats | undefined): boolean {
  if (before === undefined) return true;
  if (now === undefined) return false;
  return (before.ino === now.ino && before.dev === now.dev) || before.birthtimeNs === now.birthtimeNs;
}

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // The folder cannot be searched: the write itself says why.
    return undefined;
  }
}
