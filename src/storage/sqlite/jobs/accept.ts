import { type JobId, jobId, type ProviderName } from '../../../domain/ids.ts';
import type { JobRequest } from '../../../domain/job.ts';
import type { JobKind } from '../../../domain/kinds.ts';
import { type Database, numberOf, rememberedMs } from '../connection.ts';
import type { Accepted, AcceptLimits } from '../../../domain/job-engine.ts';
import { placeAhead, takeRound, refreshTurn } from './fair-queue.ts';
import { toShownJob, toStoredJob } from './job-rows.ts';

/** Counts the person's credits of a kind on the day of `nowMs` that were not refunded. */
export function creditsTaken(database: Database, userId: number, kind: JobKind, nowMs: number): number {
  const row = database.get(
    'SELECT count(*) AS taken FROM credits WHERE user_id = ? AND kind = ? AND day = ? AND given_back = 0',
    userId,
    kind,
    database.dayOf(nowMs),
  );
  return numberOf(row, 'taken');
}

export function takeCredit(database: Database, id: JobId, userId: number, kind: JobKind, nowMs: number): void {
  database.run(
    'INSERT INTO credits (job_id, user_id, kind, day) VALUES (?, ?, ?, ?)',
    id,
    userId,
    kind,
    database.dayOf(nowMs),
  );
}

/** Refunds the job's credit for the day on which it was taken; idempotent. */
export function giveCreditBack(database: Database, id: JobId): void {
  database.run('UPDATE credits SET given_back = 1 WHERE job_id = ? AND given_back = 0', id);
}

/** Accepts or refuses a job, inside the caller's transaction. */
export function acceptJob(
  database: Database,
  request: JobRequest & { readonly line: ProviderName },
  limits: AcceptLimits,
  nowMs: number,
): Accepted {
  const id = jobId(`tg-${request.updateId}`);
  const known = knownJob(database, id, nowMs);
  if (known !== undefined) return { kind: 'known', job: known.job, ahead: placeAhead(database, known) };

  const { userId } = request.origin;
  if (openJobs(database, userId) >= limits.waiting) return { kind: 'refused', code: 'queue-full' };
  const isLimited = limits.perDay >= 0;
  if (isLimited && creditsTaken(database, userId, request.kind, nowMs) >= limits.perDay) {
    return { kind: 'refused', code: 'quota-reached' };
  }
  takeCredit(database, id, userId, request.kind, nowMs);
  const stored = insertJob(database, id, request, nowMs);
  refreshTurn(database, request.line, request.lane, userId);
  return { kind: 'accepted', job: stored.job, ahead: placeAhead(database, stored) };
}

/** Finds the job of a repeated update. A job delivered before the update memory began loses its id to the new one. */
function knownJob(database: Database, id: JobId, nowMs: number) {
  const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
  if (row === undefined) return undefined;
  const stored = toShownJob(row);
  if (stored.toldAtMs === null || stored.toldAtMs > nowMs - rememberedMs) return stored;
  database.run('DELETE FROM effects WHERE job_id = ?', id);
  database.run('DELETE FROM calls WHERE job_id = ?', id);
  database.run('DELETE FROM rewrites WHERE job_id = ?', id);
  database.run('DELETE FROM credits WHERE job_id = ?', id);
  database.run('DELETE FROM jobs WHERE id = ?', id);
  return undefined;
}

function openJobs(database: Database, userId: number): number {
  const row = database.get(
    `SELECT count(*) AS open FROM jobs WHERE user_id = ? AND state IN ('waiting', 'running') AND state <> 'told'`,
    userId,
  );
  return numberOf(row, 'open');
}

function insertJob(
  database: Database,
  id: JobId,
  request: JobRequest & { readonly line: ProviderName },
  nowMs: number,
) {
  const { origin } = request;
  const round = takeRound(database, request.lane, origin.userId, request.kind);
  const values = {
    id,
    update_id: request.updateId,
    kind: request.kind,
    prompt: request.prompt,
    options: request.options === undefined ? null : JSON.stringify(request.options),
    lane: request.lane,
    locale: request.locale,
    chat_id: origin.chatId,
    chat_type: origin.chatType,
    user_id: origin.userId,
    message_id: origin.messageId,
    thread_id: origin.threadId ?? null,
    direct_topic_id: origin.directTopicId ?? null,
    line: request.line,
    state: 'waiting',
    round,
    ready_at_ms: nowMs,
    accepted_at_ms: nowMs,
  };
  const columns = Object.keys(values);
  const row = database.get(
    `INSERT INTO jobs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) RETURNING *`,
    ...Object.values(values),
  );
  if (row === undefined) throw new Error(`Cannot accept job "${id}": the database kept no row`);
  return toStoredJob(row);
}
