import { randomInt } from 'node:crypto';
import type { AlertStore } from '../../domain/admin-api.ts';
import { jobId } from '../../domain/ids.ts';
import { deadAfterMs } from '../../domain/shared/processes.ts';
import type { SendPlaces } from '../../domain/shared/send-places.ts';
import type { SharedAlerts, SharedStores } from '../../domain/shared/shared-stores.ts';
import type { Database } from '../database.ts';
import { numberOf } from '../rows.ts';
import { raisedAlertsIn } from '../stores/admin-state.ts';
import { createSharedKeys } from '../stores/shared-keys.ts';
import { tell } from './listening.ts';
import type { PostgresStorage } from './open-postgres.ts';
import { createProcessStore } from './process-store.ts';
import { createSharedInbox } from './shared-inbox.ts';

/** `randomInt` spans no more. */
const maxTake = 2 ** 48 - 1;

const livingIds = `SELECT id FROM processes WHERE beat_at_ms >= now_ms() - ${deadAfterMs}`;

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
      // Nobody waits for the disk here: where the server dies within the next second, a few messages go uncounted.
      const sql = `SELECT take_send_place(?, ?, ?, ?, ?, ? = 1, ?) AS wait_ms,
        set_config('synchronous_commit', 'off', true)`;
      // The same at a repetition, by which a place is known that was taken although its answer was lost.
      const take = randomInt(maxTake);
      const values = [String(place), messages, burst, everyMs, perMinute, Number(isUrgent), take];
      return numberOf(await database.read(() => database.get(sql, ...values)), 'wait_ms');
    },
  };
}
