import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { keyId } from '../domain/ids.ts';
import type { KeyState } from '../domain/key-state.ts';
import type { KeyRecord, KeyStore } from '../domain/key-store.ts';
import type { Database } from './connection.ts';
import { fromJson } from './from-json.ts';
import { parseRow } from './parse-row.ts';

const benchReason = z.enum(['rejected', 'out-of-credit']);

const keyState: z.ZodType<KeyState> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({
    kind: z.literal('cooling'),
    untilMs: z.number(),
    reason: z.enum(['rate-limited', 'concurrency', 'timed-out', 'fails-alone']),
  }),
  z.object({ kind: z.literal('benched'), reason: benchReason, probeAtMs: z.number(), times: z.number() }),
  z.object({ kind: z.literal('probing'), reason: benchReason, times: z.number() }),
  z.object({ kind: z.literal('disabled') }),
]);

const keyRow = z
  .object({
    id: z.string().transform(keyId),
    state: z.string().transform(fromJson).pipe(keyState),
    limited_in_a_row: z.number(),
    seat_limit: z.number(),
    calls: z.number(),
    successes: z.number(),
  })
  .transform((row): KeyRecord => ({
    id: row.id,
    state: row.state,
    limitedInARow: row.limited_in_a_row,
    seatLimit: row.seat_limit,
    calls: row.calls,
    successes: row.successes,
  }));

/** What is remembered of keys, in the database, under their fingerprints only. */
export function createSqliteKeyStore(database: Database): KeyStore {
  return {
    load: async () => database.all('SELECT * FROM keys ORDER BY id').map((row) => parseRow('keys', keyRow, row)),
    save: async (records) =>
      database.commit(() => {
        for (const record of records) {
          database.run(
            `INSERT INTO keys (id, state, limited_in_a_row, seat_limit, calls, successes) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET state = excluded.state, limited_in_a_row = excluded.limited_in_a_row,
               seat_limit = excluded.seat_limit, calls = excluded.calls, successes = excluded.successes`,
            record.id,
            JSON.stringify(record.state),
            record.limitedInARow,
            record.seatLimit,
            record.calls,
            record.successes,
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
