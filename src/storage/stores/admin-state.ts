import { z } from 'zod';
import type {
  RaisedAlert,
  AlertStore,
  NoticeStore,
  AdminAnswer,
  AdminCommand,
  AdminCommands,
  AuditLog,
  KeyAdded,
  KeyRemoved,
} from '../../domain/admin-api.ts';
import { alertSeverities, type AlertFacts } from '../../domain/alert.ts';
import { type FailureReason, failureTraits } from '../../domain/failure.ts';
import type { KeySettingsPatch, OperatorKeys, OwnKeySettings } from '../../domain/key-state.ts';
import { type KeyId, jobId, isProviderName, keyId } from '../../domain/ids.ts';
import { bucketFailures } from '../../domain/media.ts';
import type { Database, Row, Steps } from '../database.ts';
import { fromJson, numberOf } from '../rows.ts';

const reasons = Object.keys(failureTraits) as [FailureReason, ...FailureReason[]];
const provider = z.string().refine(isProviderName);
const of = <const Kind extends AlertFacts['kind']>(kind: Kind) => ({ kind: z.literal(kind) });

const facts: z.ZodType<AlertFacts> = z.discriminatedUnion('kind', [
  z.object({ ...of('key-failing'), keyName: z.string(), reason: z.enum(reasons), times: z.number() }),
  z.object({ ...of('no-key-ready'), provider, keys: z.number() }),
  z.object({ ...of('provider-silent'), provider }),
  z.object({ ...of('wrong-address'), provider }),
  z.object({ ...of('unknown-model'), provider, model: z.string() }),
  z.object({ ...of('model-closed'), provider, model: z.string() }),
  z.object({ ...of('provider-empty'), provider }),
  z.object({
    ...of('model-ends'),
    provider,
    model: z.string(),
    endsOn: z.string(),
    replacedBy: z.string().exactOptional(),
  }),
  z.object({ ...of('key-ends'), provider, keyName: z.string(), endsOn: z.string() }),
  z.object({ ...of('not-in-plan'), provider, keyName: z.string(), model: z.string() }),
  z.object({ ...of('many-errors'), provider, share: z.number(), calls: z.number() }),
  z.object({ ...of('job-dead-lettered'), jobId: z.string().transform(jobId), processes: z.number() }),
  z.object({ ...of('results-not-arriving'), jobId: z.string().transform(jobId) }),
  z.object({ ...of('telegram-rate-limited'), forMs: z.number() }),
  z.object({ ...of('updates-contested'), by: z.enum(['poll', 'webhook']) }),
  z.object({
    ...of('storage-unavailable'),
    what: z.enum(['database', 'results']),
    onServer: z.literal(true).exactOptional(),
  }),
  z.object({ ...of('bucket-failing'), why: z.enum(bucketFailures) }),
  z.object({ ...of('unauthorized-admin-attempt'), userId: z.number() }),
  z.object({
    ...of('budget'),
    of: z.union([z.literal('all'), provider]),
    usd: z.number(),
    limit: z.number(),
    isSpent: z.boolean(),
  }),
  z.object({
    ...of('star-payment'),
    what: z.enum(['found', 'unclear', 'refunded']),
    paymentId: z.number(),
    userId: z.number(),
    stars: z.number(),
  }),
  z.object({ ...of('slow'), provider, meanMs: z.number(), usualMs: z.number() }),
]);

const raised: z.ZodType<RaisedAlert> = z.object({
  id: z.string(),
  severity: z.enum(alertSeverities),
  facts,
  raisedAtMs: z.number(),
});

const alertRow = z.object({ alert: z.string().transform(fromJson).pipe(raised) });

/** The alerts of rows; those that this version cannot read are passed over. */
export function raisedAlertsIn(rows: readonly Row[]): readonly RaisedAlert[] {
  return rows.flatMap((row) => {
    const read = alertRow.safeParse(row);
    return read.success ? [read.data.alert] : [];
  });
}

/** Stores raised alerts as rows. */
export function createAlertStore(database: Database): AlertStore {
  return {
    save: async (alerts) =>
      database.commit(function* () {
        yield* database.run('DELETE FROM raised_alerts');
        for (const alert of alerts) {
          yield* database.run('INSERT INTO raised_alerts (alert) VALUES (?)', JSON.stringify(alert));
        }
      }),
    load: () =>
      database.read(function* () {
        return raisedAlertsIn(yield* database.all('SELECT alert FROM raised_alerts ORDER BY place'));
      }),
  };
}

