import type { RewrittenPrompts } from '../../../domain/job-engine.ts';
import type { Database } from '../connection.ts';
import { addCost } from './calls.ts';

/** Rewritten prompts in the database; one of a job that is gone or forgotten is not kept. */
export function createSqliteRewrites(database: Database): RewrittenPrompts {
  const find = (id: string): string | undefined => {
    const row = database.get('SELECT words FROM rewrites WHERE job_id = ?', id);
    return row === undefined ? undefined : String(row['words']);
  };
  return {
    find: async (id) => find(id),
    keep: async (id, words, trail) =>
      database.commit(() => {
        const sql = `INSERT INTO rewrites (job_id, words)
          SELECT id, ? FROM jobs WHERE id = ? AND forgotten = 0 ON CONFLICT DO NOTHING`;
        const isNew = database.run(sql, words, id) === 1;
        if (isNew && trail !== undefined) addCost(database, { jobId: id }, trail, 'chat');
        return find(id) ?? '';
      }),
  };
}
