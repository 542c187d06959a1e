import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { KeyRecord, KeyStore } from '../domain/key-store.ts';
import type { Database } from './connection.ts';
import { keyRecord } from './key-record.ts';
import { parseRow } from './parse-row.ts';
import { StorageError } from './storage-error.ts';

const recordRow = z.object({ record: keyRecord }).transform(({ record }) => record);

/**
 * What is remembered of keys, in the database, under their fingerprints only: also of keys that are not configured any
 * more. A record that cannot be read is passed over, and `onUnreadable` hears why.
 */
export function createSqliteKeyStore(
  database: Database,
  onUnreadable: (error: StorageError) => void = () => undefined,
): KeyStore {
  return {
    load: async () =>
      database.all('SELECT record FROM key_records ORDER BY id').flatMap((row): readonly KeyRecord[] => {
        try {
          return [parseRow('key_records', recordRow, row)];
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
          onUnreadable(error);
          return [];
        }
      }),
    save: async (records) =>
      database.commit(() => {
        for (const record of records) {
          database.run(
            `INSERT INTO key_records (id, record, saved_at_ms) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET record = excluded.record, saved_at_ms = excluded.saved_at_ms`,
            record.id,
            JSON.stringify(record),
            Math.round(record.savedAtMs),
          );
        }
      }),
    salt: async () =>
      database.commit(() => {
        const made = randomBytes(32).toString('hex');
        database.run(`INSERT INTO settings (name, value) VALUES ('key-salt', ?) ON CONFLICT DO NOTHING`, made);
        return String(database.get(`SELECT value FROM settings WHERE name = 'key-salt'`)?.['value']);
      }),
  };
}
