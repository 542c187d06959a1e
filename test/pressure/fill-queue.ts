import { acceptJob } from '../../src/storage/stores/jobs/accept-job.ts';
import { runToEnd } from '../../src/storage/sqlite/run-to-end.ts';
import { openDatabase, type SqliteDatabase } from '../../src/storage/sqlite/database.ts';
import { aRequest, roomy } from '../conformance/requests.ts';

export type Crowd = {
  readonly jobs: number;
  readonly people: number;
  readonly nowMs: number;
  /** When they are ready, if they are parked. */
  readonly parkedUntilMs?: number;
};

/** Fills a database with jobs that wait, as if each person had asked for the next one in turn. */
export function fillWithCrowd(path: string, crowd: Crowd): void {
  using database = openDatabase({ path });
  database.script('PRAGMA synchronous = OFF');
  addCrowd(database, crowd);
}

/** As many rows as the engine would have written, copied from one that it wrote. */
export function addCrowd(database: SqliteDatabase, { jobs, people, nowMs, parkedUntilMs }: Crowd): void {
  const firstUser = 1_000_000;
  database.transaction(() => {
    runToEnd(acceptJob(database, aRequest({ updateId: 0, userId: firstUser }), roomy, nowMs));
    const parked =
      parkedUntilMs === undefined ? '' : `parked = 1, reason = 'keys-cooling', ready_at_ms = ${parkedUntilMs}`;
    if (parked !== '') database.runNow(`UPDATE jobs SET ${parked}`);
    const columns = database
      .allNow(`SELECT name FROM pragma_table_info('jobs') WHERE name <> 'seq' ORDER BY cid`)
      .map((row) => String(row['name']));
    const own: Readonly<Record<string, string>> = {
      id: `'tg-' || n`,
      update_id: 'n',
      message_id: 'n',
      chat_id: `${firstUser} + n % ${people}`,
      user_id: `${firstUser} + n % ${people}`,
      round: `round + n / ${people}`,
      prompt: `'a red fox, number ' || n`,
    };
    database.runNow(
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
       INSERT INTO jobs (${columns.join(', ')})
       SELECT ${columns.map((name) => own[name] ?? name).join(', ')} FROM jobs, numbers WHERE jobs.update_id = 0`,
      jobs,
    );
    database.runNow('DELETE FROM turns');
    if (parked === '') {
      database.runNow(
        `INSERT INTO turns (line, lane, user_id, tier, round, seq)
         SELECT line, lane, user_id, tier, min(round), min(seq) FROM jobs GROUP BY line, lane, user_id, tier`,
      );
    }
    database.runNow('DELETE FROM person_rounds');
    database.runNow(
      `INSERT INTO person_rounds (lane, user_id, last_round) SELECT lane, user_id, max(round) FROM jobs GROUP BY lane, user_id`,
    );
    database.runNow('DELETE FROM credits');
    database.runNow(
      `INSERT INTO credits (job_id, user_id, kind, day) SELECT id, user_id, kind, ${Math.floor(nowMs / 86_400_000)} FROM jobs`,
    );
  });
}