/** Stores notices as rows. */
export function createNotices(database: Database): NoticeStore {
  return {
    mayTell: async (id, nowMs) => {
      const sql = 'SELECT 1 FROM notices WHERE id = ?';
      if ((await database.read(() => database.get(sql, id))) !== undefined) return false;
      return database.commit(function* () {
        const kept = 'INSERT OR IGNORE INTO notices (id, told_at_ms) VALUES (?, ?)';
        return (yield* database.run(kept, id, Math.round(nowMs))) === 1;
      });
    },
  };
}

const auditRow = z.object({
  seq: z.number(),
  atMs: z.number(),
  by: z.string(),
  action: z.string(),
  target: z.string(),
});
const maxAuditRows = 10_000;

/** Stores what operators did as rows. */
export function createAuditLog(database: Database): AuditLog {
  return {
    note: async ({ atMs, by, action, target }) =>
      database.commit(function* () {
        const sql = 'INSERT INTO audit (at_ms, by_whom, action, target) VALUES (?, ?, ?, ?)';
        yield* database.run(sql, Math.round(atMs), by, action, target);
        yield* database.run('DELETE FROM audit WHERE seq <= (SELECT max(seq) FROM audit) - ?', maxAuditRows);
      }),
    latest: ({ count, before = Number.MAX_SAFE_INTEGER }) =>
      database.read(function* () {
        const rows = yield* database.all(
          'SELECT seq, at_ms AS atMs, by_whom AS by, action, target FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?',
          before,
          count,
        );
        return rows.map((row) => auditRow.parse(row));
      }),
  };
}

const sealedRow = z.object({
  id: z.string().transform(keyId),
  provider,
  sealed: z.string(),
  addedAtMs: z.number(),
});
const ownSettings: z.ZodType<OwnKeySettings> = z.object({
  weight: z.number().exactOptional(),
  seats: z.number().exactOptional(),
  group: z.string().exactOptional(),
  label: z.string().exactOptional(),
  endsOn: z.string().exactOptional(),
});
const settingsRow = z.object({
  id: z.string().transform(keyId),
  settings: z.string().transform(fromJson).pipe(ownSettings),
});

/** Stores added keys, encrypted as they come, and what was set for single keys. */
export function createOperatorKeys(database: Database): OperatorKeys {
  function* settingsOf(): Steps<ReadonlyMap<KeyId, OwnKeySettings>> {
    const rows = yield* database.all('SELECT key_id AS id, settings FROM key_settings');
    return new Map(
      rows.flatMap((row) => {
        const read = settingsRow.safeParse(row);
        return read.success ? [[read.data.id, read.data.settings] as const] : [];
      }),
    );
  }
  return {
    added: () =>
      database.read(function* () {
        const rows = yield* database.all(
          'SELECT key_id AS id, provider, sealed, added_at_ms AS addedAtMs FROM added_keys ORDER BY added_at_ms, key_id',
        );
        return rows.map((row) => sealedRow.parse(row));
      }),
    add: async ({ id, provider: of, sealed, addedAtMs }) =>
      database.commit(function* () {
        const sql =
          'INSERT INTO added_keys (key_id, provider, sealed, added_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
        return (yield* database.run(sql, id, of, sealed, Math.round(addedAtMs))) === 1;
      }),
    remove: async (id) =>
      database.commit(function* () {
        yield* database.run('DELETE FROM added_keys WHERE key_id = ?', id);
        yield* database.run('DELETE FROM key_settings WHERE key_id = ?', id);
      }),
    settings: () => database.read(() => settingsOf()),
    set: async (id, patch) =>
      database.commit(function* () {
        yield* database.lock('key-settings');
        const merged = Object.entries({ ...(yield* settingsOf()).get(id), ...patch }).filter(
          ([, value]) => value !== null,
        );
        const sql =
          'INSERT INTO key_settings (key_id, settings) VALUES (?, ?) ON CONFLICT DO UPDATE SET settings = excluded.settings';
        if (merged.length === 0) yield* database.run('DELETE FROM key_settings WHERE key_id = ?', id);
        else yield* database.run(sql, id, JSON.stringify(Object.fromEntries(merged)));
      }),
  };
}

const answersForMs = 3_600_000;

const keys = z.union([z.literal('all'), z.array(z.string().transform(keyId))]);

