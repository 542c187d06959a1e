import { z } from 'zod';
import type { GroupSettings, GroupStore } from '../../../domain/chats/group-settings.ts';
import { jobKinds } from '../../../domain/kinds.ts';
import type { Database, Steps } from '../../database.ts';
import { lockTurns } from '../jobs/fair-queue.ts';
import { fromJson } from '../../rows.ts';

const settings: z.ZodType<GroupSettings> = z.object({
  kindsOff: z.array(z.enum(jobKinds)).exactOptional(),
  locale: z.string().exactOptional(),
  hasSpoilers: z.literal(true).exactOptional(),
  who: z.literal('admins').exactOptional(),
});

/** What another version wrote and this one cannot read counts as not set. */
const settingsText = z.string().transform(fromJson).pipe(settings).catch({});

/** The settings of groups in the database. */
export function createGroups(database: Database): GroupStore {
  return {
    find: (chatId) =>
      database.read(function* () {
        const row = yield* database.get('SELECT settings FROM group_settings WHERE chat_id = ?', chatId);
        return row === undefined ? {} : settingsText.parse(row['settings']);
      }),
    set: async (chatId, chosen) =>
      database.commit(function* () {
        if (Object.keys(chosen).length === 0) {
          return void (yield* database.run('DELETE FROM group_settings WHERE chat_id = ?', chatId));
        }
        const sql = `INSERT INTO group_settings (chat_id, settings) VALUES (?, ?)
          ON CONFLICT DO UPDATE SET settings = excluded.settings`;
        yield* database.run(sql, chatId, JSON.stringify(chosen));
      }),
  };
}

/**
 * A group has become a supergroup with another id, inside the caller's transaction: its settings, a block of it and its
 * place in the fair order follow. Requests that wait keep their old id, by which their answers find the way.
 */
export function* moveGroup(database: Database, chatId: number, movedTo: number): Steps<void> {
  yield* lockTurns(database, [chatId, movedTo]);
  yield* database.run(
    `UPDATE group_settings SET chat_id = ?1 WHERE chat_id = ?2
     AND NOT EXISTS (SELECT 1 FROM group_settings AS there WHERE there.chat_id = ?1)`,
    movedTo,
    chatId,
  );
  yield* database.run(
    `UPDATE blocks SET id = ?1 WHERE id = ?2
     AND NOT EXISTS (SELECT 1 FROM blocks AS there WHERE there.id = ?1 AND there.kind = blocks.kind)`,
    movedTo,
    chatId,
  );
  yield* database.run(
    `INSERT INTO person_rounds (lane, user_id, last_round) SELECT lane, ?, last_round FROM person_rounds WHERE user_id = ?
     ON CONFLICT DO UPDATE SET last_round = max(person_rounds.last_round, excluded.last_round)`,
    movedTo,
    chatId,
  );
}
