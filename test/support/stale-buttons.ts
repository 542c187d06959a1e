import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';

/**
 * Messages that still offer to cancel a request that has ended: they lie for ever. Called when the bot has ended. Left out
 * are those that the next start corrects: a status message whose outcome is yet to be told or is held, and a list that is
 * stored; and a status message whose number was lost with the answer to its sending.
 */
export function staleButtons(telegram: TelegramSandbox, dataDir: string): readonly string[] {
  const file = join(dataDir, 'darkroom.db');
  if (!existsSync(file)) return [];
  try {
    using database = new DatabaseSync(file, { readOnly: true });
    const jobs = database.prepare(
      `SELECT state <> 'told' OR held IS NOT NULL AS is_open, receipt_id FROM jobs WHERE id = ?`,
    );
    const isKnown = database.prepare('SELECT 1 FROM status_lists WHERE chat_id = ? AND message_id = ?');
    return telegram.withButtons().flatMap(({ chatId, messageId, data }) =>
      data.flatMap((one) => {
        const [verb, id = ''] = one.split(':');
        if (verb !== 'cancel') return [];
        const job = jobs.get(id);
        const isList = data.includes('status:all');
        const isLeftOut = isList
          ? isKnown.get(chatId, messageId) !== undefined
          : job !== undefined && job['receipt_id'] !== messageId;
        return job?.['is_open'] === 1 || isLeftOut ? [] : [`${id} in message ${messageId} of chat ${chatId}`];
      }),
    );
  } catch (error) {
    // A test that damages its database has nothing left to look into.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR') return [];
    throw error;
  }
}
