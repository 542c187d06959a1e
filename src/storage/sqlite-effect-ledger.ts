import type { EffectLedger } from '../domain/effect-ledger.ts';
import type { Database } from './connection.ts';

/** The ledger of effects in the database: an intent is durable before the effect begins. */
export function createSqliteEffectLedger(database: Database): EffectLedger {
  return {
    begin: async (jobId, effect, repeat) =>
      database.commit(() => {
        const row = database.get('SELECT note FROM effects WHERE job_id = ? AND effect = ?', jobId, effect);
        if (row === undefined) {
          database.run('INSERT INTO effects (job_id, effect) VALUES (?, ?)', jobId, effect);
          return { kind: 'go' };
        }
        if (typeof row['note'] === 'string') return { kind: 'done', note: row['note'] };
        return { kind: repeat === 'idempotent' ? 'go' : 'unsure' };
      }),
    end: async (jobId, effect, note) =>
      database.commit(
        () =>
          void database.run(
            `INSERT INTO effects (job_id, effect, note) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET note = excluded.note`,
            jobId,
            effect,
            note,
          ),
      ),
    undo: async (jobId, effect) =>
      database.commit(() => void database.run('DELETE FROM effects WHERE job_id = ? AND effect = ?', jobId, effect)),
  };
}
