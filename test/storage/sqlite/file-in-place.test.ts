import { renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { scratch } from './scratch.ts';

const insert = 'INSERT INTO users (id) VALUES (?)';

test.each([
  ['moved', (file: string) => renameSync(file, `${file}.elsewhere`)],
  ['deleted', (file: string) => rmSync(file)],
  ['left without its write-ahead log', (file: string) => rmSync(`${file}-wal`)],
  [
    'replaced',
    (file: string) => {
      openDatabase({ path: `${file}.other` })[Symbol.dispose]();
      renameSync(`${file}.other`, file);
    },
  ],
])('Database refuses every write once its file is %s, and reports it', async (_how, move) => {
  using place = scratch();
  const refusals: StorageError[] = [];
  using database = openDatabase({ path: place.file, onRefusal: (error) => refusals.push(error) });
  database.runNow(insert, 1);
  move(place.file);
  const refused = expect.objectContaining({ code: 'moved', isRefusal: true }) as unknown;
  expect(() => database.runNow(insert, 2)).toThrow(refused);
  expect(() => database.transaction(() => database.runNow(insert, 2))).toThrow(refused);
  await expect(database.commit(() => database.run(insert, 2))).rejects.toEqual(refused);
  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['moved']));
});

test('Database writes again once its file is back', () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  database.runNow(insert, 1);
  const names = ['', '-wal', '-shm'];
  for (const name of names) renameSync(place.file + name, `${place.file}.elsewhere${name}`);
  expect(() => database.runNow(insert, 2)).toThrow(StorageError);
  for (const name of names) renameSync(`${place.file}.elsewhere${name}`, place.file + name);
  database.runNow(insert, 3);
  expect(database.allNow('SELECT id FROM users ORDER BY id').map(({ id }) => id)).toEqual([1, 3]);
});
