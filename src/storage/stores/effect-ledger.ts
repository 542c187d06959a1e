import type { Effect, EffectActor, EffectLedger, EffectStart } from '../../domain/effect-ledger.ts';
import type { Database, Steps } from '../database.ts';

const oneChange = { isOneChange: true } as const;

/** The effect ledger in the database: the intent is durable before the effect begins. */
export function createEffectLedger(database: Database): EffectLedger {
  return {
    begin: async (by, effect, repeat) =>
      database.commit(function* () {
        const isBegun =
          by.fence === undefined
            ? yield* insertFree(database, by, effect, repeat)
            : yield* insertHeld(database, by, effect, repeat);
        return isBegun ? { kind: 'go' } : yield* whyNot(database, by, effect);
      }, oneChange),
    end: async ({ jobId, fence = null }, effect, note) =>
      database.apply(function* () {
        const sql = 'UPDATE effects SET note = ? WHERE job_id = ? AND effect = ? AND fence IS ?';
        return (yield* database.run(sql, note, jobId, effect, fence)) === 1;
      }, oneChange),
    undo: async ({ jobId, fence = null }, effect) =>
      database.commit(function* () {
        const sql = 'DELETE FROM effects WHERE job_id = ? AND effect = ? AND fence IS ? AND note IS NULL';
        return (yield* database.run(sql, jobId, effect, fence)) === 1;
      }, oneChange),
  };
}

/** The messages that show the outcome of a job, as its effects noted them. */
export function* shownIn(database: Database, id: string): Steps<readonly number[]> {
  const sql = `SELECT note FROM effects WHERE job_id = ? AND note IS NOT NULL AND (effect LIKE 'part-%'
    OR effect IN ('result', 'message', 'message-again', 'album', 'album-again'))`;
  const notes = (yield* database.all(sql, id)).map((row) => String(row['note']));
  return [...new Set(notes.flatMap((note) => note.match(/\b[0-9]{1,15}\b/g) ?? []).map(Number))];
}

type Repeat = Parameters<EffectLedger['begin']>[2];

/** A repeated effect belongs to the lease that began it last. */
const onConflict = `ON CONFLICT DO UPDATE SET fence = excluded.fence WHERE effects.note IS NULL AND ? = 'idempotent'`;

function* insertHeld(
  database: Database,
  { jobId, fence }: EffectActor,
  effect: Effect,
  repeat: Repeat,
): Steps<boolean> {
  const sql = `INSERT INTO effects (job_id, effect, fence)
    SELECT id, ?, fence FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting' ${onConflict}`;
  return (yield* database.run(sql, effect, jobId, fence ?? null, repeat)) === 1;
}

function* insertFree(database: Database, { jobId }: EffectActor, effect: Effect, repeat: Repeat): Steps<boolean> {
  const sql = `INSERT INTO effects (job_id, effect, fence) VALUES (?, ?, NULL) ${onConflict}`;
  return (yield* database.run(sql, jobId, effect, repeat)) === 1;
}

function* whyNot(
  database: Database,
  { jobId, fence }: EffectActor,
  effect: Effect,
): Steps<Exclude<EffectStart, { kind: 'go' }>> {
  const holds = `SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting'`;
  if (fence !== undefined && (yield* database.get(holds, jobId, fence)) === undefined) return { kind: 'fenced' };
  const note = (yield* database.get('SELECT note FROM effects WHERE job_id = ? AND effect = ?', jobId, effect))?.[
    'note'
  ];
  return typeof note === 'string' ? { kind: 'done', note } : { kind: 'unsure' };
}