const settingsPatch: z.ZodType<KeySettingsPatch> = z.object({
  weight: z.number().nullable().exactOptional(),
  seats: z.number().nullable().exactOptional(),
  group: z.string().nullable().exactOptional(),
  label: z.string().nullable().exactOptional(),
  endsOn: z.string().nullable().exactOptional(),
});
const id = z.string().transform(keyId);

const command: z.ZodType<AdminCommand> = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['wake-keys', 'disable-keys', 'enable-keys']), keys }),
  z.object({ kind: z.literal('add-key'), provider, keyId: id, sealed: z.string(), settings: ownSettings }),
  z.object({ kind: z.literal('set-key'), keyId: id, patch: settingsPatch }),
  z.object({ kind: z.literal('remove-key'), keyId: id }),
  z.object({ kind: z.literal('reload') }),
  z.object({ kind: z.literal('renew-token'), mark: z.string() }),
  z.object({ kind: z.literal('cancel-job'), jobId: z.string().transform(jobId) }),
  z.object({ kind: z.literal('block'), id: z.number(), reason: z.string().exactOptional() }),
  z.object({ kind: z.literal('unblock'), id: z.number() }),
  z.object({ kind: z.literal('add-premium'), userId: z.number(), days: z.number(), grant: z.string() }),
]);

const added: z.ZodType<KeyAdded> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('added'), id }),
  z.object({ kind: z.enum(['no-master-key', 'no-such-provider', 'known']) }),
  z.object({ kind: z.literal('malformed'), why: z.string() }),
  z.object({ kind: z.enum(['refused', 'not-tested']), reason: z.enum(reasons) }),
]);
const removed: z.ZodType<KeyRemoved> = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['removed', 'no-such-key']) }),
  z.object({ kind: z.literal('configured'), where: z.string() }),
]);

const answer: z.ZodType<AdminAnswer> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('keys-changed'), count: z.number() }),
  z.object({ kind: z.literal('reloaded'), keys: z.number(), mistakes: z.array(z.string()) }),
  z.object({ kind: z.literal('key-added'), added }),
  z.object({ kind: z.literal('key-set'), isKnown: z.boolean() }),
  z.object({ kind: z.literal('key-removed'), removed }),
  z.object({ kind: z.literal('token-renewed'), isInUse: z.boolean(), mistakes: z.array(z.string()) }),
  z.object({ kind: z.literal('job-cancelled'), ending: z.enum(['cancelled', 'too-late', 'not-found']) }),
  z.object({ kind: z.literal('block-changed'), value: z.boolean() }),
  z.object({ kind: z.literal('premium-added'), untilMs: z.number() }),
]);

const pendingRow = z.object({ seq: z.number(), command: z.string().transform(fromJson).pipe(command) });
const answerRow = z.object({ answer: z.string().transform(fromJson).pipe(answer) });

/** Stores admin commands as rows, for the owner of the database and for other processes. */
export function createAdminCommands(database: Database): AdminCommands {
  return {
    pending: () =>
      database.read(function* () {
        const rows = yield* database.all('SELECT seq, command FROM admin_commands WHERE answer IS NULL ORDER BY seq');
        return rows.flatMap((row) => {
          const read = pendingRow.safeParse(row);
          return read.success ? [read.data] : [];
        });
      }),
    ask: async (asked, nowMs) =>
      database.commit(function* () {
        const sql = 'INSERT INTO admin_commands (command, asked_at_ms) VALUES (?, ?) RETURNING seq';
        return numberOf(yield* database.get(sql, JSON.stringify(asked), Math.round(nowMs)), 'seq');
      }),
    answer: async (seq, given, nowMs) =>
      database.commit(function* () {
        const atMs = Math.round(nowMs);
        const json = JSON.stringify(given);
        // The first answer is that of the process which made the change.
        const sql = 'UPDATE admin_commands SET answer = ?, answered_at_ms = ? WHERE seq = ? AND answer IS NULL';
        yield* database.run(sql, json, atMs, seq);
        yield* database.run('DELETE FROM admin_commands WHERE answered_at_ms < ?', atMs - answersForMs);
      }),
    answerOf: (seq) =>
      database.read(function* () {
        const row = answerRow.safeParse(yield* database.get('SELECT answer FROM admin_commands WHERE seq = ?', seq));
        return row.success ? row.data.answer : undefined;
      }),
  };
}
