import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { Claim, JobLease, KnownAnswer } from '../domain/job-lease.ts';
import type { Progress } from '../domain/job.ts';
import type { Database } from './connection.ts';
import { keepCall } from './job-calls.ts';
import { checkpointJob, started, startColumns } from './job-claims.ts';
import type { SetAside } from './unreadable-jobs.ts';

/** Keeps what a running job was answered, inside the caller's transaction. */
export function keepAnswer(
  database: Database,
  lease: JobLease,
  trail: AttemptTrail,
  progress: Progress,
  answer: KnownAnswer,
): boolean {
  if (!checkpointJob(database, lease, progress)) return false;
  keepCall(database, lease, trail);
  return database.run('UPDATE jobs SET answer = ? WHERE id = ?', JSON.stringify(answer), lease.jobId) === 1;
}

/** Hands out a waiting job that needs no provider any more, inside the caller's transaction. */
export function claimWithAnswer(database: Database, owner: string): Claim | SetAside | undefined {
  const row = database.get(
    `UPDATE jobs SET ${startColumns} WHERE seq = (
       SELECT seq FROM jobs WHERE state = 'waiting' AND answer IS NOT NULL AND parked = 0 ORDER BY seq LIMIT 1
     ) RETURNING *`,
    owner,
  );
  return started(database, row);
}
