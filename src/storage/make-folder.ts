import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes the folder and its missing parents, for the owner alone. One by one: `mkdirSync` with `recursive` never returns
 * where the system answers ENOENT below an existing folder, as under /proc.
 */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  const parent = path.dirname(path.resolve(dir));
  if (parent !== path.resolve(dir)) makeFolder(parent);
  mkdirSync(dir, { mode: 0o700 });
}
