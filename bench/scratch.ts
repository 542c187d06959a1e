import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Git ignores it; unlike many a temporary folder it is on a disk, so that a durable write is one. */
export const resultsDir = join(import.meta.dirname, 'results');

export type Scratch = Disposable & { readonly dir: string };

/** A folder of its own on the project's disk, gone when it is disposed. */
export function scratch(): Scratch {
  mkdirSync(resultsDir, { recursive: true });
  const dir = mkdtempSync(join(resultsDir, 'scratch-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  // Also when this process is interrupted, and nothing is disposed.
  process.once('exit', remove);
  return {
    dir,
    [Symbol.dispose]: () => {
      process.off('exit', remove);
      remove();
    },
  };
}
