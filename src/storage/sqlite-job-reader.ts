import type { JobId } from '../domain/ids.ts';
import type { JobReader } from '../domain/job-reader.ts';
import type { Database } from './connection.ts';
import { callsByDay } from './calls-by-day.ts';
import { callsOf } from './job-calls.ts';
import { latestJobs, pastJob } from './job-history.ts';
import { engineStats, openJobsOf, placeAhead } from './job-places.ts';
import { type StoredJob, toShownJob } from './job-rows.ts';

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
