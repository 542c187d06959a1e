import { firstFence, type JobId, jobId, type ProviderName } from '../../../domain/ids.ts';
import { albumIds, type JobRequest, turnOf } from '../../../domain/job.ts';
import { barredFrom, creditsTaken, takeCredit, readOrSetAside, type SetAside } from './settle.ts';
import { type Database, numberOf, rememberedMs, type Row } from '../connection.ts';
import type { Accepted, AcceptLimits, Claim, JobLease, Park, RunningCaps } from '../../../domain/job-engine.ts';
import {
  addTurn,
  placeAhead,
  keepRound,
  refreshTurn,
  nextRound,
  type NextTurns,
  nextTurns,
  countStart,
  advanceVirtualTime,
  wakeParked,
} from './fair-queue.ts';
import { insertJob, type StoredJob, toShownJob } from './job-rows.ts';
import { type JobKind, jobKinds, kindTraits, nextLane } from '../../../domain/kinds.ts';
import { checkpointJob, takeOverCall } from './calls.ts';
import { forgetUses, packResultsOf, takeFromPacks } from '../payments/packs.ts';

/** Accepts or refuses a job, inside the caller's transaction. */
export function acceptJob(
  database: Database,
  request: JobRequest & { readonly line: ProviderName },
  limits: AcceptLimits,
  nowMs: number,
  intent?: 'receipt',
): Accepted {
  const id = jobId(`tg-${request.updateId}`);
  const earlier = database.get('SELECT * FROM jobs WHERE id = ?', id);
  const known = earlier && toShownJob(earlier);
  if (known !== undefined && isRemembered(known, nowMs))
    return { kind: 'known', job: known.job, ahead: placeAhead(database, known) };
  if (known !== undefined) deleteJob(database, id);

  const { userId, chatId } = request.origin;
  const barred = barredFrom(database, userId, chatId, nowMs);
  if (barred !== undefined) return { kind: 'refused', code: 'barred', barred };
  const ids = albumIds(id, request.album?.size);
  const { open, round } = standing(database, request);
  if (open >= limits.waiting) return { kind: 'refused', code: 'queue-full' };
  const { cost } = kindTraits[request.kind];
  const left = limits.perDay < 0 ? Infinity : limits.perDay - creditsTaken(database, userId, request.kind, nowMs);
  // What the day no longer gives is paid from packs: all of an album or nothing of it.
  const fromPacks = Math.max(0, ids.length - Math.max(0, left)) * cost;
  if (fromPacks > 0 && packResultsOf(database, userId) < fromPacks) return { kind: 'refused', code: 'quota-reached' };
  const [stored] = ids.map((one, place) => {
    const packResults = place < left ? 0 : cost;
    if (packResults > 0) takeFromPacks(database, one, userId, packResults);
    const next = { round: round + place * cost, nowMs, fence: known === undefined ? 0 : firstFence };
    return addJob(database, one, { ...variationOf(request, place), packResults }, next);
  });
  if (stored === undefined) throw new Error(`Cannot accept job ${id}: its album has no place`);
  if (intent !== undefined) database.run('INSERT INTO effects (job_id, effect) VALUES (?, ?)', id, intent);
  return { kind: 'accepted', job: stored.job, ahead: placeAhead(database, stored) };
}

function addJob(
  database: Database,
  id: JobId,
  request: Parameters<typeof insertJob>[2],
  next: Parameters<typeof insertJob>[3],
) {
  const { lane, kind, origin } = request;
  takeCredit(database, id, origin.userId, kind, next.nowMs, request.packResults);
  keepRound(database, lane, turnOf(origin), next.round);
  const added = insertJob(database, id, request, next);
  addTurn(database, added);
  return added;
}

/** The same seed would make the same picture again. */
function variationOf<Request extends JobRequest>(request: Request, place: number): Request {
  const { options } = request;
  if (options?.chosenSeed === undefined || place === 0) return request;
  return { ...request, options: { ...options, chosenSeed: options.chosenSeed + place } };
}

/** A job delivered before the update memory began loses its id to the next update of that number. */
function isRemembered({ toldAtMs }: StoredJob, nowMs: number): boolean {
  return toldAtMs === null || toldAtMs > nowMs - rememberedMs;
}

