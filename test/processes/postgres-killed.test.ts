import { expect, test } from 'vitest';
import { hasPostgres } from '../support/postgres-server.ts';
import { killPostgres } from './postgres-kills.ts';

test.skipIf(!hasPostgres)(
  'three processes end every job once although PostgreSQL is killed under them, twice',
  async () => {
    const report = await killPostgres({ jobs: 300, kills: 2, people: 40 });
    expect(report).toEqual({
      kills: 2,
      lost: 0,
      twice: 0,
      refused: 0,
      unbalanced: 0,
      mostRunning: expect.toSatisfy((most: number) => most <= 1),
      longestPauseMs: expect.any(Number),
    });
  },
);
