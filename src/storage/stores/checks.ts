import type { Database, Steps } from '../database.ts';
import { numberOf } from '../rows.ts';
import { outcomeKind, pathsIn } from './jobs/job-rows.ts';
import type { JobId } from '../../domain/ids.ts';

/** The findings of a database check; all numbers but `newestMs` are counts of rows. */
export type LedgerFindings = {
  readonly waiting: number;
  readonly running: number;
  /** Jobs that ended before `sinceMs` and are not delivered. */
  readonly undelivered: number;
  /** Unfinished jobs that were accepted before `sinceMs`. */
  readonly expired: number;
  /** Updates stored before `sinceMs` and not handled. */
  readonly unhandled: number;
  /** Updates that failed in three tries. */
  readonly setAside: number;
  /** Jobs whose credit does not match their outcome. */
  readonly unbalanced: number;
  /** Rounds whose stored count differs from their waiting jobs, which makes queue positions wrong. */
  readonly miscounted: number;
  /** Messages that may have been sent twice, or that may not have been sent. */
  readonly unsure: number;
  /** The time of the newest write, in milliseconds since 1970; 0 when there was none. */
  readonly newestMs: number;
};

/** True for a job whose result was delivered as a text instead: the note of its effect says so. */
const deliveredAsText = `state = 'told' AND EXISTS (
  SELECT 1 FROM effects WHERE job_id = jobs.id AND effect = 'result' AND note LIKE 'words-instead%')`;

/** True for a job whose result was held: its credit was given back, also when the result was delivered later. */
const wasHeld = `EXISTS (SELECT 1 FROM effects WHERE job_id = jobs.id AND effect = 'held')`;

/** Checks the whole database without changing it. Throws a StorageError when it cannot be read. */
export function* checkLedger(database: Database, since: number): Steps<LedgerFindings> {
  const sinceMs = Math.floor(since);
  function* countOf(sql: string, ...values: number[]) {
    return numberOf(yield* database.get(sql, ...values), 'n');
  }
  return {
    waiting: yield* countOf(`SELECT count(*) AS n FROM jobs WHERE state = 'waiting'`),
    running: yield* countOf(`SELECT count(*) AS n FROM jobs WHERE state = 'running'`),
    undelivered: yield* countOf(`SELECT count(*) AS n FROM jobs WHERE state = 'ended' AND ended_at_ms < ?`, sinceMs),
    expired: yield* countOf(
      `SELECT count(*) AS n FROM jobs WHERE state IN ('waiting', 'running') AND accepted_at_ms < ?`,
      sinceMs,
    ),
    unhandled: yield* countOf(`SELECT count(*) AS n FROM inbox WHERE state = 'new' AND kept_at_ms < ?`, sinceMs),
    setAside: yield* countOf(`SELECT count(*) AS n FROM inbox WHERE state = 'set-aside'`),
    unbalanced: yield* countOf(
      `SELECT count(*) AS n FROM jobs LEFT JOIN credits ON credits.job_id = jobs.id
       WHERE credits.job_id IS NULL
         OR given_back <> CASE WHEN state IN ('ended', 'told')
           AND (${outcomeKind} IS NOT 'result' OR ${deliveredAsText} OR ${wasHeld}) THEN 1 ELSE 0 END`,
    ),
    miscounted: yield* countOf(
      `SELECT count(*) AS n FROM (
         SELECT line, lane, tier, round, count(*) AS jobs FROM jobs WHERE state = 'waiting' GROUP BY 1, 2, 3, 4
       ) AS counted FULL JOIN waiting_counts USING (line, lane, tier, round)
       WHERE counted.jobs IS NOT waiting_counts.jobs`,
    ),
    unsure: yield* countOf(
      `SELECT count(*) AS n FROM effects JOIN jobs ON jobs.id = effects.job_id
       WHERE state = 'told' AND (note IS NULL OR effect = 'message-again')`,
    ),
    newestMs: yield* countOf(
      `SELECT max(at_ms) AS n FROM (
         SELECT max(kept_at_ms) AS at_ms FROM inbox
         UNION ALL SELECT accepted_at_ms FROM jobs WHERE seq = (SELECT max(seq) FROM jobs)
         UNION ALL SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'last-vital-write'
       ) AS newest`,
    ),
  };
}

/** Returns the jobs of these whose result will not be shown again. */
export function* unneededResults(database: Database, ids: readonly JobId[]): Steps<readonly JobId[]> {
  const unneeded: JobId[] = [];
  for (const id of ids) {
    const isNeeded = yield* needsResult(database, id);
    if (!isNeeded) unneeded.push(id);
  }
  return unneeded;
}

/** True when the job's result may still be shown. */
export function* needsResult(database: Database, id: JobId): Steps<boolean> {
  const row = yield* database.get(
    `SELECT state IN ('waiting', 'running') OR ${outcomeKind} IS 'result' AS needed FROM jobs WHERE id = ?`,
    id,
  );
  return numberOf(row, 'needed') === 1;
}

/** Returns the file paths of results that are not delivered yet. */
export function* undeliveredResults(database: Database): Steps<readonly string[]> {
  const rows = yield* database.all(`SELECT outcome FROM jobs WHERE state = 'ended' AND ${outcomeKind} = 'result'`);
  return rows.flatMap((row) => pathsIn(String(row['outcome'])));
}
