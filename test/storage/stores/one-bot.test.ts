import { expect, test } from 'vitest';
import { bindToBot } from '../../../src/storage/stores/bot-binding.ts';
import { onBothEngines } from '../on-both-engines.ts';

const words = { place: '"a"', ownPlace: 'set DATA_DIR' };

onBothEngines(({ open }) => {
  test('a database belongs to the bot that used it first, whatever its token is later (Q19)', async () => {
    await using store = await open();
    const { database } = store;
    await bindToBot(database, 123_456_789, words);
    await bindToBot(database, 123_456_789, words);
    await expect(bindToBot(database, 987_654_321, words)).rejects.toMatchObject({
      code: 'foreign',
      message:
        'Cannot start: database "a" belongs to the bot 123456789, and TELEGRAM_BOT_TOKEN is of the bot 987654321; set DATA_DIR',
    });
    await bindToBot(database, 123_456_789, words);
  });
});
