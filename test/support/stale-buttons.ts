import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';

/**
 * Status messages that still offer to cancel a request whose outcome was told: they lie for ever. Called when the bot has
 * ended; an outcome that is yet to be told corrects its message, and one that is held when it is shown.
 */
export function staleStatusMessages(telegram: TelegramSandbox, dataDir: string): readonly string[] {
  const file = join(dataDir, 'darkroom.db');
  if (!existsSync(file)) return [];
  try {
    using database = new DatabaseSync(file, { readOnly: true });
    const told = database
      .prepare(
        `SELECT id, chat_id, receipt_id FROM jobs WHERE state = 'told' AND held IS NULL AND receipt_id IS NOT NULL`,
      )
      .all();
    return told.flatMap(({ id, chat_id, receipt_id }) => {
      const buttons = telegram.buttonsOf(Number(chat_id), Number(receipt_id));
      return buttons.includes(`cancel:${String(id)}`) ? [`${String(id)} in chat ${String(chat_id)}`] : [];
    });
  } catch (error) {
    // A test that damages its database has nothing left to look into.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR') return [];
    throw error;
  }
}
