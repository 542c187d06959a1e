import type { JobId } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import type { Database, Row } from './connection.ts';
import { toShownJob } from './job-rows.ts';

/** A job with the moments that only the past has. */
export type PastJob = {
  readonly job: Job;
  /** When its outcome was known. */
  readonly endedAtMs?: number;
};

/** The job as it stands now; undefined when there is no such job. */
export function pastJob(database: Database, id: JobId): PastJob | undefined {
  const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
  return row === undefined ? undefined : toPastJob(row);
}

/** The jobs accepted last, newest first. */
export function latestJobs(database: Database, count: number): readonly PastJob[] {
  return database.all('SELECT * FROM jobs ORDER BY seq DESC LIMIT ?', count).map((row) => toPastJob(row));
}

function toPastJob(row: Row): PastJob {
  const endedAtMs = row['ended_at_ms'];
  return { job: toShownJob(row).job, ...(typeof endedAtMs === 'number' ? { endedAtMs } : {}) };
}
