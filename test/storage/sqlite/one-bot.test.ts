import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { bindToBot } from '../../../src/storage/sqlite/owner-lock.ts';
import { scratch } from './scratch.ts';

test('a database belongs to the bot that used it first, whatever its token is later (Q19)', () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  bindToBot(database, 123_456_789);
  bindToBot(database, 123_456_789);
  expect(() => bindToBot(database, 987_654_321)).toThrow(expect.objectContaining({ code: 'foreign' }));
  bindToBot(database, 123_456_789);
});