function deleteJob(database: Database, id: JobId): void {
  database.run('DELETE FROM effects WHERE job_id = ?', id);
  database.run('DELETE FROM calls WHERE job_id = ?', id);
  database.run('DELETE FROM rewrites WHERE job_id = ?', id);
  database.run('DELETE FROM credits WHERE job_id = ?', id);
  forgetUses(database, id);
  database.run('DELETE FROM jobs WHERE id = ?', id);
}

/** How many jobs the person has waiting and running, wherever they asked, and the round of the next one. */
function standing(database: Database, { kind, lane, origin }: JobRequest) {
  const row = database.get(
    `SELECT
       (SELECT count(*) FROM jobs WHERE user_id = ? AND state IN ('waiting', 'running') AND state <> 'told') AS open,
       (SELECT now_round FROM lane_rounds WHERE lane = ?) AS nowRound,
       (SELECT last_round FROM person_rounds WHERE lane = ? AND user_id = ?) AS lastRound`,
    origin.userId,
    lane,
    lane,
    turnOf(origin),
  );
  const round = nextRound(numberOf(row, 'nowRound'), numberOf(row, 'lastRound'), kindTraits[kind].cost);
  return { open: numberOf(row, 'open'), round };
}

/** The columns that every claim sets; `startValues` are its parameters. */
const startColumns = `state = 'running', fence = fence + 1 + ?, owner = ?, tier = 1, claimed_before_ms = claimed_at_ms`;

/** The owner of a claim that was lost with its transaction may still hold its fence: no later claim has the same. */
const startValues = (database: Database, owner: string) => [database.lostTransactions, owner] as const;

/** What a claim would find in the line, as long as nothing changes. */
export type SeenNext = { readonly turns: NextTurns; readonly atChange: number };

/** Looks for what a claim may find in the line; undefined when that is nothing. */
export function lookForNext(
  database: Database,
  line: ProviderName,
  running: RunningCaps,
  nowMs: number,
): SeenNext | undefined {
  const turns = nextTurns(database, line, running, nowMs);
  const { premium, free, isParkedDue } = turns;
  return isParkedDue || premium !== undefined || free !== undefined ? { turns, atChange: database.changes } : undefined;
}

/** Claims the next job of the line, inside the caller's transaction. */
export function claimNext(
  database: Database,
  line: ProviderName,
  running: RunningCaps,
  owner: string,
  nowMs: number,
  seen?: SeenNext,
): Claim | SetAside | undefined {
  // The transaction may have begun only now, and other work of it may have come first.
  const stillHolds = seen !== undefined && seen.atChange === database.changes;
  let next = stillHolds ? seen.turns : nextTurns(database, line, running, nowMs);
  if (next.isParkedDue) {
    wakeParked(database, line, nowMs);
    next = nextTurns(database, line, running, nowMs);
  }
  const { premium, free, streak } = next;
  // A requeued job has had its turn: it goes first and does not count into the streak again.
  const requeued = [premium, free].find((turn) => turn?.tier === 0);
  const lane = nextLane({ premium: premium !== undefined, free: free !== undefined }, streak);
  const turn = requeued ?? (lane === 'premium' ? premium : free);
  if (turn === undefined) return undefined;

  const row = database.get(
    `UPDATE jobs SET ${startColumns}, claimed_at_ms = coalesce(claimed_at_ms, ?) WHERE seq = ? RETURNING *`,
    ...startValues(database, owner),
    nowMs,
    turn.seq,
  );
  const claim = started(database, row);
  if (requeued === undefined && claim !== undefined && 'job' in claim) {
    countStart(database, line, claim.job.lane, streak);
  }
  return claim;
}

const overdueOf = `EXISTS (
  SELECT 1 FROM jobs
  WHERE state = 'waiting' AND claimed_at_ms IS NOT NULL AND line = ? AND kind = ? AND claimed_at_ms <= ?
)`;
const hasOverdueSql = `SELECT ${jobKinds.map(() => overdueOf).join(' OR ')} AS has`;

/** Whether the deadline of a waiting job has passed; changes nothing. */
export function hasOverdue(
  database: Database,
  line: ProviderName,
  nowMs: number,
  deadlineMs: Readonly<Record<JobKind, number>>,
): boolean {
  const values = jobKinds.flatMap((kind) => [line, kind, nowMs - deadlineMs[kind]]);
  return numberOf(database.get(hasOverdueSql, ...values), 'has') === 1;
}

