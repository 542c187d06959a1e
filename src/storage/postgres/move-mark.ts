import { StorageError } from '../storage-error.ts';
import { type ConnectionPool, schemaName } from './pool.ts';
import { toStorageError } from './postgres-error.ts';

/** Among the advisory locks of the database, the one of a move. */
export const moveLock = 7_244_029;
/** How far each table is; it exists from the first page of a move into the database until its end. */
export const progressTable = 'move_progress';

/**
 * Throws a StorageError while the database is being moved, or a move into it has not come to its end. A process calls this
 * once it has shown that it lives, and a move looks for living processes once it has its lock: one sees the other.
 */
export async function refuseDuringMove(pool: ConnectionPool, untilMonotonicMs: number): Promise<void> {
  const { client, release } = await pool.connect(untilMonotonicMs);
  try {
    // A statement that stands alone is a transaction: the lock is free again at its end.
    const { rows } = await client.query<{ free: number; begun: string | null }>(
      `SELECT pg_try_advisory_xact_lock_shared(${moveLock}) AS free, to_regclass('${schemaName}.${progressTable}')::text AS begun`,
    );
    const [row] = rows;
    if (row?.free !== 1) {
      const message = `Cannot use database ${pool.place}: "darkroom move" is at work on it; start again when it is done`;
      throw new StorageError('owned', message, { mayPass: true });
    }
    if (row.begun !== null) {
      const message = `Cannot use database ${pool.place}: a move into it has not ended; run "darkroom move --to postgres" again, it goes on where it stopped`;
      throw new StorageError('in-the-way', message);
    }
  } catch (error) {
    throw toStorageError(error, pool.place);
  } finally {
    release();
  }
}
