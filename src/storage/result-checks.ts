import type { JobId } from '../domain/ids.ts';
import type { Database } from './connection.ts';
import { pathsIn } from './job-rows.ts';
import { outcomeKind } from './outcome-kind.ts';

/** The jobs among these whose result nobody will be shown any more. */
export function unneededResults(database: Database, ids: readonly JobId[]): readonly JobId[] {
  return ids.filter((id) => !needsResult(database, id));
}

/** Whether the job's result may still be shown, or shall be. */
export function needsResult(database: Database, id: JobId): boolean {
  const row = database.get(
    `SELECT state IN ('waiting', 'running') OR ${outcomeKind} IS 'result' AS needed FROM jobs WHERE id = ?`,
    id,
  );
  return row?.['needed'] === 1;
}

/** Where the results are of which nobody was told yet. */
export function untoldResults(database: Database): readonly string[] {
  return database
    .all(`SELECT outcome FROM jobs WHERE state = 'ended' AND ${outcomeKind} = 'result'`)
    .flatMap((row) => pathsIn(String(row['outcome'])));
}
