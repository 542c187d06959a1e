import type { ProviderName } from '../../../domain/ids.ts';
import { turnOf } from '../../../domain/job.ts';
import { readOrSetAside, type SetAside } from './settle.ts';
import type { Database, Row, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';
import type { Claim, JobLease, Park, RunningCaps } from '../../../domain/job-engine.ts';
import { refreshTurn, type NextTurns, nextTurns, countStart, advanceVirtualTime, wakeParked } from './fair-queue.ts';
import { toShownJob } from './job-rows.ts';
import { type JobKind, jobKinds, nextLane } from '../../../domain/kinds.ts';
import { checkpointJob, takeOverCall } from './calls.ts';

/** The columns that every claim sets; `startValues` are its parameters. */
const startColumns = `state = 'running', fence = fence + 1 + ?, owner = ?, tier = 1, claimed_before_ms = claimed_at_ms`;

/** The owner of a claim that was lost with its transaction may still hold its fence: no later claim has the same. */
const startValues = (database: Database, owner: string) => [database.lostTransactions, owner] as const;

/** What a claim would find in the line, as long as nothing changes. */
export type SeenNext = { readonly turns: NextTurns; readonly atChange: number };

function* see(database: Database, line: ProviderName, running: RunningCaps, nowMs: number): Steps<SeenNext> {
  const atChange = database.changes;
  return { turns: yield* nextTurns(database, line, running, nowMs), atChange };
}

/** Looks for what a claim may find in the line; undefined when that is nothing. */
export function* lookForNext(
  database: Database,
  line: ProviderName,
  running: RunningCaps,
  nowMs: number,
): Steps<SeenNext | undefined> {
  const seen = yield* see(database, line, running, nowMs);
  const { premium, free, isParkedDue } = seen.turns;
  return isParkedDue || premium !== undefined || free !== undefined ? seen : undefined;
}

/** What was seen may have changed until its person's turn was locked. */
const stillStands = `AND state = 'waiting' AND parked = 0 AND (
  SELECT count(*) FROM jobs AS others
  WHERE others.state = 'running' AND others.turn_id = jobs.turn_id AND others.lane = jobs.lane
) < ?`;

/**
 * Claims the next job of the line, inside the caller's transaction; `again` when what was seen has changed, which the next look
 * sees.
 */
export function* claimNext(
  database: Database,
  line: ProviderName,
  running: RunningCaps,
  owner: string,
  nowMs: number,
  earlier?: SeenNext,
): Steps<Claim | SetAside | 'again' | undefined> {
  yield* database.lock(`line:${line}`);
  // The transaction may have begun only now, and other work of it may have come first.
  const stillHolds = earlier !== undefined && earlier.atChange === database.changes;
  const seen = stillHolds ? earlier : yield* see(database, line, running, nowMs);
  if (seen.turns.isParkedDue) {
    yield* wakeParked(database, line, nowMs);
    return 'again';
  }
  const { premium, free, streak } = seen.turns;
  // A requeued job has had its turn: it goes first and does not count into the streak again.
  const requeued = [premium, free].find((turn) => turn?.tier === 0);
  const next = nextLane({ premium: premium !== undefined, free: free !== undefined }, streak);
  const turn = requeued ?? (next === 'premium' ? premium : free);
  if (turn === undefined) return undefined;

  yield* database.lock(`turn:${turn.turn}`);
  const [stands, ...cap] =
    seen.atChange === database.changes
      ? ['']
      : ([stillStands, running[turn === premium ? 'premium' : 'free']] as const);
  const row = yield* database.get(
    `UPDATE jobs SET ${startColumns}, claimed_at_ms = coalesce(claimed_at_ms, ?) WHERE seq = ? ${stands} RETURNING *`,
    ...startValues(database, owner),
    nowMs,
    turn.seq,
    ...cap,
  );
  if (row === undefined) return 'again';
  const claim = yield* started(database, row);
  if (requeued === undefined && 'job' in claim) {
    yield* countStart(database, line, claim.job.lane, streak);
  }
  return claim;
}

const overdueOf = `EXISTS (
  SELECT 1 FROM jobs
  WHERE state = 'waiting' AND claimed_at_ms IS NOT NULL AND line = ? AND kind = ? AND claimed_at_ms <= ?
)`;
/** Jobs that were claimed first up to this time are overdue; a deadline may be infinite. */
function overdueAt(nowMs: number, deadlineMs: number): number {
  return Math.max(Math.floor(nowMs - deadlineMs), -Number.MAX_SAFE_INTEGER);
}

const findOverdueSql = `SELECT ${jobKinds.map(() => overdueOf).join(' OR ')} AS has`;

/** True when the deadline of a waiting job has passed, otherwise undefined. */
export function* findOverdue(
  database: Database,
  line: ProviderName,
  nowMs: number,
  deadlineMs: Readonly<Record<JobKind, number>>,
): Steps<true | undefined> {
  const values = jobKinds.flatMap((kind) => [line, kind, overdueAt(nowMs, deadlineMs[kind])]);
  const row = yield* database.get(findOverdueSql, ...values);
  return numberOf(row, 'has') === 1 ? true : undefined;
}

/** Claims a waiting job whose deadline has passed, whatever its turn; `again` when somebody else was faster. */
export function* claimOverdue(
  database: Database,
  line: ProviderName,
  owner: string,
  nowMs: number,
  deadlineMs: Readonly<Record<JobKind, number>>,
): Steps<Claim | SetAside | 'again' | undefined> {
  const sql = `UPDATE jobs SET ${startColumns} WHERE seq = (
     SELECT seq FROM jobs
     WHERE state = 'waiting' AND claimed_at_ms IS NOT NULL AND line = ? AND kind = ? AND claimed_at_ms <= ?
     ORDER BY claimed_at_ms LIMIT 1
   ) AND state = 'waiting' RETURNING *`;
  for (const kind of jobKinds) {
    const row = yield* database.get(
      sql,
      ...startValues(database, owner),
      line,
      kind,
      overdueAt(nowMs, deadlineMs[kind]),
    );
    if (row !== undefined) return yield* started(database, row);
  }
  return 'again';
}

/** Builds the claim of a row that was just marked running, inside the caller's transaction; ends an unreadable job. */
function* started(database: Database, row: Row): Steps<Claim | SetAside> {
  const found = yield* readOrSetAside(database, row);
  if ('setAside' in found) return found;
  const { job, lease, round, answer, operation } = found;
  yield* refreshTurn(database, job.line, job.lane, turnOf(job.origin));
  if (operation !== undefined) yield* takeOverCall(database, lease, operation.trail.call);
  yield* advanceVirtualTime(database, job.lane, round);
  return {
    lease,
    job,
    ...(answer === undefined ? {} : { answer }),
    ...(operation === undefined ? {} : { operation }),
  };
}

/** Returns the earliest time after `nowMs` at which a parked job of the line becomes ready. */
export function* nextReady(database: Database, line: ProviderName, nowMs: number): Steps<number | undefined> {
  const row = yield* database.get(
    `SELECT min(ready_at_ms) AS ready FROM jobs
     WHERE state = 'waiting' AND parked = 1 AND line = ? AND ready_at_ms > ?`,
    line,
    nowMs,
  );
  const ready = row?.['ready'];
  return typeof ready === 'number' ? ready : undefined;
}

/** Parks a running job; it keeps its queue position. */
export function* parkJob(database: Database, lease: JobLease, park: Park): Steps<boolean> {
  const { line, readyAtMs, reason, progress } = park;
  if (!(yield* checkpointJob(database, lease, progress))) return false;
  yield* database.run(
    `UPDATE jobs SET state = 'waiting', parked = 1, line = ?, ready_at_ms = ?, reason = ?, answer = NULL, operation = NULL
     WHERE id = ?`,
    line,
    Math.ceil(readyAtMs),
    reason,
    lease.jobId,
  );
  if (reason === 'keys-cooling' && progress.calls === 0) {
    yield* database.run('UPDATE jobs SET claimed_at_ms = claimed_before_ms WHERE id = ?', lease.jobId);
  }
  return true;
}

/** Requeues a running job before all others, inside the caller's transaction; undoes the start of its deadline. */
export function* requeueFrontJob(database: Database, lease: JobLease): Steps<boolean> {
  const row = yield* database.get(
    `UPDATE jobs SET state = 'waiting', tier = 0, claimed_at_ms = claimed_before_ms
     WHERE id = ? AND fence = ? AND state = 'running' RETURNING *`,
    lease.jobId,
    lease.fence,
  );
  if (row === undefined) return false;
  const { job } = toShownJob(row);
  yield* refreshTurn(database, job.line, job.lane, turnOf(job.origin));
  return true;
}

/** Requeues a running job before all others from `readyAtMs` on, inside the caller's transaction; its deadline continues. */
export function* requeueDelayedJob(database: Database, { jobId, fence }: JobLease, readyAtMs: number): Steps<boolean> {
  const changed = yield* database.run(
    `UPDATE jobs SET state = 'waiting', tier = 0, parked = 1, ready_at_ms = ?, reason = 'backing-off'
     WHERE id = ? AND fence = ? AND state = 'running'`,
    Math.ceil(readyAtMs),
    jobId,
    fence,
  );
  return changed === 1;
}

const underWay = (what: 'answer' | 'operation') =>
  `SELECT seq FROM jobs WHERE state = 'waiting' AND ${what} IS NOT NULL AND parked = 0 ORDER BY seq LIMIT 1`;

/** True when a waiting job has an answer or a running operation, otherwise undefined. */
export function* findUnderWay(database: Database, what: 'answer' | 'operation'): Steps<true | undefined> {
  return (yield* database.get(underWay(what))) === undefined ? undefined : true;
}

/**
 * Claims a waiting job that has an answer or a running operation, inside the caller's transaction; `again` when somebody else was
 * faster.
 */
export function* claimUnderWay(
  database: Database,
  owner: string,
  what: 'answer' | 'operation',
): Steps<Claim | SetAside | 'again'> {
  const row = yield* database.get(
    `UPDATE jobs SET ${startColumns} WHERE seq = (${underWay(what)}) AND state = 'waiting' RETURNING *`,
    ...startValues(database, owner),
  );
  return row === undefined ? 'again' : yield* started(database, row);
}
