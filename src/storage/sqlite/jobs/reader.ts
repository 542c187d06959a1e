import type { JobId } from '../../../domain/ids.ts';
import type { JobFilter, PastJob, JobReader } from '../../../domain/job-engine.ts';
import type { Database, Row } from '../connection.ts';
import { toShownJob, type StoredJob } from './job-rows.ts';
import { callsByDay } from './calls-by-day.ts';
import { callsOf } from './calls.ts';
import { engineStats, openJobsOf, placeAhead } from './positions.ts';

/** The job as it stands now; undefined when there is no such job. */
export function pastJob(database: Database, id: JobId): PastJob | undefined {
  const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
  return row === undefined ? undefined : toPastJob(row);
}

/** The jobs accepted last that the filter lets through, newest first. */
export function latestJobs(database: Database, { count, userId, line, state, before }: JobFilter): readonly PastJob[] {
  const wanted = [
    ['user_id = ?', userId],
    ['line = ?', line],
    ['state = ?', state],
    ['seq < (SELECT seq FROM jobs WHERE id = ?)', before],
  ] as const;
  const given = wanted.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  const where = given.length === 0 ? '' : `WHERE ${given.map(({ sql }) => sql).join(' AND ')}`;
  return database
    .all(`SELECT * FROM jobs ${where} ORDER BY seq DESC LIMIT ?`, ...given.map(({ value }) => value), count)
    .map((row) => toPastJob(row));
}

function toPastJob(row: Row): PastJob {
  const endedAtMs = row['ended_at_ms'];
  return { job: toShownJob(row).job, ...(typeof endedAtMs === 'number' ? { endedAtMs } : {}) };
}

/** Reads what the database keeps of jobs; a database that cannot be written to will do. */
export function createSqliteJobReader(database: Database): JobReader {
  const find = (id: JobId): StoredJob | undefined => {
    const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
    return row === undefined ? undefined : toShownJob(row);
  };
  return {
    find: async (id) => find(id)?.job,
    where: async (id) => {
      const stored = find(id);
      return stored === undefined ? undefined : { job: stored.job, ahead: placeAhead(database, stored) };
    },
    jobsOf: async (userId) => openJobsOf(database, userId),
    trailOf: async (id) => callsOf(database, id),
    stats: async () => engineStats(database),
    past: async (id) => pastJob(database, id),
    latest: async (filter) => latestJobs(database, filter),
    callsByDay: (sinceMs) => callsByDay(database, sinceMs),
  };
}