/** Claims a waiting job whose deadline has passed, whatever its turn. */
export function claimOverdue(
  database: Database,
  line: ProviderName,
  owner: string,
  nowMs: number,
  deadlineMs: Readonly<Record<JobKind, number>>,
): Claim | SetAside | undefined {
  const sql = `UPDATE jobs SET ${startColumns} WHERE seq = (
     SELECT seq FROM jobs
     WHERE state = 'waiting' AND claimed_at_ms IS NOT NULL AND line = ? AND kind = ? AND claimed_at_ms <= ?
     ORDER BY claimed_at_ms LIMIT 1
   ) RETURNING *`;
  for (const kind of jobKinds) {
    const row = database.get(sql, ...startValues(database, owner), line, kind, nowMs - deadlineMs[kind]);
    if (row !== undefined) return started(database, row);
  }
  return undefined;
}

/** Builds the claim of a row that was just marked running, inside the caller's transaction; ends an unreadable job. */
function started(database: Database, row: Row | undefined): Claim | SetAside | undefined {
  if (row === undefined) return undefined;
  const found = readOrSetAside(database, row);
  if ('setAside' in found) return found;
  const { job, lease, round, answer, operation } = found;
  advanceVirtualTime(database, job.lane, round);
  refreshTurn(database, job.line, job.lane, turnOf(job.origin));
  if (operation !== undefined) takeOverCall(database, lease, operation.trail.call);
  return {
    lease,
    job,
    ...(answer === undefined ? {} : { answer }),
    ...(operation === undefined ? {} : { operation }),
  };
}

/** Returns the earliest time after `nowMs` at which a parked job of the line becomes ready. */
export function nextReady(database: Database, line: ProviderName, nowMs: number): number | undefined {
  const row = database.get(
    `SELECT min(ready_at_ms) AS ready FROM jobs
     WHERE state = 'waiting' AND parked = 1 AND line = ? AND ready_at_ms > ?`,
    line,
    nowMs,
  );
  const ready = row?.['ready'];
  return typeof ready === 'number' ? ready : undefined;
}

/** Parks a running job; it keeps its queue position. */
export function parkJob(database: Database, lease: JobLease, park: Park): boolean {
  const { line, readyAtMs, reason, progress } = park;
  if (!checkpointJob(database, lease, progress)) return false;
  database.run(
    `UPDATE jobs SET state = 'waiting', parked = 1, line = ?, ready_at_ms = ?, reason = ?, answer = NULL, operation = NULL
     WHERE id = ?`,
    line,
    Math.ceil(readyAtMs),
    reason,
    lease.jobId,
  );
  if (reason === 'keys-cooling' && progress.calls === 0) {
    database.run('UPDATE jobs SET claimed_at_ms = claimed_before_ms WHERE id = ?', lease.jobId);
  }
  return true;
}

/** Requeues a running job before all others, inside the caller's transaction; undoes the start of its deadline. */
export function requeueFrontJob(database: Database, lease: JobLease): boolean {
  const row = database.get(
    `UPDATE jobs SET state = 'waiting', tier = 0, claimed_at_ms = claimed_before_ms
     WHERE id = ? AND fence = ? AND state = 'running' RETURNING *`,
    lease.jobId,
    lease.fence,
  );
  if (row === undefined) return false;
  const { job } = toShownJob(row);
  refreshTurn(database, job.line, job.lane, turnOf(job.origin));
  return true;
}

/** Requeues a running job before all others from `readyAtMs` on, inside the caller's transaction; its deadline continues. */
export function requeueDelayedJob(database: Database, { jobId, fence }: JobLease, readyAtMs: number): boolean {
  const changed = database.run(
    `UPDATE jobs SET state = 'waiting', tier = 0, parked = 1, ready_at_ms = ?, reason = 'backing-off'
     WHERE id = ? AND fence = ? AND state = 'running'`,
    Math.ceil(readyAtMs),
    jobId,
    fence,
  );
  return changed === 1;
}

/** Claims a waiting job that has an answer or a running operation, inside the caller's transaction. */
export function claimUnderWay(
  database: Database,
  owner: string,
  what: 'answer' | 'operation',
): Claim | SetAside | undefined {
  const row = database.get(
    `UPDATE jobs SET ${startColumns} WHERE seq = (
       SELECT seq FROM jobs WHERE state = 'waiting' AND ${what} IS NOT NULL AND parked = 0 ORDER BY seq LIMIT 1
     ) RETURNING *`,
    ...startValues(database, owner),
  );
  return started(database, row);
}
