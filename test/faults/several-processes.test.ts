import { expect, test } from 'vitest';
import { processes, shortProcesses } from '../../faults/several/processes.ts';
import { hasPostgres } from '../support/postgres-server.ts';

test.runIf(hasPostgres)(
  'three processes on PostgreSQL lose nothing and show nothing twice while they are killed and frozen and it is killed (Q1)',
  // What may have arrived is repeated after minutes.
  { timeout: 900_000 },
  async () => {
    const { checks, skipped } = await processes(shortProcesses, { seed: 1, progress: () => undefined });
    expect([skipped, checks.filter(({ holds }) => !holds)]).toEqual([undefined, []]);
    const found = new Map(checks.map(({ what, found }) => [what, found]));
    const { kills, freezes, frozenMs, serverKills } = shortProcesses.disasters;
    expect([
      found.get('processes killed'),
      found.get(`processes frozen for ${frozenMs / 1_000} s`),
      found.get('kills of PostgreSQL and all its children'),
    ]).toEqual([kills, freezes, serverKills]);
    expect([...found.keys()]).toEqual(
      expect.arrayContaining([
        'requests lost (neither result nor failure message)',
        'calls of an account at once, as the provider sees them',
      ]),
    );
  },
);
