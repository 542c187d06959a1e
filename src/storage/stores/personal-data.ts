import { jobId } from '../../domain/ids.ts';
import type { PersonalData } from '../../domain/users.ts';
import type { Database, Steps } from '../database.ts';
import { numberOf } from '../rows.ts';
import { needsResult } from './checks.ts';
import { forgetSpender } from './jobs/calls.ts';
import { lockTurns } from './jobs/fair-queue.ts';

/** The prefix of today's credits of erased jobs: erasure does not reset the daily limit. */
const forgottenJob = 'forgotten:';

/** Erases people's data from the database. */
export function createPersonalData(database: Database): PersonalData {
  return {
    mark: async (userId, nowMs) => database.commit(() => markAll(database, userId, nowMs)),
    pendingErasure: () =>
      database.read(function* () {
        return numberOf(
          yield* database.get(`SELECT count(*) AS jobs FROM jobs WHERE forgotten = 1 AND state <> 'told'`),
          'jobs',
        );
      }),
    expired: (toldBeforeMs, atMost) =>
      database.read(function* () {
        const marked = yield* database.all(
          `SELECT id FROM jobs WHERE forgotten = 1 AND state = 'told' LIMIT ?`,
          atMost,
        );
        const old = yield* database.all(
          `SELECT id FROM jobs WHERE state = 'told' AND told_at_ms <= ? ORDER BY told_at_ms LIMIT ?`,
          Math.floor(toldBeforeMs),
          atMost,
        );
        return [...new Set([...marked, ...old].map((row) => jobId(String(row['id']))))].slice(0, atMost);
      }),
    drop: async (ids, nowMs) =>
      database.commit(function* () {
        for (const id of ids) yield* dropJob(database, id, database.dayOf(nowMs));
      }),
    exists: (id) =>
      database.read(function* () {
        return (yield* database.get('SELECT 1 FROM jobs WHERE id = ?', id)) !== undefined;
      }),
    needsFile: (id) => database.read(() => needsResult(database, id)),
    trim: async (keptBeforeMs, nowMs) =>
      database.commit(function* () {
        yield* database.run(
          `UPDATE inbox SET body = '' WHERE state <> 'new' AND kept_at_ms <= ? AND body <> ''`,
          Math.floor(keptBeforeMs),
        );
        yield* database.run(
          `DELETE FROM credits WHERE job_id >= '${forgottenJob}' AND job_id < 'forgotten;' AND day < ?`,
          database.dayOf(nowMs),
        );
      }),
  };
}

function* markAll(database: Database, userId: number, nowMs: number): Steps<number> {
  // What is added for the person at the same time comes before this, and goes too, or sees that it came.
  yield* lockTurns(database, [userId]);
  // Jobs accepted after the cancellation are not part of this erasure.
  function* markedIn(state: string) {
    return yield* database.run(
      `UPDATE jobs SET forgotten = 1, prompt = '', options = NULL WHERE user_id = ? AND forgotten = 0 AND ${state}`,
      userId,
    );
  }
  const requests = (yield* markedIn(`state = 'ended' AND state <> 'told'`)) + (yield* markedIn(`state = 'told'`));
  yield* database.run(
    'DELETE FROM rewrites WHERE job_id IN (SELECT id FROM jobs WHERE user_id = ? AND forgotten = 1)',
    userId,
  );
  yield* database.run(`DELETE FROM dialogues WHERE key LIKE '%:' || ?`, String(userId));
  yield* database.run(
    'DELETE FROM users WHERE id = ? AND coalesce(premium_until_ms, 0) <= ?',
    userId,
    Math.floor(nowMs),
  );
  yield* database.run(
    'UPDATE users SET locale = NULL, heard_locale = NULL, models = NULL, preferences = NULL WHERE id = ?',
    userId,
  );
  // A closed chat stays closed; an open chat needs no row.
  yield* database.run('DELETE FROM chats WHERE id = ? AND closed_at_ms IS NULL', userId);
  yield* database.run('DELETE FROM conversations WHERE user_id = ?', userId);
  yield* database.run('DELETE FROM people WHERE id = ?', userId);
  yield* database.run('DELETE FROM exports WHERE user_id = ?', userId);
  yield* database.run(`UPDATE broadcast_people SET state = 'left-out' WHERE user_id = ? AND state = 'waiting'`, userId);
  // Whether somebody was let in stays; how they are called does not.
  yield* database.run('UPDATE access SET name = NULL WHERE asked_by = ?', userId);
  yield* database.run('DELETE FROM past_requests WHERE user_id = ?', userId);
  yield* database.run('DELETE FROM feedback WHERE user_id = ?', userId);
  yield* forgetSpender(database, userId);
  yield* database.run('DELETE FROM rests WHERE place = ?', String(userId));
  // A block and refusals stay: they hold no words, and keep others safe.
  yield* database.run('DELETE FROM reports WHERE user_id = ?', userId);
  yield* database.run('DELETE FROM chat_limits WHERE chat_id = ?', userId);
  // A round beyond the lane's virtual time still limits the person; an earlier one has no effect.
  yield* database.run(
    `DELETE FROM person_rounds WHERE user_id = ?
     AND last_round <= (SELECT now_round FROM lane_rounds WHERE lane_rounds.lane = person_rounds.lane)`,
    userId,
  );
  yield* database.run(
    `UPDATE inbox SET body = '' WHERE state = 'set-aside'
     AND CASE WHEN json_valid(body) THEN ? IN (body ->> '$.message.from.id', body ->> '$.callback_query.from.id') END`,
    userId,
  );
  return requests;
}

function* dropJob(database: Database, id: string, today: number): Steps<void> {
  yield* database.run('DELETE FROM effects WHERE job_id = ?', id);
  yield* database.run('DELETE FROM calls WHERE job_id = ?', id);
  yield* database.run('DELETE FROM rewrites WHERE job_id = ?', id);
  yield* database.run('DELETE FROM reports WHERE job_id = ?', id);
  yield* database.run('DELETE FROM credits WHERE job_id = ? AND day < ?', id, today);
  yield* database.run('DELETE FROM credits WHERE job_id = ?', forgottenJob + id);
  yield* database.run('UPDATE credits SET job_id = ? WHERE job_id = ?', forgottenJob + id, id);
  yield* database.run('DELETE FROM jobs WHERE id = ?', id);
}
