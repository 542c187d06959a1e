import { z } from 'zod';
import type { AttemptTrail } from '../../../domain/attempt-trail.ts';
import { isProviderName, type JobId, keyId } from '../../../domain/ids.ts';
import type { DayCost } from '../../../domain/costs.ts';
import { type JobKind, jobKinds } from '../../../domain/kinds.ts';
import { type Database, parseRow } from '../connection.ts';

const microsInUsd = 1_000_000;

/**
 * Adds what an answered call cost to its day, inside the caller's transaction. `wasEnded` is true where the end of the
 * call was stored before: it is counted once, however often it is stored. `kind` is what was called for, where that is not
 * what the job is.
 */
export function addCost(database: Database, id: JobId, trail: AttemptTrail, wasEnded: boolean, kind?: JobKind): void {
  const { ending, candidate, startedAtMs } = trail;
  if (ending.kind !== 'answered' || wasEnded) return;
  database.run(
    `INSERT INTO costs (day, provider, model, kind, key_id, key_name, user_id, calls, micro_usd, unpriced)
     SELECT ?, ?, ?, coalesce(?, kind), ?, ?, iif(forgotten = 1, 0, user_id), 1, ?, ? FROM jobs WHERE id = ?
     ON CONFLICT DO UPDATE SET key_name = excluded.key_name, calls = calls + 1,
       micro_usd = micro_usd + excluded.micro_usd, unpriced = unpriced + excluded.unpriced`,
    utcDay(startedAtMs + ending.ms),
    candidate.provider,
    candidate.model,
    kind ?? null,
    trail.keyId,
    trail.keyName,
    Math.round((ending.usd ?? 0) * microsInUsd),
    ending.usd === undefined ? 1 : 0,
    id,
  );
}

const costRow = z
  .object({
    day: z.string(),
    provider: z.string().refine(isProviderName),
    model: z.string(),
    kind: z.enum(jobKinds),
    key_id: z.string().transform(keyId),
    key_name: z.string(),
    user_id: z.number(),
    calls: z.number(),
    micro_usd: z.number(),
    unpriced: z.number(),
  })
  .transform(({ key_id: key, key_name: keyName, user_id: userId, micro_usd: micros, ...row }): DayCost => ({
    ...row,
    keyId: key,
    keyName,
    userId,
    usd: micros / microsInUsd,
  }));

/** What was spent since the UTC day of this moment, by day; rows of another version's kinds are left out. */
export function costsSince(database: Database, sinceMs: number): readonly DayCost[] {
  return database
    .all(
      `SELECT * FROM costs WHERE day >= ? AND kind IN (${jobKinds.map(() => '?').join(', ')})
       ORDER BY day, provider, model, kind, key_id, user_id`,
      utcDay(Math.max(0, sinceMs)),
      ...jobKinds,
    )
    .map((row) => parseRow('costs', costRow, row));
}

/** What the person spent is kept without their number. */
export function forgetSpender(database: Database, userId: number): void {
  database.run(
    `INSERT INTO costs SELECT day, provider, model, kind, key_id, key_name, 0, calls, micro_usd, unpriced
     FROM costs WHERE user_id = ?
     ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, micro_usd = micro_usd + excluded.micro_usd,
       unpriced = unpriced + excluded.unpriced`,
    userId,
  );
  database.run('DELETE FROM costs WHERE user_id = ?', userId);
}

function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
