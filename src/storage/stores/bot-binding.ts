import type { Database } from '../database.ts';
import { StorageError } from '../storage-error.ts';

type Place = { readonly place: string; readonly ownPlace: string };

/**
 * Binds the database to one bot permanently, because ids of updates, chats and messages are valid for one bot only.
 * Rejects with a StorageError and changes nothing when the database belongs to another bot.
 */
export async function bindToBot(database: Database, botId: number, { place, ownPlace }: Place): Promise<void> {
  const owner = await database.commit(function* () {
    yield* database.run(
      `INSERT INTO settings (name, value) VALUES ('bot-id', ?) ON CONFLICT (name) DO NOTHING`,
      String(botId),
    );
    return Number((yield* database.get(`SELECT value FROM settings WHERE name = 'bot-id'`))?.['value']);
  });
  if (owner === botId) return;
  throw new StorageError(
    'foreign',
    `Cannot start: database ${place} belongs to the bot ${owner}, and TELEGRAM_BOT_TOKEN is of the bot ${botId}; ${ownPlace}`,
  );
}
