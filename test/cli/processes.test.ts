import { expect, test } from 'vitest';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { createProcessStore } from '../../src/storage/postgres/process-store.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { aCommandLine } from './command-line.ts';

test('darkroom processes says whether the one process of a database file runs', async () => {
  using cli = aCommandLine();
  expect(await cli.run('processes')).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^No process runs/) as string,
  });
  using _ = takeOwnership(cli.dataDir);
  expect(await cli.run('processes')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^One process runs/) as string,
  });
  expect(JSON.parse((await cli.run('processes --json')).out)).toEqual({ database: 'sqlite', running: 1 });
});

test.skipIf(!hasPostgres)(
  'darkroom processes shows versions, beats, roles and jobs of those that share a database',
  async () => {
    using cli = aCommandLine();
    await using own = await testDatabase();
    cli.env['DATABASE_URL'] = own.url.reveal();
    expect(await cli.run('processes')).toMatchObject({
      code: 1,
      out: 'No process runs, and none has run within a day.\n',
    });
    await using one = await openPostgres({ url: own.url, version: '1.2.3' });
    await using two = await openPostgres({ url: own.url, version: '1.3.0' });
    await createProcessStore(one).beat(one.process, ['telegram']);
    await two.database.commit(function* () {
      yield* two.database.run(
        `INSERT INTO processes (id, host, pid, version, schema_version, started_at_ms, beat_at_ms)
       VALUES ('gone', 'elsewhere', 7, '1.1.0', 28, now_ms() - 60000, now_ms() - 30000)`,
      );
    });
    const { code, out } = await cli.run('processes --json');
    expect(code).toBe(0);
    const { running, processes } = JSON.parse(out) as {
      running: number;
      processes: readonly Record<string, unknown>[];
    };
    expect(running).toBe(2);
    expect(processes.map(({ id, version, isAlive, roles, jobs }) => ({ id, version, isAlive, roles, jobs }))).toEqual([
      { id: two.process.id, version: '1.3.0', isAlive: true, roles: [], jobs: 0 },
      { id: one.process.id, version: '1.2.3', isAlive: true, roles: ['telegram'], jobs: 0 },
      { id: 'gone', version: '1.1.0', isAlive: false, roles: [], jobs: 0 },
    ]);
    const shown = (await cli.run('processes')).out.split('\n');
    expect(shown[0]).toMatch(/^process +host +pid +version +started +last beat +jobs +roles$/);
    expect(shown[2]).toMatch(/ 1\.2\.3 +.* ago +0 +telegram$/);
    expect(shown[3]).toMatch(/^gone +elsewhere +7 +1\.1\.0 +.* ago, dead +0 +–$/);
  },
);
