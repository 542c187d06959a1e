import type { Barred } from '../../../domain/safety/safety.ts';
import { type JobId, jobId } from '../../../domain/ids.ts';
import type { Cancelled, Claim, JobLease } from '../../../domain/job-engine.ts';
import { type HeldReason, type Outcome, turnOf } from '../../../domain/job.ts';
import { type JobKind, jobKinds, perKind } from '../../../domain/kinds.ts';
import type { SentFile } from '../../../domain/personal/past-requests.ts';
import type { Database, Row, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';
import { StorageError } from '../../storage-error.ts';
import { giveBackToPacks } from '../payments/packs.ts';
import { lockTurns, refreshTurn } from './fair-queue.ts';
import { type StoredJob, toShownJob, toStoredJob } from './job-rows.ts';
import type { Owner } from './owner.ts';

/** Counts the person's credits of a kind of the day of `nowMs` that were not refunded; what packs paid for is not of the day. */
export function* creditsTaken(database: Database, userId: number, kind: JobKind, nowMs: number): Steps<number> {
  const row = yield* database.get(
    `SELECT count(*) AS taken FROM credits
     WHERE user_id = ? AND kind = ? AND day = ? AND given_back = 0 AND pack_results = 0`,
    userId,
    kind,
    database.dayOf(nowMs),
  );
  return numberOf(row, 'taken');
}

/** Named, since the index has the kind before the day. */
const allKinds = jobKinds.map((kind) => `'${kind}'`).join(', ');

/** The same of every kind. */
export function* creditsOfEach(
  database: Database,
  userId: number,
  nowMs: number,
): Steps<Readonly<Record<JobKind, number>>> {
  const rows = yield* database.all(
    `SELECT kind, count(*) AS taken FROM credits
     WHERE user_id = ? AND kind IN (${allKinds}) AND day = ? AND given_back = 0 AND pack_results = 0 GROUP BY kind`,
    userId,
    database.dayOf(nowMs),
  );
  return perKind((kind) =>
    numberOf(
      rows.find((row) => row['kind'] === kind),
      'taken',
    ),
  );
}

/**
 * Why this person may ask for nothing in this chat: an admin's block of either comes before a rest of the person. Called
 * for every request, inside the transaction that accepts it.
 */
export function* barredFrom(
  database: Database,
  userId: number,
  chatId: number,
  nowMs: number,
): Steps<Barred | undefined> {
  const sql = 'SELECT kind, reason, until_ms FROM blocks WHERE id = ? AND (until_ms IS NULL OR until_ms > ?)';
  // Two plain lookups cost a fifth of one for both in order.
  const rows = [...(yield* database.all(sql, userId, nowMs))];
  if (chatId !== userId) rows.push(...(yield* database.all(sql, chatId, nowMs)));
  const row = rows.find(({ kind }) => kind === 'block') ?? rows[0];
  if (row === undefined) return undefined;
  if (row['kind'] === 'rest') return { kind: 'resting', untilMs: numberOf(row, 'until_ms') };
  const { reason } = row;
  return { kind: 'blocked', ...(typeof reason === 'string' ? { reason } : {}) };
}

/** `packResults`: how many results of packs pay for it; 0 takes it from the day's allowance. */
export function* takeCredit(
  database: Database,
  id: JobId,
  userId: number,
  kind: JobKind,
  nowMs: number,
  packResults: number,
): Steps<void> {
  yield* database.run(
    'INSERT INTO credits (job_id, user_id, kind, day, pack_results) VALUES (?, ?, ?, ?, ?)',
    id,
    userId,
    kind,
    database.dayOf(nowMs),
    packResults,
  );
}

/** Gives the job's credit back, to the day on which it was taken or to the packs that it came from; idempotent. */
export function* giveCreditBack(database: Database, id: JobId): Steps<void> {
  const sql = 'UPDATE credits SET given_back = 1 WHERE job_id = ? AND given_back = 0 RETURNING pack_results';
  if (numberOf(yield* database.get(sql, id), 'pack_results') > 0) yield* giveBackToPacks(database, id);
}

/**
 * Ends a job without its lease, as it was seen in this row, inside the caller's transaction: refunds its credit and
 * increments its fence, which voids an existing lease. Undefined when somebody else has changed it meanwhile.
 */
export function* endFromOutside(
  database: Database,
  seen: Row,
  outcome: Outcome,
  nowMs: number,
  owner: string | null,
): Steps<StoredJob | undefined> {
  const row = yield* database.get(
    `UPDATE jobs SET state = 'ended', outcome = ?, ended_at_ms = ?, answer = NULL, operation = NULL,
       fence = fence + 1, owner = coalesce(?, owner)
     WHERE seq = ? AND fence = ? AND state = ? RETURNING *`,
    JSON.stringify(outcome),
    nowMs,
    owner,
    numberOf(seen, 'seq'),
    numberOf(seen, 'fence'),
    String(seen['state']),
  );
  if (row === undefined) return undefined;
  const stored = toShownJob(row);
  yield* giveCreditBack(database, stored.job.id);
  // The raw values of the row, because this version may not know its line or lane.
  yield* refreshTurn(database, String(row['line']), String(row['lane']), turnOf(stored.job.origin));
  return stored;
}

/** A job that was dead-lettered because its row cannot be read. */
export type SetAside = { readonly setAside: JobId; readonly error: StorageError };

const outcome: Outcome = { kind: 'failed', code: 'set-aside' };

/** Parses a job that this transaction has changed, to work on it, or dead-letters it. */
export function* readOrSetAside(database: Database, row: Row): Steps<StoredJob | SetAside> {
  try {
    return toStoredJob(row);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const sinceMs = numberOf(row, row['claimed_at_ms'] === null ? 'accepted_at_ms' : 'claimed_at_ms');
    const ended = yield* endFromOutside(database, row, outcome, sinceMs, null);
    return { setAside: ended?.job.id ?? jobId(String(row['id'])), error };
  }
}

/** Ends a running job, inside the caller's transaction. */
export function* settleJob(database: Database, lease: JobLease, outcome: Outcome, nowMs: number): Steps<boolean> {
  const changed = yield* database.run(
    `UPDATE jobs SET state = 'ended', outcome = ?, ended_at_ms = ?, answer = NULL, operation = NULL
     WHERE id = ? AND fence = ? AND state = 'running'`,
    JSON.stringify(outcome),
    nowMs,
    lease.jobId,
    lease.fence,
  );
  if (changed === 1 && outcome.kind !== 'result') yield* giveCreditBack(database, lease.jobId);
  return changed === 1;
}

/** Cancels a waiting or running job for its person, inside the caller's transaction. */
export function* cancelJob(
  database: Database,
  { id, userId, wipes }: { readonly id: JobId; readonly userId: number; readonly wipes?: boolean | undefined },
  nowMs: number,
  owner: string,
): Steps<Cancelled> {
  for (;;) {
    const row = yield* database.get('SELECT * FROM jobs WHERE id = ? AND user_id = ?', id, userId);
    if (row === undefined) return { kind: 'not-found' };
    const { job, operation } = toShownJob(row);
    if (job.state.kind === 'ended' || job.state.kind === 'told') return { kind: 'too-late', job };
    yield* lockTurns(database, [turnOf(job.origin)]);
    const ended = yield* endFromOutside(database, row, { kind: 'cancelled' }, nowMs, owner);
    // Somebody has claimed, parked or ended it since it was read.
    if (ended === undefined) continue;
    if (wipes === true) yield* database.run(`UPDATE jobs SET prompt = '', options = NULL WHERE id = ?`, id);
    if (job.state.kind === 'running') return { kind: 'running', job: ended.job };
    return { kind: 'cancelled', job: ended.job, ...(operation === undefined ? {} : { operation }) };
  }
}

/** Claims an ended job for delivery, inside the caller's transaction; refunds a job without a result. */
export function* claimEnded(database: Database, id: JobId, owner: string): Steps<Claim | undefined> {
  const row = yield* database.get(
    `UPDATE jobs SET fence = fence + 1 + ?, owner = ? WHERE id = ? AND state = 'ended'
     RETURNING *, (SELECT count(*) FROM effects WHERE job_id = jobs.id AND effect = 'message') AS messages`,
    database.lostTransactions,
    owner,
    id,
  );
  if (row === undefined) return undefined;
  const { job, lease } = toShownJob(row);
  // An unreadable outcome reads as a failure; it may have been a result, which settling did not refund.
  if (job.state.kind === 'ended' && job.state.outcome.kind !== 'result') yield* giveCreditBack(database, id);
  return { lease, job, ...(numberOf(row, 'messages') > 0 ? { isMessageBegun: true } : {}) };
}

/** Marks a job as delivered, inside the caller's transaction; refunds a result that was delivered as a text instead. */
export function* endDelivery(
  database: Database,
  { jobId, fence }: JobLease,
  nowMs: number,
  shown: 'words-instead' | undefined,
  sent: readonly SentFile[] = [],
): Steps<boolean> {
  const changed = yield* database.run(
    `UPDATE jobs SET state = 'told', told_at_ms = ?, sent_files = ? WHERE id = ? AND fence = ? AND state = 'ended'`,
    nowMs,
    sent.length === 0 ? null : JSON.stringify(sent),
    jobId,
    fence,
  );
  if (changed === 1 && shown === 'words-instead') yield* giveCreditBack(database, jobId);
  return changed === 1;
}

/** Sets when an ended job is delivered again, inside the caller's transaction. */
export function* postponeDelivery(
  database: Database,
  { jobId, fence }: JobLease,
  { tries, dueAtMs }: { readonly tries: number; readonly dueAtMs: number },
): Steps<boolean> {
  const sql = `UPDATE jobs SET delivery_tries = ?, deliver_at_ms = ? WHERE id = ? AND fence = ? AND state = 'ended'`;
  return (yield* database.run(sql, tries, Math.ceil(dueAtMs), jobId, fence)) === 1;
}

/** Ends the tries to deliver a job and refunds its credit, inside the caller's transaction; the outcome stays. */
export function* holdDelivery(
  database: Database,
  { jobId, fence }: JobLease,
  nowMs: number,
  why: HeldReason,
): Steps<boolean> {
  const changed = yield* database.run(
    `UPDATE jobs SET state = 'told', told_at_ms = ?, held = ? WHERE id = ? AND fence = ? AND state = 'ended'`,
    nowMs,
    why,
    jobId,
    fence,
  );
  if (changed === 1) {
    yield* giveCreditBack(database, jobId);
    yield* database.run(`INSERT OR REPLACE INTO effects (job_id, effect, note) VALUES (?, 'held', ?)`, jobId, why);
  }
  return changed === 1;
}

/** Makes a held job undelivered again and forgets what was tried, inside the caller's transaction. */
export function* releaseDelivery(database: Database, id: JobId): Steps<boolean> {
  const changed = yield* database.run(
    `UPDATE jobs SET state = 'ended', told_at_ms = NULL, held = NULL, delivery_tries = 0, deliver_at_ms = NULL,
       fence = fence + 1
     WHERE id = ? AND state = 'told' AND held IS NOT NULL AND forgotten = 0`,
    id,
  );
  // Parts that are known to have arrived are not sent again.
  const sql = `DELETE FROM effects WHERE job_id = ? AND effect <> 'receipt' AND (note IS NULL OR effect = 'result')`;
  if (changed === 1) yield* database.run(sql, id);
  return changed === 1;
}

/** Returns the held jobs of a closed chat, of one person or of all, oldest first. */
export function* heldJobs(database: Database, chatId: number, userId: number | undefined): Steps<readonly JobId[]> {
  const sql = `SELECT id FROM jobs WHERE held = 'closed' AND chat_id = ? AND user_id = coalesce(?, user_id) ORDER BY seq`;
  const rows = yield* database.all(sql, chatId, userId ?? null);
  return rows.map((row) => jobId(String(row['id'])));
}

/** Returns the ended jobs that this owner has to deliver, in the order of their ends. */
export function* undeliveredJobs(database: Database, { id, isGone }: Owner): Steps<readonly JobId[]> {
  const rows = yield* database.all(
    `SELECT id FROM jobs WHERE state = 'ended' AND (owner = ? OR ${isGone}) ORDER BY ended_at_ms, seq`,
    id,
    id,
  );
  return rows.map((row) => jobId(String(row['id'])));
}
