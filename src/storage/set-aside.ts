import { existsSync, renameSync } from 'node:fs';
import { StorageError } from './storage-error.ts';

/** Renames a database with what belongs to it, so that the next start makes a new one; answers the new name. */
export function setAsideDatabase(path: string, nowMs: number): string {
  if (!existsSync(path)) {
    throw new StorageError('missing', `Cannot set aside database "${path}": there is no such file`);
  }
  const aside = freeName(`${path}.aside-${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`);
  // The main file last: while it is in place a call that was cut short can simply be made again.
  for (const suffix of ['-shm', '-wal', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

function freeName(wanted: string): string {
  const isTaken = (name: string) => ['', '-wal', '-shm'].some((suffix) => existsSync(name + suffix));
  let name = wanted;
  for (let count = 2; isTaken(name); count += 1) name = `${wanted}-${count}`;
  return name;
}
