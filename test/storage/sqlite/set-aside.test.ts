import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { setAsideDatabase } from '../../../src/storage/sqlite/backup.ts';
import { scratch } from './scratch.ts';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

test('setAsideDatabase() renames a damaged database with what belongs to it, and the next start makes a new one', () => {
  using place = scratch();
  openDatabase({ path: place.file })[Symbol.dispose]();
  for (const suffix of ['', '-wal', '-shm']) writeFileSync(place.file + suffix, 'noise '.repeat(1_000));
  const aside = setAsideDatabase(place.file, nowMs);
  expect(aside).toBe(`${place.file}.aside-20260102T030405Z`);
  const name = path.basename(aside);
  expect(readdirSync(path.dirname(place.file)).sort()).toEqual([name, `${name}-shm`, `${name}-wal`]);
  using database = openDatabase({ path: place.file });
  expect(database.allNow('SELECT id FROM jobs')).toEqual([]);
});

test('setAsideDatabase() overwrites nothing that was set aside before', () => {
  using place = scratch();
  const names = [1, 2, 3].map(() => {
    openDatabase({ path: place.file })[Symbol.dispose]();
    return setAsideDatabase(place.file, nowMs);
  });
  expect(new Set(names).size).toBe(3);
  expect(names.every((name) => existsSync(name))).toBe(true);
});

test('setAsideDatabase() says so when there is nothing to set aside', () => {
  using place = scratch();
  expect(() => setAsideDatabase(place.file, nowMs)).toThrow(expect.objectContaining({ code: 'missing' }));
});
