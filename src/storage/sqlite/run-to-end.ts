import type { Steps } from '../database.ts';

/** Runs work to its end: on SQLite no statement has to be waited for. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  const { done, value } = steps.next();
  if (done !== true) throw new Error(`Cannot wait for a statement of SQLite: ${value.sql}`);
  return value;
}
