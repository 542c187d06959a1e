import type { JobId } from '../../../domain/ids.ts';
import type { Database, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';

const usable = `user_id = ? AND state = 'credited' AND results_left > 0`;

/** Counts what is left of the person's packs; none of one that is being refunded. */
export function* packResultsOf(database: Database, userId: number): Steps<number> {
  return numberOf(
    yield* database.get(`SELECT sum(results_left) AS results FROM payments WHERE ${usable}`, userId),
    'results',
  );
}

/**
 * Takes so many results from the person's packs for a job, the oldest pack first, inside the caller's transaction; false,
 * and nothing is taken, when there are not enough.
 */
export function* takeFromPacks(database: Database, id: JobId, userId: number, results: number): Steps<boolean> {
  if ((yield* packResultsOf(database, userId)) < results) return false;
  let missing = results;
  for (const row of yield* database.all(`SELECT id, results_left FROM payments WHERE ${usable} ORDER BY id`, userId)) {
    const taken = Math.min(missing, numberOf(row, 'results_left'));
    if (taken === 0) break;
    const payment = numberOf(row, 'id');
    yield* database.run('UPDATE payments SET results_left = results_left - ? WHERE id = ?', taken, payment);
    yield* database.run('INSERT INTO pack_uses (job_id, payment_id, results) VALUES (?, ?, ?)', id, payment, taken);
    missing -= taken;
  }
  return true;
}

/**
 * Puts what a job took back into its packs, inside the caller's transaction; idempotent. A pack that was refunded
 * meanwhile takes nothing back: its person has the Stars.
 */
export function* giveBackToPacks(database: Database, id: JobId): Steps<void> {
  const uses = yield* database.all(
    'UPDATE pack_uses SET given_back = 1 WHERE job_id = ? AND given_back = 0 RETURNING payment_id, results',
    id,
  );
  for (const use of uses) {
    const results = numberOf(use, 'results');
    yield* database.run(
      `UPDATE payments SET results_left = results_left + iif(state = 'refunded', 0, ?),
         results_taken_back = results_taken_back + iif(state = 'refunded', ?, 0)
       WHERE id = ?`,
      results,
      results,
      numberOf(use, 'payment_id'),
    );
  }
}

/**
 * The id of a job is about to be used by another job: its uses keep counting, under an id that no job has, inside the
 * caller's transaction.
 */
export function* forgetUses(database: Database, id: JobId): Steps<void> {
  yield* database.run(`UPDATE pack_uses SET job_id = job_id || ':' || hex(randomblob(6)) WHERE job_id = ?`, id);
}
