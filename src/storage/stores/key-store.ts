import { z } from 'zod';
import { type FailureReason, failureTraits } from '../../domain/failure.ts';
import { keyId, isProviderName } from '../../domain/ids.ts';
import type { KeyHealth, KeyState, KeyRecord, KeyStore } from '../../domain/key-state.ts';
import type { Database } from '../database.ts';
import { fromJson, parseRow } from '../rows.ts';
import { randomBytes } from 'node:crypto';
import { StorageError } from '../storage-error.ts';

export const storedKeyId = z.string().transform(keyId);
const failureReason = z.enum(Object.keys(failureTraits) as FailureReason[]);
const benchReason = z.enum(['rejected', 'out-of-credit']);
const coolReason = z.enum(['rate-limited', 'concurrency', 'timed-out', 'fails-alone', 'window']);
const bench = { reason: benchReason, times: z.number(), confirmed: z.boolean() };

export const keyState: z.ZodType<KeyState> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('suspect'), reason: failureReason, sinceMs: z.number() }),
  z.object({
    kind: z.literal('cooling'),
    sinceMs: z.number(),
    untilMs: z.number(),
    reason: coolReason,
    stated: z.boolean(),
  }),
  z.object({ kind: z.literal('half-open'), after: z.union([coolReason, benchReason]), times: z.number() }),
  z.object({ kind: z.literal('benched'), ...bench, probeAtMs: z.number() }),
  z.object({ kind: z.literal('probing'), ...bench }),
  z.object({ kind: z.literal('disabled'), ended: z.literal(true).exactOptional() }),
]);

const unknownHealth: KeyHealth = {
  calls: 0,
  successes: 0,
  errors: {},
  consecutiveErrors: 0,
  callsToday: 0,
  day: 0,
};

const keyHealth: z.ZodType<KeyHealth> = z.object({
  calls: z.number(),
  successes: z.number(),
  errors: z.partialRecord(failureReason, z.number()),
  consecutiveErrors: z.number(),
  callsToday: z.number(),
  day: z.number(),
  successRate: z.number().exactOptional(),
  meanLatencyMs: z.number().exactOptional(),
  p95LatencyMs: z.number().exactOptional(),
  lastUsedMs: z.number().exactOptional(),
  lastError: z.object({ reason: failureReason, atMs: z.number() }).exactOptional(),
});

export const keyBalance = z.object({ amount: z.number(), unit: z.string(), atMs: z.number() });

export const seatRecord = z.object({
  limit: z.number(),
  ceiling: z.object({ seats: z.number(), tryAtMs: z.number(), holdMs: z.number() }).exactOptional(),
  told: z.number().exactOptional(),
});

export const toldSpan = z.object({ limit: z.number(), left: z.number(), untilMs: z.number(), lengthMs: z.number() });

/** The window of an account, without when its calls began. */
export const callWindow = z.object({
  limit: z.number(),
  lengthMs: z.number(),
  untilMs: z.number(),
  daily: toldSpan.extend({ forgottenAtMs: z.number() }).exactOptional(),
});

/** The schema of one key record; invalid counters are reset, every other invalid field fails. */
export const keyRecord: z.ZodType<KeyRecord, string> = z
  .string()
  .transform(fromJson)
  .pipe(
    z.object({
      id: storedKeyId,
      provider: z.string().refine(isProviderName),
      name: z.string(),
      savedAtMs: z.number(),
      state: keyState,
      limitedInARow: z.number(),
      seats: seatRecord,
      window: callWindow.extend({ starts: z.array(z.number()) }).exactOptional(),
      account: storedKeyId.exactOptional(),
      inFlight: z.number(),
      health: keyHealth.catch(unknownHealth),
      balance: keyBalance.exactOptional(),
    }),
  );

const recordRow = z.object({ record: keyRecord }).transform(({ record }) => record);

/**
 * Stores key records in the database under their fingerprints, also those of keys that are no longer configured. Skips a
 * record that cannot be read and calls `onUnreadable`.
 */
export function createKeyStore(
  database: Database,
  onUnreadable: (error: StorageError) => void = () => undefined,
): KeyStore {
  return {
    load: () =>
      database.read(function* () {
        const rows = yield* database.all('SELECT record FROM key_records ORDER BY id');
        return rows.flatMap((row): readonly KeyRecord[] => {
          try {
            return [parseRow('key_records', recordRow, row)];
          } catch (error) {
            if (!(error instanceof StorageError)) throw error;
            onUnreadable(error);
            return [];
          }
        });
      }),
    save: async (records) =>
      database.commit(function* () {
        for (const record of records) {
          yield* database.run(
            `INSERT INTO key_records (id, record, saved_at_ms) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET record = excluded.record, saved_at_ms = excluded.saved_at_ms`,
            record.id,
            JSON.stringify(record),
            Math.round(record.savedAtMs),
          );
        }
      }),
    salt: async () =>
      database.commit(function* () {
        const made = randomBytes(32).toString('hex');
        yield* database.run(`INSERT INTO settings (name, value) VALUES ('key-salt', ?) ON CONFLICT DO NOTHING`, made);
        return String((yield* database.get(`SELECT value FROM settings WHERE name = 'key-salt'`))?.['value']);
      }),
  };
}
