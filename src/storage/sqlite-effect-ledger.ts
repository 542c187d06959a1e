import type { Effect, EffectActor, EffectLedger, EffectStart } from '../domain/effect-ledger.ts';
import type { Database } from './connection.ts';

/** The ledger of effects in the database: an intent is durable before the effect begins. */
export function createSqliteEffectLedger(database: Database): EffectLedger {
  return {
    begin: async (by, effect, repeat) =>
      database.commit(() => {
        const isBegun =
          by.fence === undefined ? insertFree(database, by, effect, repeat) : insertHeld(database, by, effect, repeat);
        return isBegun ? { kind: 'go' } : whyNot(database, by, effect);
      }),
    end: async ({ jobId, fence = null }, effect, note) =>
      database.commit(() => {
        const sql = 'UPDATE effects SET note = ? WHERE job_id = ? AND effect = ? AND fence IS ?';
        return database.run(sql, note, jobId, effect, fence) === 1;
      }),
    undo: async ({ jobId, fence = null }, effect) =>
      database.commit(() => {
        const sql = 'DELETE FROM effects WHERE job_id = ? AND effect = ? AND fence IS ? AND note IS NULL';
        return database.run(sql, jobId, effect, fence) === 1;
      }),
  };
}

type Repeat = Parameters<EffectLedger['begin']>[2];

/** What is begun again belongs to the lease that did so last. */
const onConflict = `ON CONFLICT DO UPDATE SET fence = excluded.fence WHERE note IS NULL AND ? = 'idempotent'`;

function insertHeld(database: Database, { jobId, fence }: EffectActor, effect: Effect, repeat: Repeat): boolean {
  const sql = `INSERT INTO effects (job_id, effect, fence)
    SELECT id, ?, fence FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting' ${onConflict}`;
  return database.run(sql, effect, jobId, fence ?? null, repeat) === 1;
}

function insertFree(database: Database, { jobId }: EffectActor, effect: Effect, repeat: Repeat): boolean {
  const sql = `INSERT INTO effects (job_id, effect, fence) VALUES (?, ?, NULL) ${onConflict}`;
  return database.run(sql, jobId, effect, repeat) === 1;
}

function whyNot(
  database: Database,
  { jobId, fence }: EffectActor,
  effect: Effect,
): Exclude<EffectStart, { kind: 'go' }> {
  const holds = `SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting'`;
  if (fence !== undefined && database.get(holds, jobId, fence) === undefined) return { kind: 'fenced' };
  const note = database.get('SELECT note FROM effects WHERE job_id = ? AND effect = ?', jobId, effect)?.['note'];
  return typeof note === 'string' ? { kind: 'done', note } : { kind: 'unsure' };
}
