import { type Database, numberOf } from './connection.ts';
import { outcomeKind, pathsIn } from './jobs/job-rows.ts';
import type { JobId } from '../../domain/ids.ts';

/** What a look at the ledger found; all of these are counts of rows. */
export type LedgerLook = {
  /** What SQLite finds wrong with the file; empty when it is whole. */
  readonly damage: readonly string[];
  readonly waiting: number;
  readonly running: number;
  /** Ended before `sinceMs`, and their person was not told. */
  readonly undelivered: number;
  /** Waiting or running although accepted before `sinceMs`. */
  readonly expired: number;
  /** Updates kept before `sinceMs` and not handled. */
  readonly unhandled: number;
  /** Updates that could not be handled in three tries. */
  readonly setAside: number;
  /** Jobs whose credit does not say what became of them. */
  readonly unbalanced: number;
  /** Where the waiting are not all counted, or counted twice, places in line are told wrong. */
  readonly miscounted: number;
  /** Messages that may have been sent twice, or of which it is not known that they were sent. */
  readonly unsure: number;
  /** The newest moment that anything was written down; 0 when nothing was. */
  readonly newestMs: number;
};

/** Words stood for the result: the note of the showing says so. */
const toldInWords = `state = 'told' AND EXISTS (
  SELECT 1 FROM effects WHERE job_id = jobs.id AND effect = 'result' AND note LIKE 'words-instead%')`;

/** Reads through the whole database; changes nothing. Throws a StorageError when it cannot be read at all. */
export function lookOverLedger(database: Database, sinceMs: number): LedgerLook {
  const count = (sql: string, ...values: number[]) => numberOf(database.get(sql, ...values), 'n');
  const findings = database.all('PRAGMA integrity_check(10)').map((row) => String(row['integrity_check']));
  return {
    damage: findings.filter((finding) => finding !== 'ok'),
    waiting: count(`SELECT count(*) AS n FROM jobs WHERE state = 'waiting'`),
    running: count(`SELECT count(*) AS n FROM jobs WHERE state = 'running'`),
    undelivered: count(`SELECT count(*) AS n FROM jobs WHERE state = 'ended' AND ended_at_ms < ?`, sinceMs),
    expired: count(
      `SELECT count(*) AS n FROM jobs WHERE state IN ('waiting', 'running') AND accepted_at_ms < ?`,
      sinceMs,
    ),
    unhandled: count(`SELECT count(*) AS n FROM inbox WHERE state = 'new' AND kept_at_ms < ?`, sinceMs),
    setAside: count(`SELECT count(*) AS n FROM inbox WHERE state = 'set-aside'`),
    unbalanced: count(
      `SELECT count(*) AS n FROM jobs LEFT JOIN credits ON credits.job_id = jobs.id
       WHERE credits.job_id IS NULL
         OR given_back <> (state IN ('ended', 'told') AND (${outcomeKind} IS NOT 'result' OR ${toldInWords}))`,
    ),
    miscounted: count(
      `SELECT count(*) AS n FROM (
         SELECT line, lane, tier, round, count(*) AS jobs FROM jobs WHERE state = 'waiting' GROUP BY 1, 2, 3, 4
       ) AS counted FULL JOIN waiting_counts USING (line, lane, tier, round)
       WHERE counted.jobs IS NOT waiting_counts.jobs`,
    ),
    unsure: count(
      `SELECT count(*) AS n FROM effects JOIN jobs ON jobs.id = effects.job_id
       WHERE state = 'told' AND (note IS NULL OR effect = 'message-again')`,
    ),
    newestMs: count(
      `SELECT max(
         coalesce((SELECT max(kept_at_ms) FROM inbox), 0),
         coalesce((SELECT accepted_at_ms FROM jobs ORDER BY seq DESC LIMIT 1), 0),
         coalesce((SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'last-vital-write'), 0)
       ) AS n`,
    ),
  };
}

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
