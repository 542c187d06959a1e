import type { KeyId } from '../../domain/ids.ts';
import type {
  FactName,
  KnownFact,
  OthersCalls,
  OthersView,
  Published,
  SeatBack,
  SeatTaken,
  SeatClaim,
  SharedFact,
  SharedKeys,
  SharedNews,
} from '../../domain/shared/shared-keys.ts';
import type { Database, Row, Steps } from '../database.ts';
import { numberOf } from '../rows.ts';
import { parseCalls, factOf, keyIdsOf, newsOf } from './shared-key-rows.ts';

/** How processes of one database hear each other; a listener hears undefined when it may have missed something. */
export type News = {
  tell(database: Database, topic: string, text: string): Steps<void>;
  on(topic: string, listener: (text: string | undefined) => void): Disposable;
};

const topic = 'keys';
/** No window that is learned is longer. */
const maxWindowMs = 3_600_000;

/** Keeps in the database what its processes share of keys; all times are those of the database's clock. */
export function createSharedKeys(database: Database, news: News, beats = database): SharedKeys {
  const say = (one: SharedNews) => news.tell(database, topic, JSON.stringify(one));
  /** By itself: transactions that also tell something are committed one after the other. */
  const saySeats = (keyIds: ReadonlySet<KeyId>, holder: string) =>
    database.read(function* () {
      for (const keyId of keyIds) yield* say({ kind: 'seats', keyId, by: holder });
    });
  return {
    join: (holder, leaseMs) => database.commit(() => join(database, holder, leaseMs)),
    beat: (holder, leaseMs) => beats.commit(() => beat(beats, holder, leaseMs)),
    leave: async (holder) => {
      await saySeats(await database.commit(() => leave(database, holder)), holder);
    },
    // Like what gives back: one statement, which is a transaction by itself.
    take: (claim) => database.read(() => take(database, claim)),
    giveBack: async (holder, seats) => {
      await saySeats(await database.read(() => giveBack(database, holder, seats)), holder);
    },
    view: (holder, keys) => database.read(() => view(database, holder, keys)),
    publish: (holder, fact, after, savedAtMs) =>
      database.commit(function* () {
        const published = yield* publish(database, { holder, fact, after, savedAtMs });
        const { kind, id } = fact;
        if (published.kind === 'published') yield* say({ kind: 'fact', name: { kind, id }, by: holder });
        return published;
      }),
    facts: (names) => database.read(() => facts(database, names)),
    takeTurn: (name, holder, span) => database.commit(() => takeTurn(database, name, holder, span)),
    endTurn: (name, holder) =>
      database.commit(function* () {
        const sql = 'UPDATE key_turns SET ended_ms = now_ms() WHERE name = ? AND holder = ? AND ended_ms IS NULL';
        yield* database.run(sql, name, holder);
      }),
    tell: (one) => database.commit(() => say(one)),
    subscribe: (listener) =>
      news.on(topic, (text) => {
        const heard = text === undefined ? ({ kind: 'missed' } as const) : newsOf(text);
        if (heard !== undefined) listener(heard);
      }),
  };
}

function* join(database: Database, holder: string, leaseMs: number): Steps<void> {
  yield* database.run('INSERT INTO key_holders (holder, until_ms) VALUES (?, now_ms() + ?)', holder, leaseMs);
  // Holders that died without anybody wanting a seat of them, and what they held.
  yield* database.run(
    `DELETE FROM key_holders WHERE holder IN
       (SELECT holder FROM key_holders WHERE lease_end_ms(until_ms) < now_ms() - ? FOR UPDATE SKIP LOCKED)`,
    maxWindowMs,
  );
  yield* database.run(
    `DELETE FROM key_seats WHERE seat_id IN
       (SELECT seat_id FROM key_seats AS old WHERE began_ms < now_ms() - ? AND counts_until_ms IS NULL
          AND NOT EXISTS (SELECT 1 FROM key_holders WHERE holder = old.holder) FOR UPDATE SKIP LOCKED)`,
    maxWindowMs,
  );
}

function* beat(database: Database, holder: string, leaseMs: number): Steps<boolean> {
  const sql = 'UPDATE key_holders SET until_ms = now_ms() + ? WHERE holder = ?';
  const isAlive = (yield* database.run(sql, leaseMs, holder)) > 0;
  yield* database.run(
    `DELETE FROM key_seats WHERE seat_id IN
       (SELECT seat_id FROM key_seats WHERE counts_until_ms <= now_ms() FOR UPDATE SKIP LOCKED)`,
  );
  return isAlive;
}

function* leave(database: Database, holder: string): Steps<ReadonlySet<KeyId>> {
  const sql = 'DELETE FROM key_seats WHERE holder = ? AND counts_until_ms IS NULL RETURNING key_id';
  const freed = yield* database.all(sql, holder);
  yield* database.run('DELETE FROM key_holders WHERE holder = ?', holder);
  return keyIdsOf(freed);
}

