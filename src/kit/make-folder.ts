import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Creates the folder and its missing parents, accessible only by this user. It creates them one by one, because
 * `mkdirSync` with `recursive` never returns where the system reports ENOENT below an existing folder, as under /proc.
 */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  const parent = path.dirname(path.resolve(dir));
  if (parent !== path.resolve(dir)) makeFolder(parent);
  mkdirSync(dir, { mode: 0o700 });
}
