import { deadAfterMs } from '../../domain/shared/processes.ts';
import type { Database, Steps } from '../database.ts';
import { numberOf } from '../rows.ts';
import type { Owner } from '../stores/jobs/owner.ts';

/** How long the row of a process is kept once it is dead, for an operator who asks what ran. */
const keptMs = 86_400_000;

export type ProcessFacts = {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Of the program. */
  readonly version: string;
  readonly schemaVersion: number;
};

export type KnownProcess = ProcessFacts & {
  readonly startedAtMs: number;
  readonly beatAtMs: number;
  readonly isAlive: boolean;
};

/** Shows that the process is alive; enters it again where it was taken for dead and removed. */
export function* beat(database: Database, { id, host, pid, version, schemaVersion }: ProcessFacts): Steps<void> {
  yield* database.run(
    `INSERT INTO processes (id, host, pid, version, schema_version, started_at_ms, beat_at_ms)
     VALUES (?, ?, ?, ?, ?, now_ms(), now_ms())
     ON CONFLICT (id) DO UPDATE SET beat_at_ms = excluded.beat_at_ms, schema_version = excluded.schema_version`,
    id,
    host,
    pid,
    version,
    schemaVersion,
  );
}

/** A process that ends in order is dead at once. */
export function* leave(database: Database, id: string): Steps<void> {
  yield* database.run('DELETE FROM processes WHERE id = ?', id);
  yield* database.run(`DELETE FROM commit_marks WHERE slot LIKE ? || '-%'`, id);
}

/** Whether what this process holds is still its own. */
export function* isAlive(database: Database, id: string): Steps<boolean> {
  const sql = 'SELECT 1 AS alive FROM processes WHERE id = ? AND beat_at_ms >= now_ms() - ?';
  return (yield* database.get(sql, id, deadAfterMs)) !== undefined;
}

/** A process as the owner of claims: another one is gone when it was silent for too long, by the clock of the database. */
export function ownerOf({ id }: ProcessFacts): Owner {
  const living = `SELECT 1 FROM processes WHERE processes.id = owner AND beat_at_ms >= now_ms() - ${deadAfterMs}`;
  return { id, isGone: `owner IS NOT ? AND NOT EXISTS (${living})` };
}

/** All that have run lately, the youngest first. */
export function* processes(database: Database): Steps<readonly KnownProcess[]> {
  const rows = yield* database.all(
    'SELECT *, beat_at_ms >= now_ms() - ? AS alive FROM processes ORDER BY started_at_ms DESC, id',
    deadAfterMs,
  );
  return rows.map((row) => ({
    id: String(row['id']),
    host: String(row['host']),
    pid: numberOf(row, 'pid'),
    version: String(row['version']),
    schemaVersion: numberOf(row, 'schema_version'),
    startedAtMs: numberOf(row, 'started_at_ms'),
    beatAtMs: numberOf(row, 'beat_at_ms'),
    isAlive: numberOf(row, 'alive') === 1,
  }));
}

/** Forgets processes that have been dead for a day, with the marks of their commits. */
export function* forgetDead(database: Database): Steps<void> {
  const gone = yield* database.all('DELETE FROM processes WHERE beat_at_ms < now_ms() - ? RETURNING id', keptMs);
  for (const { id } of gone) yield* database.run(`DELETE FROM commit_marks WHERE slot LIKE ? || '-%'`, String(id));
}
