import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type Scratch = Disposable & { readonly dir: string; readonly file: string };

/** A folder of its own for a database, gone when it is disposed. */
export function scratch(): Scratch {
  const dir = mkdtempSync(path.join(tmpdir(), 'darkroom-storage-'));
  return {
    dir,
    file: path.join(dir, 'data', 'darkroom.db'),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}
