import { randomInt } from 'node:crypto';
import type { AlertStore } from '../../domain/admin-api.ts';
import { jobId } from '../../domain/ids.ts';
import { deadAfterMs } from '../../domain/shared/processes.ts';
import type { SendPlaces } from '../../domain/shared/send-places.ts';
import type { SharedAlerts, SharedStores } from '../../domain/shared/shared-stores.ts';
import type { Database } from '../database.ts';
import { numberOf } from '../rows.ts';
import { raisedAlertsIn } from '../stores/admin-state.ts';
import { outcomeKind } from '../stores/jobs/job-rows.ts';
import { createSharedKeys } from '../stores/shared-keys.ts';
import { tell } from './listening.ts';
import type { PostgresStorage } from './open-postgres.ts';
import { createProcessStore } from './process-store.ts';
import { createSharedInbox } from './shared-inbox.ts';

/** `randomInt` spans no more. */
const maxTake = 2 ** 48 - 1;

const livingIds = `SELECT id FROM processes WHERE beat_at_ms >= now_ms() - ${deadAfterMs}`;

/** Longer than a process tries to close a message while Telegram is in trouble, and than an edit may come late. */
const [leftToldMs, leftWordsMs] = [180_000, 90_000];
/** Whether the status message became the outcome; the note of a result names its message last. */
const isInStatusMessage = `EXISTS (SELECT 1 FROM effects WHERE job_id = jobs.id AND effect = 'result'
  AND substring(note FROM '[0-9]+$') = receipt_id::text)`;

/** What the processes of a database share, and the alerts of this one among those of all. */
export function createSharedStores(storage: Pick<PostgresStorage, 'database' | 'beats' | 'listening' | 'process'>): {
  readonly shared: SharedStores;
  readonly alerts: AlertStore;
} {
  const { database, beats, listening, process } = storage;
  const alerts = createSharedAlerts(database);
  return {
    shared: {
      facts: process,
      processes: createProcessStore(storage),
      inbox: createSharedInbox(database),
      places: createSendPlaces(database),
      alerts,
      keys: createSharedKeys(database, { tell, on: (topic, listener) => listening.on(topic, listener) }, beats),
      takeOrphans: () =>
        database.commit(function* () {
          const rows = yield* database.all(
            `UPDATE jobs SET owner = ? WHERE state = 'ended' AND (owner IS NULL OR owner NOT IN (${livingIds}))
             RETURNING id, ended_at_ms`,
            process.id,
          );
          const oldestFirst = rows.toSorted(
            (one, other) => numberOf(one, 'ended_at_ms') - numberOf(other, 'ended_at_ms'),
          );
          return oldestFirst.map((row) => jobId(String(row['id'])));
        }),
      takeLeftTold: () =>
        database.commit(function* () {
          const rows = yield* database.all(
            `UPDATE jobs SET owner = ? WHERE state = 'told' AND held IS NULL AND album IS NULL AND forgotten = 0
               AND told_at_ms >= now_ms() - ${leftToldMs} AND owner NOT IN (${livingIds})
               AND EXISTS (SELECT 1 FROM effects WHERE job_id = jobs.id AND effect = 'result' AND note IS NOT NULL)
               AND (NOT ${isInStatusMessage} OR (${outcomeKind} <> 'result' AND told_at_ms >= now_ms() - ${leftWordsMs}))
             RETURNING id, NOT ${isInStatusMessage} AS apart`,
            process.id,
          );
          return rows.map((row) => ({ id: jobId(String(row['id'])), isApart: numberOf(row, 'apart') === 1 }));
        }),
    },
    alerts: { load: () => alerts.raised(), save: (raised) => saveAlerts(database, process.id, raised) },
  };
}

function createSharedAlerts(database: Database): SharedAlerts {
  return {
    raised: () =>
      database.read(function* () {
        const all = raisedAlertsIn(
          yield* database.all(`SELECT alert FROM process_alerts WHERE process_id IN (${livingIds})`),
        );
        const oldestFirst = all.toSorted((one, other) => one.raisedAtMs - other.raisedAtMs);
        return [...new Map(oldestFirst.toReversed().map((alert) => [alert.id, alert])).values()].toReversed();
      }),
    told: () =>
      database.read(function* () {
        return raisedAlertsIn(yield* database.all('SELECT alert FROM told_alerts'));
      }),
    noteTold: (alert, isRaised) =>
      database.commit(function* () {
        if (!isRaised) yield* database.run('DELETE FROM told_alerts WHERE id = ?', alert.id);
        else {
          const sql = 'INSERT INTO told_alerts (id, alert) VALUES (?, ?) ON CONFLICT DO NOTHING';
          yield* database.run(sql, alert.id, JSON.stringify(alert));
        }
      }),
  };
}

function saveAlerts(database: Database, processId: string, alerts: Parameters<AlertStore['save']>[0]): Promise<void> {
  return database.commit(function* () {
    yield* database.run(
      'DELETE FROM process_alerts WHERE process_id = ? OR process_id NOT IN (SELECT id FROM processes)',
      processId,
    );
    const sql = 'INSERT INTO process_alerts (process_id, id, alert) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
    for (const alert of alerts) yield* database.run(sql, processId, alert.id, JSON.stringify(alert));
  });
}

function createSendPlaces(database: Database): SendPlaces {
  return {
    take: async ({ place, messages, burst, everyMs, perMinute = 0, isUrgent }) => {
      // This commit does not wait for the disk: where the server dies within the next second, a few messages go uncounted.
      const sql = `SELECT take_send_place(?, ?, ?, ?, ?, ? = 1, ?) AS wait_ms,
        set_config('synchronous_commit', 'off', true)`;
      // The same at a repetition, by which a place is known that was taken although its answer was lost.
      const take = randomInt(maxTake);
      const values = [String(place), messages, burst, everyMs, perMinute, Number(isUrgent), take];
      return numberOf(await database.read(() => database.get(sql, ...values)), 'wait_ms');
    },
  };
}
