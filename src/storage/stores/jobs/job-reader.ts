import type { JobId } from '../../../domain/ids.ts';
import type { JobFilter, JobReader, PastJob } from '../../../domain/job-engine.ts';
import type { Database, Row, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';
import { shownIn } from '../effect-ledger.ts';
import { callsOf, costsSince } from './calls.ts';
import { conversationBefore } from './conversation.ts';
import { openJobsOf, placeAhead } from './fair-queue.ts';
import { countWaiting, engineStats, waitingIn } from './line-stats.ts';
import { JobHistory } from './history.ts';
import { spendingBetween } from './spending.ts';
import { type StoredJob, toShownJob } from './job-rows.ts';

/** Returns the current state of the job; undefined when there is no such job. */
export function* pastJob(database: Database, id: JobId): Steps<PastJob | undefined> {
  const row = yield* database.get('SELECT * FROM jobs WHERE id = ?', id);
  return row === undefined ? undefined : toPastJob(row);
}

/** Returns the latest accepted jobs that match the filter, newest first. */
export function* latestJobs(
  database: Database,
  { count, userId, line, state, before }: JobFilter,
): Steps<readonly PastJob[]> {
  const wanted = [
    ['user_id = ?', userId],
    ['line = ?', line],
    ['state = ?', state],
    ['seq < (SELECT seq FROM jobs WHERE id = ?)', before],
  ] as const;
  const given = wanted.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  const where = given.length === 0 ? '' : `WHERE ${given.map(({ sql }) => sql).join(' AND ')}`;
  const rows = yield* database.all(
    `SELECT * FROM jobs ${where} ORDER BY seq DESC LIMIT ?`,
    ...given.map(({ value }) => value),
    count,
  );
  return rows.map((row) => toPastJob(row));
}

function toPastJob(row: Row): PastJob {
  const endedAtMs = row['ended_at_ms'];
  return { job: toShownJob(row).job, ...(typeof endedAtMs === 'number' ? { endedAtMs } : {}) };
}

/** Reads jobs; a read-only database is enough. */
export function createJobReader(database: Database): JobReader {
  const history = new JobHistory(database);
  function* find(id: JobId): Steps<StoredJob | undefined> {
    const row = yield* database.get('SELECT * FROM jobs WHERE id = ?', id);
    return row === undefined ? undefined : toShownJob(row);
  }
  return {
    find: (id) =>
      database.read(function* () {
        const found = yield* find(id);
        return found?.job;
      }),
    shownIn: (id) => database.read(() => shownIn(database, id)),
    where: (id) =>
      database.read(function* () {
        const stored = yield* find(id);
        return stored === undefined ? undefined : { job: stored.job, ahead: yield* placeAhead(database, stored) };
      }),
    jobsOf: (userId) => database.read(() => openJobsOf(database, userId)),
    conversationBefore: (id, atMost) => database.read(() => conversationBefore(database, id, atMost)),
    trailOf: (id) => database.read(() => callsOf(database, id)),
    stats: () => database.read(() => engineStats(database)),
    waitingIn: (line) => database.read(() => waitingIn(database, line)),
    countWaiting: (line) => database.read(() => countWaiting(database, line)),
    runningOf: (turn) =>
      database.read(function* () {
        const sql = `SELECT count(*) AS jobs FROM jobs WHERE state = 'running' AND turn_id = ?`;
        return numberOf(yield* database.get(sql, turn), 'jobs');
      }),
    past: (id) => database.read(() => pastJob(database, id)),
    latest: (filter) => database.read(() => latestJobs(database, filter)),
    costs: (sinceMs) => database.read(() => costsSince(database, sinceMs)),
    history: (nowMs, hours) => history.read(nowMs, hours),
    spending: (range) => spendingBetween(database, range),
  };
}
