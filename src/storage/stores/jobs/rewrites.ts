import type { RewrittenPrompts } from '../../../domain/job-engine.ts';
import type { Database, Steps } from '../../database.ts';
import { addCost } from './calls.ts';
import { lockPersonOf } from './fair-queue.ts';

/** Rewritten prompts in the database; one of a job that is gone or forgotten is not kept. */
export function createRewrites(database: Database): RewrittenPrompts {
  function* find(id: string): Steps<string | undefined> {
    const row = yield* database.get('SELECT words FROM rewrites WHERE job_id = ?', id);
    return row === undefined ? undefined : String(row['words']);
  }
  return {
    find: (id) => database.read(() => find(id)),
    keep: async (id, words, trail) =>
      database.commit(function* () {
        yield* lockPersonOf(database, id);
        const sql = `INSERT INTO rewrites (job_id, words)
          SELECT id, ? FROM jobs WHERE id = ? AND forgotten = 0 ON CONFLICT DO NOTHING`;
        const isNew = (yield* database.run(sql, words, id)) === 1;
        if (isNew && trail !== undefined) yield* addCost(database, { jobId: id }, trail, 'chat');
        return (yield* find(id)) ?? '';
      }),
  };
}
