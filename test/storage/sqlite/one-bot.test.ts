import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { bindToBot } from '../../../src/storage/stores/bot-binding.ts';
import { scratch } from './scratch.ts';

const words = { place: '"a"', ownPlace: 'set DATA_DIR' };

test('a database belongs to the bot that used it first, whatever its token is later (Q19)', async () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  await bindToBot(database, 123_456_789, words);
  await bindToBot(database, 123_456_789, words);
  await expect(bindToBot(database, 987_654_321, words)).rejects.toMatchObject({
    code: 'foreign',
    message:
      'Cannot start: database "a" belongs to the bot 123456789, and TELEGRAM_BOT_TOKEN is of the bot 987654321; set DATA_DIR',
  });
  await bindToBot(database, 123_456_789, words);
});
