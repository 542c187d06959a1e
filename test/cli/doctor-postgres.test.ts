import { expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { migrations, newestVersion } from '../../src/storage/postgres/migrate.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import type { Secret } from '../../src/kit/secret.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { aCommandLine } from './command-line.ts';

const known = newestVersion(migrations);

async function findingsOf(url: Secret): Promise<readonly string[]> {
  using cli = aCommandLine();
  Object.assign(cli.env, { DATABASE_URL: url.reveal() });
  const { findings } = JSON.parse((await cli.run('doctor --json')).out) as { findings: Finding[] };
  return findings
    .filter(({ check }) => ['database', 'schema', 'processes', 'integrity', 'credits', 'places'].includes(check))
    .map(({ check, level, says, fix = '' }) => `${level} ${check}: ${says}${fix === '' ? '' : `; ${fix}`}`);
}

/** The test's clock stands still at another moment than that of the server, and its server is a fast one. */
const ofTheTest = [
  expect.stringMatching(
    /^good database: PostgreSQL \d+.*"; no TLS; the clocks differ by .*; what is told there is heard$/,
  ),
  expect.stringContaining('fsync or full_page_writes is off'),
  expect.stringMatching(/^warning database: its clock is \d+ ms (?:ahead of|behind) the clock of this machine/),
];

test.skipIf(!hasPostgres)(
  'darkroom doctor says what it finds of a database before and after its first start',
  async () => {
    await using own = await testDatabase();
    expect(await findingsOf(own.url)).toEqual([
      ...ofTheTest,
      'note schema: there is none yet; the first start makes it',
      'note processes: none is running',
    ]);
    await using storage = await openPostgres({ url: own.url, version: '1.2.3' });
    expect(await findingsOf(own.url)).toEqual([
      ...ofTheTest,
      `good schema: version ${known}, as this program writes it`,
      `note processes: 1 process: ${storage.process.host} ${process.pid} (1.2.3)`,
      'good credits: every credit agrees with the outcome of its request',
    ]);
  },
);

test.skipIf(!hasPostgres)('darkroom doctor tells of a schema of another version, and changes nothing', async () => {
  await using own = await testDatabase();
  const open = (ahead: number) => {
    const later = Array.from({ length: ahead }, (_, index) => ({ version: known + 1 + index, sql: 'SELECT 1' }));
    return openPostgres({ url: own.url, version: 'test', steps: [...migrations, ...later] });
  };
  await (await open(1))[Symbol.asyncDispose]();
  expect(await findingsOf(own.url)).toContain(
    `note schema: version ${known + 1}, one ahead of this program; upgrade this program next`,
  );
  await (await open(2))[Symbol.asyncDispose]();
  expect(await findingsOf(own.url)).toContain(
    `bad schema: version ${known + 2}, too far ahead of this program, which writes ${known}; upgrade this program`,
  );
});

test.skipIf(!hasPostgres)(
  'darkroom doctor says what helps when the server cannot be reached, or a pooler stands in between',
  async () => {
    await using own = await testDatabase();
    const gone = await startPostgresProxy(own.url, () => undefined);
    await gone[Symbol.asyncDispose]();
    expect(await findingsOf(gone.url)).toEqual([
      expect.stringMatching(
        /^bad database: Cannot reach database "127\.0\.0\.1:\d+\/test_.*; start the server, or correct host and port in DATABASE_URL/,
      ),
    ]);
    await using pooler = await startPostgresProxy(own.url, (said) =>
      said.includes('LISTEN darkroom')
        ? Buffer.from(said.toString('latin1').replace('LISTEN darkroom', 'SELECT 1       '), 'latin1')
        : undefined,
    );
    expect(await findingsOf(pooler.url)).toContainEqual(
      expect.stringMatching(/^bad database: .* does not arrive; a pooler such as PgBouncer stands in between/),
    );
  },
);
