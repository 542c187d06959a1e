import type { Database } from './connection.ts';

/** Whoever asks how we are must not make everybody else wait for the answer. */
const patienceMs = 250;

/** Does the database take a durable write right now? Tries one, and does not wait for a lock as long as work does. */
export function isWritable(database: Database, nowMs: number): boolean {
  const value = String(nowMs);
  try {
    const usualMs = Number(database.get('PRAGMA busy_timeout')?.['timeout']);
    database.script(`PRAGMA busy_timeout = ${patienceMs}`);
    try {
      database.run(
        "INSERT INTO settings (name, value) VALUES ('last-vital-write', ?) ON CONFLICT (name) DO UPDATE SET value = ?",
        value,
        value,
      );
      return true;
    } finally {
      database.script(`PRAGMA busy_timeout = ${usualMs}`);
    }
  } catch {
    return false;
  }
}