function* take(database: Database, claim: SeatClaim): Steps<SeatTaken> {
  const { seatId, holder, keyId, accountKeys, limit, keyLimit, window } = claim;
  const row = yield* database.get(
    'SELECT answer, at, calls FROM take_key_seat(?, ?, ?, ?, ?, ?, ?, ?)',
    seatId,
    holder,
    keyId,
    JSON.stringify(accountKeys),
    limit ?? null,
    keyLimit ?? null,
    window?.calls ?? null,
    window === undefined ? null : Math.ceil(window.spanMs),
  );
  const answer = row?.['answer'];
  return answer === 'seat' || answer === 'full' ? { kind: answer, view: viewOf(row) } : { kind: 'fenced' };
}

function* giveBack(database: Database, holder: string, seats: readonly SeatBack[]): Steps<ReadonlySet<KeyId>> {
  const freed = yield* database.all(
    `WITH given AS (SELECT value::json ->> 'seatId' AS id, (value::json ->> 'countsForMs')::bigint AS counts_for_ms
       FROM json_each(?)),
     held AS (SELECT seat_id, counts_for_ms FROM key_seats JOIN given ON seat_id = id
       WHERE holder = ? AND counts_until_ms IS NULL
         AND EXISTS (SELECT 1 FROM key_holders WHERE key_holders.holder = key_seats.holder)),
     gone AS (DELETE FROM key_seats USING held WHERE key_seats.seat_id = held.seat_id AND counts_for_ms = 0
       RETURNING key_id),
     counted AS (UPDATE key_seats SET counts_until_ms = now_ms() + counts_for_ms FROM held
       WHERE key_seats.seat_id = held.seat_id AND counts_for_ms > 0 RETURNING key_id)
     SELECT key_id FROM gone UNION ALL SELECT key_id FROM counted`,
    JSON.stringify(seats.map(({ seatId, countsForMs }) => ({ seatId, countsForMs: Math.ceil(countsForMs) }))),
    holder,
  );
  return keyIdsOf(freed);
}

function* view(database: Database, holder: string, keys: readonly KeyId[] | undefined): Steps<OthersView> {
  const asked = keys === undefined ? null : JSON.stringify(keys);
  return viewOf(yield* database.get('SELECT now_ms() AS at, others_calls(?, ?) AS calls', holder, asked));
}

function viewOf(row: Row | undefined): OthersView {
  const { at, calls } = parseCalls(row);
  const byKey = Map.groupBy(calls, ([keyId]) => keyId);
  return {
    at,
    keys: [...byKey].map(([keyId, some]): OthersCalls => ({
      keyId,
      underWay: some.filter(([, , isHeld]) => isHeld).length,
      beganAgoMs: some.map(([, beganMs]) => at - beganMs),
    })),
  };
}

type Publication = {
  readonly holder: string;
  readonly fact: SharedFact;
  readonly after: number;
  readonly savedAtMs: number;
};

function* publish(database: Database, { holder, fact, after, savedAtMs }: Publication): Steps<Published> {
  const alive = yield* database.get('SELECT 1 AS alive FROM key_holders WHERE holder = ? FOR KEY SHARE', holder);
  if (alive === undefined) return { kind: 'fenced' };
  const { kind, id } = fact;
  // Two that publish the first version at once find no row to lock.
  yield* database.lock(`fact ${kind} ${id}`);
  const before = yield* database.get(`SELECT ${columns} FROM key_facts WHERE kind = ? AND id = ?`, kind, id);
  const known = before && factOf(before);
  if (known !== undefined && known.version !== after) return { kind: 'behind', known };
  const version = Math.max(after, numberOf(before, 'version')) + 1;
  yield* database.run(
    `INSERT INTO key_facts (kind, id, version, fact, saved_at_ms, written_at_ms) VALUES (?, ?, ?, ?, ?, now_ms())
     ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, fact = excluded.fact, saved_at_ms = excluded.saved_at_ms,
       written_at_ms = excluded.written_at_ms`,
    kind,
    id,
    version,
    JSON.stringify(fact),
    Math.round(savedAtMs),
  );
  return { kind: 'published', version };
}

const columns = 'version, fact, saved_at_ms, now_ms() - written_at_ms AS age_ms';

function* facts(database: Database, names: readonly FactName[] | undefined): Steps<readonly KnownFact[]> {
  const rows =
    names === undefined
      ? yield* database.all(`SELECT ${columns} FROM key_facts`)
      : yield* database.all(
          `SELECT ${columns} FROM key_facts WHERE kind || ' ' || id IN (SELECT value FROM json_each(?))`,
          JSON.stringify(names.map(({ kind, id }) => `${kind} ${id}`)),
        );
  return rows.flatMap((row) => factOf(row) ?? []);
}

function* takeTurn(
  database: Database,
  name: string,
  holder: string,
  { forMs, restMs }: { readonly forMs: number; readonly restMs: number },
): Steps<boolean> {
  const taken = yield* database.run(
    `INSERT INTO key_turns (name, holder, until_ms) VALUES (?, ?, now_ms() + ?)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms, ended_ms = NULL
     WHERE least(key_turns.until_ms, coalesce(key_turns.ended_ms,
       (SELECT lease_end_ms(key_holders.until_ms) FROM key_holders WHERE key_holders.holder = key_turns.holder), 0))
       + ? <= now_ms()`,
    name,
    holder,
    Math.ceil(forMs),
    Math.ceil(restMs),
  );
  return taken > 0;
}
