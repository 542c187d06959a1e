import type { JobId } from '../domain/ids.ts';
import type { JobFilter, PastJob } from '../domain/job-reader.ts';
import type { Database, Row } from './connection.ts';
import { toShownJob } from './job-rows.ts';

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
