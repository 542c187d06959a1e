import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { migrations } from '../../../src/storage/sqlite/migrate.ts';
import { openReadOnly, saltOf } from '../../../src/storage/sqlite/open-read-only.ts';
import { isOwned, takeOwnership } from '../../../src/storage/sqlite/owner-lock.ts';
import { createKeyStore } from '../../../src/storage/stores/key-store.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { scratch } from './scratch.ts';

test('openReadOnly() sees what the owner has committed, while the owner goes on', async () => {
  using place = scratch();
  using owner = openDatabase({ path: place.file });
  using beside = openReadOnly(place.file);
  if (beside === undefined) throw new Error('Cannot find the database');
  expect(saltOf(beside)).toBeUndefined();
  const salt = await createKeyStore(owner).salt();
  expect(saltOf(beside)).toBe(salt);
});

test('openReadOnly() cannot write unless it was asked for', () => {
  using place = scratch();
  using _owner = openDatabase({ path: place.file });
  const change = `INSERT INTO settings (name, value) VALUES ('a', 'b')`;
  using reader = openReadOnly(place.file);
  expect(() => reader?.runNow(change)).toThrow(StorageError);
  using writer = openReadOnly(place.file, { writable: true });
  expect(writer?.runNow(change)).toBe(1);
});

test('openReadOnly() answers nothing, and makes nothing, where no bot has run', () => {
  using place = scratch();
  expect(openReadOnly(place.file)).toBeUndefined();
  expect(openReadOnly(place.file, { writable: true })).toBeUndefined();
  expect(existsSync(path.dirname(place.file))).toBe(false);
  mkdirSync(path.dirname(place.file));
  writeFileSync(place.file, '');
  expect(openReadOnly(place.file)).toBeUndefined();
});

test.each([
  ['older', migrations.slice(0, 1), 'older-schema'],
  ['newer', [...migrations, { version: 9_999, sql: '' }], 'newer-schema'],
] as const)('openReadOnly() refuses an %s schema and leaves it as it is', (_name, steps, code) => {
  using place = scratch();
  openDatabase({ path: place.file, steps })[Symbol.dispose]();
  expect(() => openReadOnly(place.file, { writable: true })).toThrow(expect.objectContaining({ code }) as Error);
  expect(() => openDatabase({ path: place.file, steps })[Symbol.dispose]()).not.toThrow();
  expect(readdirSync(path.dirname(place.file)).filter((name) => name.includes('schema-'))).toEqual([]);
});

test('openReadOnly() says of something else that it is no database', () => {
  using place = scratch();
  mkdirSync(path.dirname(place.file));
  writeFileSync(place.file, 'not a database, but long enough to look like something that could be one'.repeat(20));
  expect(() => openReadOnly(place.file)).toThrow(expect.objectContaining({ code: 'corrupt' }) as Error);
});

test('openReadOnly() tells a file that it may not look at from an absent one', () => {
  using place = scratch();
  mkdirSync(path.dirname(place.file));
  symlinkSync(place.file, place.file);
  expect(() => openReadOnly(place.file)).toThrow(/run this as the user who runs the bot/);
});

test('isOwned() tells whether somebody owns the folder, and does not get in the way', () => {
  using place = scratch();
  expect(isOwned(place.dir)).toBe(false);
  const owner = takeOwnership(place.dir);
  expect(isOwned(place.dir)).toBe(true);
  expect(isOwned(place.dir)).toBe(true);
  owner[Symbol.dispose]();
  expect(isOwned(place.dir)).toBe(false);
  takeOwnership(place.dir)[Symbol.dispose]();
});
