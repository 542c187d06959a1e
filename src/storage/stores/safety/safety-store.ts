import { type JobId, jobId } from '../../../domain/ids.ts';
import { type Block, restUntilMs, type SafetyStore, type StrikeRules } from '../../../domain/safety/safety.ts';
import type { Database, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';
import { lockTurns } from '../jobs/fair-queue.ts';
import { barredFrom } from '../jobs/settle.ts';

/** Counts a refusal once; prunes those that no longer matter. */
function* strike(
  database: Database,
  userId: number,
  jobId: JobId,
  nowMs: number,
  rules: StrikeRules,
): Steps<number | undefined> {
  // Of two at once the second counts the first.
  yield* lockTurns(database, [userId]);
  yield* database.run('DELETE FROM strikes WHERE at_ms <= ?', nowMs - rules.windowMs);
  yield* database.run(`DELETE FROM blocks WHERE kind = 'rest' AND until_ms <= ?`, nowMs);
  yield* database.run(
    'INSERT INTO strikes (user_id, job_id, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    userId,
    jobId,
    nowMs,
  );
  const rows = yield* database.all('SELECT at_ms FROM strikes WHERE user_id = ?', userId);
  const untilMs = restUntilMs(
    rows.map((row) => numberOf(row, 'at_ms')),
    rules,
  );
  if (untilMs === undefined) return undefined;
  yield* database.run(
    `INSERT INTO blocks (id, kind, since_ms, until_ms) VALUES (?, 'rest', ?, ?)
     ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms`,
    userId,
    nowMs,
    Math.ceil(untilMs),
  );
  return untilMs;
}

/** The safety store in the database. */
export function createSafety(database: Database): SafetyStore {
  function* reportsOf(id: JobId) {
    return numberOf(yield* database.get('SELECT count(*) AS reports FROM reports WHERE job_id = ?', id), 'reports');
  }
  return {
    barredFrom: (userId, chatId, nowMs) => database.read(() => barredFrom(database, userId, chatId, Math.floor(nowMs))),
    block: async ({ id, reason, sinceMs }) =>
      database.commit(function* () {
        // A group that moves takes its block along.
        yield* lockTurns(database, [id]);
        const isNew = yield* database.run(
          `INSERT INTO blocks (id, kind, reason, since_ms) VALUES (?, 'block', ?, ?) ON CONFLICT DO NOTHING`,
          id,
          reason ?? null,
          Math.floor(sinceMs),
        );
        if (isNew === 1) return true;
        yield* database.run(`UPDATE blocks SET reason = ? WHERE id = ? AND kind = 'block'`, reason ?? null, id);
        return false;
      }),
    unblock: async (id) =>
      database.commit(function* () {
        yield* lockTurns(database, [id]);
        // What led to a rest is forgiven with it.
        yield* database.run('DELETE FROM strikes WHERE user_id = ?', id);
        return (yield* database.run('DELETE FROM blocks WHERE id = ?', id)) > 0;
      }),
    blocks: () =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT id, reason, since_ms FROM blocks WHERE kind = 'block' ORDER BY since_ms`,
        );
        return rows.map(toBlock);
      }),
    restrictions: (id, nowMs, windowMs) =>
      database.read(function* () {
        const block = yield* database.get(
          `SELECT id, reason, since_ms FROM blocks WHERE id = ? AND kind = 'block'`,
          id,
        );
        const rest = yield* database.get(
          `SELECT until_ms FROM blocks WHERE id = ? AND kind = 'rest' AND until_ms > ?`,
          id,
          Math.floor(nowMs),
        );
        const counted = yield* database.get(
          'SELECT count(*) AS strikes FROM strikes WHERE user_id = ? AND at_ms > ?',
          id,
          Math.floor(nowMs - windowMs),
        );
        return {
          ...(block === undefined ? {} : { block: toBlock(block) }),
          ...(rest === undefined ? {} : { restUntilMs: numberOf(rest, 'until_ms') }),
          strikes: numberOf(counted, 'strikes'),
        };
      }),
    openJobsOf: (id) =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT id, user_id FROM jobs WHERE user_id = ?1 AND state IN ('waiting', 'running') AND state <> 'told'
           UNION SELECT id, user_id FROM jobs WHERE chat_id = ?1 AND state IN ('waiting', 'running') AND state <> 'told'`,
          id,
        );
        return rows.map((row) => ({ id: jobId(String(row['id'])), userId: numberOf(row, 'user_id') }));
      }),
    strike: async (userId, id, nowMs, rules) =>
      database.commit(() => strike(database, userId, id, Math.floor(nowMs), rules)),
    report: async (id, userId, nowMs) =>
      database.commit(function* () {
        yield* database.lock(`reports:${id}`);
        const before = yield* reportsOf(id);
        const sql = 'INSERT INTO reports (job_id, user_id, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
        if ((yield* database.run(sql, id, userId, Math.floor(nowMs))) === 0) return 'again';
        return before === 0 ? 'first' : 'another';
      }),
    reportsOf: (id) => database.read(() => reportsOf(id)),
  };
}

function toBlock(row: Readonly<Record<string, unknown>>): Block {
  const { reason } = row;
  return {
    id: Number(row['id']),
    ...(typeof reason === 'string' ? { reason } : {}),
    sinceMs: Number(row['since_ms']),
  };
}
