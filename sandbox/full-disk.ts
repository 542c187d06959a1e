import { DatabaseSync, StatementSync } from 'node:sqlite';

/** A disk that can be declared full. */
export type FillableDisk = { setFull(full: boolean): void };

/** As node:sqlite reports that SQLite could not write for lack of room. */
function noRoom(): Error {
  return Object.assign(new Error('database or disk is full'), {
    code: 'ERR_SQLITE_ERROR',
    errcode: 13,
    errstr: 'database or disk is full',
  });
}

/**
 * Makes every database of this process refuse to write while the disk counts as full: transactions do not begin, single
 * changes fail. Reading goes on. Any disk could be filled for real only on a system that lets us mount one.
 */
export function fillableDisk(): FillableDisk {
  let isFull = false;
  refuse(DatabaseSync.prototype, 'exec', ([sql]) => isFull && String(sql).startsWith('BEGIN IMMEDIATE'));
  refuse(StatementSync.prototype, 'run', () => isFull);
  return {
    setFull: (full) => {
      isFull = full;
    },
  };
}

function refuse(prototype: object, method: string, refuses: (given: readonly unknown[]) => boolean): void {
  const original = Reflect.get(prototype, method) as (...given: unknown[]) => unknown;
  Reflect.set(prototype, method, function (this: unknown, ...given: unknown[]) {
    if (refuses(given)) throw noRoom();
    return Reflect.apply(original, this, given);
  });
}
