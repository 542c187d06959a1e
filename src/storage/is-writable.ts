import type { Database } from './connection.ts';

/** Does the database take a durable write right now? Tries one. */
export function isWritable(database: Database, nowMs: number): boolean {
  try {
    const value = String(nowMs);
    database.run(
      "INSERT INTO settings (name, value) VALUES ('last-vital-write', ?) ON CONFLICT (name) DO UPDATE SET value = ?",
      value,
      value,
    );
    return true;
  } catch {
    return false;
  }
}
