import type { Database } from './connection.ts';
import { StorageError } from './storage-error.ts';

/**
 * Binds the database to one bot, for good: ids of updates, chats and messages mean nothing to another one. Throws a
 * StorageError, and changes nothing, when it is another bot's already.
 */
export function bindToBot(database: Database, botId: number): void {
  const owner = database.transaction(() => {
    database.run(
      `INSERT INTO settings (name, value) VALUES ('bot-id', ?) ON CONFLICT (name) DO NOTHING`,
      String(botId),
    );
    return Number(database.get(`SELECT value FROM settings WHERE name = 'bot-id'`)?.['value']);
  });
  if (owner === botId) return;
  throw new StorageError(
    'foreign',
    `Cannot start: database "${database.path}" belongs to the bot ${owner}, and TELEGRAM_BOT_TOKEN is of the bot ${botId}; set DATA_DIR to a folder of its own for each bot`,
  );
}
