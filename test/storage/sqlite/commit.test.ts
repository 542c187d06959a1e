import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';

const insert = 'INSERT INTO users (id) VALUES (?)';

test('Database.commit() undoes the work that throws, alone, and keeps what was asked for beside it', async () => {
  using database = openDatabase({ path: ':memory:' });
  const outcomes = await Promise.allSettled([
    database.commit(() => database.run(insert, 1)),
    database.commit(() => {
      database.run(insert, 2);
      throw new Error('Cannot go on');
    }),
    database.commit(() => database.run(insert, 3)),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(database.all('SELECT id FROM users ORDER BY id').map((row) => row['id'])).toEqual([1, 3]);
});

test('Database.commit() shares one commit among all that ask in the same turn', async () => {
  using database = openDatabase({ path: ':memory:' });
  const seen: number[] = [];
  const count = () => Number(database.get('SELECT count(*) AS n FROM users')?.['n']);
  const work = [4, 5, 6].map((id) =>
    database.commit(() => {
      database.run(insert, id);
      seen.push(count());
    }),
  );
  expect(count()).toBe(0);
  await work[0];
  // The first promise resolves after the one commit, when the work of all three is done.
  expect([seen, count()]).toEqual([[1, 2, 3], 3]);
  await Promise.all(work);
});

test('Database.commit() keeps what was asked for just before the database is closed', async () => {
  const database = openDatabase({ path: ':memory:' });
  const asked = database.commit(() => database.run(insert, 7));
  database[Symbol.dispose]();
  await expect(asked).resolves.toBe(1);
});

test('Database.commit() rejects everybody when the commit itself cannot be made', async () => {
  using database = openDatabase({ path: ':memory:' });
  database.script('PRAGMA foreign_keys = ON; CREATE TABLE child (id REFERENCES users DEFERRABLE INITIALLY DEFERRED)');
  const outcomes = await Promise.allSettled([
    database.commit(() => database.run(insert, 8)),
    database.commit(() => database.run('INSERT INTO child VALUES (99)')),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(database.get('SELECT count(*) AS n FROM users')?.['n']).toBe(0);
});
