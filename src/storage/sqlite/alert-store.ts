import { z } from 'zod';
import type { RaisedAlert, AlertStore } from '../../domain/admin-api.ts';
import { alertSeverities, type AlertFacts } from '../../domain/alert.ts';
import { type FailureReason, failureTraits } from '../../domain/failure.ts';
import { jobId, isProviderName } from '../../domain/ids.ts';
import { type Database, fromJson } from './connection.ts';

const reasons = Object.keys(failureTraits) as [FailureReason, ...FailureReason[]];
const provider = z.string().refine(isProviderName);
const of = <const Kind extends AlertFacts['kind']>(kind: Kind) => ({ kind: z.literal(kind) });

const facts: z.ZodType<AlertFacts> = z.discriminatedUnion('kind', [
  z.object({ ...of('key-failing'), keyName: z.string(), reason: z.enum(reasons), times: z.number() }),
  z.object({ ...of('no-key-ready'), provider, keys: z.number() }),
  z.object({ ...of('provider-silent'), provider }),
  z.object({ ...of('many-errors'), provider, share: z.number(), calls: z.number() }),
  z.object({ ...of('job-dead-lettered'), jobId: z.string().transform(jobId), processes: z.number() }),
  z.object({ ...of('telegram-rate-limited'), forMs: z.number() }),
  z.object({ ...of('unauthorized-admin-attempt'), userId: z.number() }),
  z.object({ ...of('slow'), provider, meanMs: z.number(), usualMs: z.number() }),
]);

const raised: z.ZodType<RaisedAlert> = z.object({
  id: z.string(),
  severity: z.enum(alertSeverities),
  facts,
  raisedAtMs: z.number(),
});

const alertRow = z.object({ alert: z.string().transform(fromJson).pipe(raised) });

/** Stores raised alerts as rows. */
export function createSqliteAlertStore(database: Database): AlertStore {
  return {
    save: async (alerts) =>
      database.commit(() => {
        database.run('DELETE FROM raised_alerts');
        for (const alert of alerts) {
          database.run('INSERT INTO raised_alerts (alert) VALUES (?)', JSON.stringify(alert));
        }
      }),
    load: async () =>
      database.all('SELECT alert FROM raised_alerts ORDER BY place').flatMap((row) => {
        const read = alertRow.safeParse(row);
        return read.success ? [read.data.alert] : [];
      }),
  };
}
