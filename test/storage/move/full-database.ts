import { anEngine } from '../sqlite/an-engine.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';
import { movedTables } from '../../../src/storage/move/moved-table.ts';
import { openDatabase, type SqliteDatabase } from '../../../src/storage/sqlite/database.ts';

/** What the checks of the schema want in place of any text. */
const states: Readonly<Record<string, string>> = {
  'payments.state': 'paid',
  'payments.renewal': 'on',
  'blocks.kind': 'rest',
  'access.state': 'asked',
  'broadcasts.state': 'draft',
  'broadcast_people.state': 'sent',
  'result_copies.state': 'kept',
  'webhook_outbox.state': 'waiting',
  'inbox.state': 'new',
  'effects.kind': 'once',
};

const words = ['fox 🦊, \u00e9\u0301 "quoted" \\ line\nend', '', '{"a":"\ud83d\ude00","b":[1,null]}', 'ünï\tcode'];

/** A database with jobs in every state, and with rows in every table. */
export async function fillDatabase(path: string, jobs = 12): Promise<void> {
  using database = openDatabase({ path });
  const engine = anEngine(database);
  for (let updateId = 1; updateId <= jobs; updateId += 1) {
    await accepted(engine, { updateId, userId: 10 + (updateId % 5), lane: updateId % 3 === 0 ? 'premium' : 'free' });
  }
  const leases = [];
  for (let count = 0; count < 5; count += 1) leases.push(await claimed(engine));
  const [done, cancelled, parked, failed] = leases;
  const file = { path: '/data/results/a.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;
  if (done !== undefined) {
    await engine.queue.settle(done.lease, { kind: 'result', payload: { kind: 'file', file }, model: 'fox' });
    const delivery = await engine.delivery.claim(done.job.id);
    if (delivery !== undefined) await engine.delivery.done(delivery.lease);
  }
  if (cancelled !== undefined) await engine.queue.settle(cancelled.lease, { kind: 'cancelled' });
  if (parked !== undefined)
    await engine.queue.park(parked.lease, {
      line: 'bytez',
      readyAtMs: startMs + 60_000,
      reason: 'keys-cooling',
      progress: { candidate: 0, attempts: 1, calls: 2 },
    });
  if (failed !== undefined) await engine.queue.settle(failed.lease, { kind: 'failed', code: 'refused' });
  fillTables(database);
  // The last of them is gone: its number is not given again.
  database.runNow(`DELETE FROM admin_commands WHERE seq = (SELECT max(seq) FROM admin_commands)`);
}

/** Three rows in every table that has none. */
function fillTables(database: SqliteDatabase): void {
  for (const { name, columns } of movedTables()) {
    if (database.getNow(`SELECT 1 AS found FROM "${name}"`) !== undefined) continue;
    for (let place = 1; place <= 3; place += 1) {
      const values = columns.map((column, index) => {
        const state = states[`${name}.${column.name}`];
        if (state !== undefined) return state;
        if (column.isInteger) return /^(?:is|has|wants|linked)/.test(column.name) ? place % 2 : place;
        return `${words[(place + index) % words.length]}${place}`;
      });
      const names = columns.map((column) => `"${column.name}"`).join(', ');
      database.runNow(`INSERT INTO "${name}" (${names}) VALUES (${values.map(() => '?').join(', ')})`, ...values);
    }
  }
}

/** Everything that a database file holds: schema, rows and the numbers that were last given. */
export function contentsOfFile(path: string): Readonly<Record<string, unknown>> {
  using database = openDatabase({ path });
  return {
    schema: database.allNow(
      `SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name`,
    ),
    numbers: database.allNow('SELECT name, seq FROM sqlite_sequence ORDER BY name'),
    version: database.getNow('PRAGMA user_version'),
    waiting: database.allNow('SELECT * FROM waiting_counts ORDER BY line, lane, tier, round'),
    ...Object.fromEntries(
      movedTables().map(({ name, key }) => [
        name,
        database.allNow(`SELECT * FROM "${name}" ORDER BY ${key.map((column) => `"${column}"`).join(', ')}`),
      ]),
    ),
  };
}

/** Adds told jobs, each with its credit and its trail, as a bot keeps them that has made so many results. */
export function addToldJobs(path: string, jobs: number): void {
  using database = openDatabase({ path });
  const columns = movedTables().flatMap(({ name, columns: own }) =>
    name === 'jobs' ? own.map((one) => one.name) : [],
  );
  const values: Readonly<Record<string, string>> = {
    seq: '10000 + i',
    id: `'tg-' || (10000 + i)`,
    update_id: '10000 + i',
    user_id: '10 + i % 1000',
    prompt: `'a red fox, number ' || i`,
  };
  const list = (pick: (name: string) => string) => columns.map(pick).join(', ');
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${jobs})`;
  database.transaction(() => {
    database.script(`${numbers} INSERT INTO jobs (${list((name) => `"${name}"`)})
      SELECT ${list((name) => values[name] ?? `jobs."${name}"`)} FROM n, jobs WHERE jobs.state = 'told'`);
    database.script(`${numbers} INSERT INTO calls (job_id, call, fence, trail)
      SELECT 'tg-' || (10000 + i), 1, 1, '{"provider":"bytez","model":"fox","result":{"kind":"answered","ms":45200}}' FROM n`);
  });
}
