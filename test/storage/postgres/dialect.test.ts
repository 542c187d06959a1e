import { expect, test } from 'vitest';
import { toPostgres } from '../../../src/storage/postgres/dialect.ts';

test.each([
  [
    'parameters in order',
    'SELECT * FROM jobs WHERE id = ? AND fence = ?',
    'SELECT * FROM jobs WHERE id = $1 AND fence = $2',
  ],
  [
    'numbered parameters',
    'SELECT ?1 AS id, ? FROM jobs WHERE id = ?1 AND fence = ?',
    'SELECT $1 AS id, $2 FROM jobs WHERE id = $1 AND fence = $3',
  ],
  [
    'a question mark in a text',
    "UPDATE jobs SET prompt = 'why?' WHERE id = ?",
    "UPDATE jobs SET prompt = 'why?' WHERE id = $1",
  ],
  ['a quote in a text', "SELECT 'it''s ?' WHERE ? = 1", "SELECT 'it''s ?' WHERE $1 = 1"],
  [
    'IS between values',
    'DELETE FROM effects WHERE fence IS ?',
    'DELETE FROM effects WHERE fence IS NOT DISTINCT FROM $1',
  ],
  [
    'IS NOT between values',
    "SELECT owner IS NOT ?, kind IS 'a' FROM jobs",
    "SELECT owner IS DISTINCT FROM $1, kind IS NOT DISTINCT FROM 'a' FROM jobs",
  ],
  [
    'IS NULL stays',
    'SELECT 1 FROM jobs WHERE note IS NULL OR held IS NOT NULL',
    'SELECT 1 FROM jobs WHERE note IS NULL OR held IS NOT NULL',
  ],
  [
    'a cast to a number',
    "SELECT CAST(substr(note, instr(note, ' ')) AS INTEGER) AS n",
    "SELECT leading_integer(substr(note, instr(note, ' '))) AS n",
  ],
  [
    'names in mixed case',
    'SELECT now_round AS nowRound, "odd Name" FROM lane_rounds',
    'SELECT now_round AS "nowRound", "odd Name" FROM lane_rounds',
  ],
  [
    'a conflict without columns',
    'INSERT INTO rests (place, until_ms) VALUES (?, ?) ON CONFLICT DO UPDATE SET until_ms = 1',
    'INSERT INTO rests (place, until_ms) VALUES ($1, $2) ON CONFLICT (place) DO UPDATE SET until_ms = 1',
  ],
  [
    'a conflict with columns',
    'INSERT INTO rests (place) VALUES (?) ON CONFLICT (place) DO NOTHING',
    'INSERT INTO rests (place) VALUES ($1) ON CONFLICT (place) DO NOTHING',
  ],
  [
    'a row that replaces another',
    'INSERT OR REPLACE INTO calls (job_id, call, fence, trail) VALUES (?, ?, ?, ?)',
    'INSERT INTO calls (job_id, call, fence, trail) VALUES ($1, $2, $3, $4) ON CONFLICT (job_id, call) DO UPDATE SET fence = excluded.fence, trail = excluded.trail',
  ],
  [
    'a row that may be there',
    'INSERT OR IGNORE INTO notices (id, told_at_ms) VALUES (?, ?)',
    'INSERT INTO notices (id, told_at_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING',
  ],
])('toPostgres() translates %s', (_, sqlite, postgres) => {
  expect(toPostgres(sqlite)).toBe(postgres);
});

test('toPostgres() refuses a conflict of a table whose key it does not know', () => {
  expect(() => toPostgres('INSERT INTO nothing (a) VALUES (?) ON CONFLICT DO UPDATE SET a = 1')).toThrow(
    'Cannot translate a conflict of table "nothing": its key is not known',
  );
});
