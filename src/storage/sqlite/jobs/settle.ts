import type { JobId } from '../../../domain/ids.ts';
import type { Claim, JobLease, Cancelled, Recovered } from '../../../domain/job-engine.ts';
import type { Outcome } from '../../../domain/job.ts';
import type { Database } from '../connection.ts';
import { giveCreditBack } from './credits.ts';
import { toShownJob, outcomeKind } from './job-rows.ts';
import { refreshTurn } from './turns.ts';
import { endFromOutside, type KnownLines, readOrSetAside, setStraysAside } from './set-aside.ts';

/** Ends a running job, inside the caller's transaction. */
export function settleJob(database: Database, lease: JobLease, outcome: Outcome, nowMs: number): boolean {
  const changed = database.run(
    `UPDATE jobs SET state = 'ended', outcome = ?, ended_at_ms = ?, answer = NULL
     WHERE id = ? AND fence = ? AND state = 'running'`,
    JSON.stringify(outcome),
    nowMs,
    lease.jobId,
    lease.fence,
  );
  if (changed === 1 && outcome.kind !== 'result') giveCreditBack(database, lease.jobId);
  return changed === 1;
}

/** Ends a waiting or running job on its owner's word, inside the caller's transaction. */
export function cancelJob(database: Database, id: JobId, userId: number, nowMs: number): Cancelled {
  const row = database.get('SELECT * FROM jobs WHERE id = ? AND user_id = ?', id, userId);
  if (row === undefined) return { kind: 'not-found' };
  const { job, seq } = toShownJob(row);
  if (job.state.kind === 'ended' || job.state.kind === 'told') return { kind: 'too-late', job };
  const ended = endFromOutside(database, seq, { kind: 'cancelled' }, nowMs);
  return { kind: job.state.kind === 'running' ? 'running' : 'cancelled', job: ended.job };
}

/** A lease to deliver an ended job, inside the caller's transaction; what ended without a result costs nothing. */
export function claimEnded(database: Database, id: JobId, owner: string): Claim | undefined {
  const row = database.get(
    `UPDATE jobs SET fence = fence + 1, owner = ? WHERE id = ? AND state = 'ended' RETURNING *`,
    owner,
    id,
  );
  if (row === undefined) return undefined;
  const { job, lease } = toShownJob(row);
  // The outcome that cannot be read may have been a result.
  if (job.state.kind === 'ended' && job.state.outcome.kind !== 'result') giveCreditBack(database, id);
  return { lease, job };
}

/** The person knows the outcome, inside the caller's transaction; words that stood for a result cost nothing. */
export function endDelivery(
  database: Database,
  { jobId, fence }: JobLease,
  nowMs: number,
  shown: 'words-instead' | undefined,
): boolean {
  const changed = database.run(
    `UPDATE jobs SET state = 'told', told_at_ms = ? WHERE id = ? AND fence = ? AND state = 'ended'`,
    nowMs,
    jobId,
    fence,
  );
  if (changed === 1 && shown === 'words-instead') giveCreditBack(database, jobId);
  return changed === 1;
}

/** What owners that are gone had under way, given the one that lives: made, or shown to its person. */
const diedOn = `SELECT * FROM jobs WHERE state = 'running' AND owner IS NOT ?
  UNION ALL
  SELECT * FROM jobs WHERE state = 'ended' AND owner IS NOT ? AND ${outcomeKind} = 'result'
    AND EXISTS (SELECT 1 FROM effects WHERE job_id = jobs.id AND effect = 'result' AND note IS NULL)`;

/** Puts what other owners were running to the front, or sets it aside, inside the caller's transaction. */
export function recoverJobs(
  database: Database,
  lines: KnownLines,
  maxCrashes: number,
  owner: string,
  nowMs: number,
): Recovered {
  const setAside: JobId[] = [];
  const unreadable: JobId[] = [...setStraysAside(database, lines, nowMs)];
  let handedBack = 0;
  for (const row of database.all(diedOn, owner, owner)) {
    // Of a result nothing but the file and the person has to be known.
    const found = row['state'] === 'running' ? readOrSetAside(database, row) : toShownJob(row);
    if ('setAside' in found) {
      unreadable.push(found.setAside);
      continue;
    }
    const { job, seq, crashes } = found;
    database.run('UPDATE jobs SET crashes = ? WHERE seq = ?', crashes + 1, seq);
    if (crashes + 1 >= maxCrashes) {
      endFromOutside(database, seq, { kind: 'failed', code: 'set-aside' }, nowMs);
      setAside.push(job.id);
    } else if (job.state.kind === 'running') {
      database.run(
        `UPDATE jobs SET state = 'waiting', tier = 0, parked = 0, ready_at_ms = ?, reason = NULL, fence = fence + 1
         WHERE seq = ?`,
        nowMs,
        seq,
      );
      refreshTurn(database, job.line, job.lane, job.origin.userId);
      handedBack += 1;
    }
  }
  return { handedBack, setAside, unreadable };
}
