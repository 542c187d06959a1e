import {
  deadAfterMs,
  type ProcessNews,
  processRoles,
  type ProcessStore,
  type RoleAnswer,
} from '../../domain/shared/processes.ts';
import { numberOf } from '../rows.ts';
import { tell } from './listening.ts';
import type { PostgresStorage } from './open-postgres.ts';
import { processes } from './processes.ts';

/** A notification carries no more: 8,000 bytes with the name of the topic. */
const maxNewsBytes = 7_500;
const topic = 'news';

type Told = { readonly by: string; readonly news: ProcessNews };

/** Where the processes of a database meet. */
export function createProcessStore({
  database,
  beats,
  listening,
}: Pick<PostgresStorage, 'database' | 'beats' | 'listening'>): ProcessStore {
  return {
    beat: async ({ id }, wanted) => {
      const sql = 'SELECT given_role, given_fence, free_in_ms FROM beat_for_roles(?, ?, ?)';
      const rows = await beats.read(() => beats.all(sql, id, wanted.join(' '), deadAfterMs));
      return Object.fromEntries(
        rows.map((row): [string, RoleAnswer] => [
          String(row['given_role']),
          row['given_fence'] === null
            ? { kind: 'taken', freeInMs: numberOf(row, 'free_in_ms') }
            : { kind: 'held', fence: numberOf(row, 'given_fence') },
        ]),
      );
    },
    release: (id, role) =>
      database.commit(function* () {
        yield* database.run('UPDATE roles SET process_id = NULL WHERE role = ? AND process_id = ?', role, id);
      }),
    leave: (id) =>
      database.commit(function* () {
        yield* database.run('UPDATE roles SET process_id = NULL WHERE process_id = ?', id);
      }),
    living: () =>
      database.read(function* () {
        const nowMs = numberOf(yield* database.get('SELECT now_ms() AS now'), 'now');
        const held = yield* database.all('SELECT role, process_id FROM roles');
        const known = yield* processes(database);
        return known
          .filter(({ isAlive }) => isAlive)
          .map(({ id, host, version, startedAtMs, beatAtMs }) => ({
            id,
            host,
            version,
            startedAgoMs: Math.max(0, nowMs - startedAtMs),
            beatAgoMs: Math.max(0, nowMs - beatAtMs),
            roles: processRoles.filter((role) => held.some((row) => row['role'] === role && row['process_id'] === id)),
          }));
      }),
    tell: async (by, news) => {
      const text = JSON.stringify({ by, news } satisfies Told);
      if (Buffer.byteLength(text) <= maxNewsBytes) await database.read(() => tell(database, topic, text));
    },
    subscribe: (id, listener) =>
      listening.on(topic, (text) => {
        if (text === undefined) return listener({ kind: 'missed' });
        const { by, news } = JSON.parse(text) as Told;
        if (by !== id) listener(news);
      }),
  };
}
