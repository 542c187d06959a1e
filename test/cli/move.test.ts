import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { fillDatabase } from '../storage/move/full-database.ts';
import { aCommandLine } from './command-line.ts';

test.skipIf(!hasPostgres)('darkroom move moves there and back, and says what comes next', async () => {
  using cli = aCommandLine();
  await using own = await testDatabase();
  cli.env['DATABASE_URL'] = own.url.reveal();
  await fillDatabase(join(cli.dataDir, 'darkroom.db'));
  const there = await cli.run('move --to postgres');
  expect(there.err).toMatch(/^copying, \d+ %, \d+ of \d+ rows\n(?:.*\n)*checking, 100 %, /);
  expect(there.out).toMatch(
    /^Moved \d+ rows of \d+ tables from ".*darkroom\.db" to "[^"]+": compared row by row, the same on both sides\.\n/,
  );
  expect(there.out).toContain('Next: set DATABASE_URL for every process of the bot');
  expect(there.code).toBe(0);
  const back = await cli.run('move --to sqlite --json');
  expect(back.code).toBe(0);
  const report = JSON.parse(back.out) as {
    rows: number;
    tables: { table: string; rows: number; sha256: string }[];
    aside: string;
  };
  expect(report.tables.reduce((sum, { rows }) => sum + rows, 0)).toBe(report.rows);
  expect(report.tables.find(({ table }) => table === 'jobs')).toEqual({
    table: 'jobs',
    rows: 12,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(report.aside).toContain('darkroom.db.aside-');
});

test('darkroom move says what is missing, and refuses while the bot runs', async () => {
  using cli = aCommandLine();
  expect(await cli.run('move --to postgres')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^Cannot move: DATABASE_URL is not set; set it to the PostgreSQL database/) as string,
  });
  cli.env['DATABASE_URL'] = 'postgres://ann:hidden-word@127.0.0.1:1/none';
  expect(await cli.run('move --to postgres')).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is nothing to move: the bot has never run') as string,
  });
  cli.openAsBot()[Symbol.dispose]();
  const away = await cli.run('move --to sqlite');
  expect(away).toMatchObject({
    code: 2,
    err: expect.stringContaining('Cannot reach database "127.0.0.1:1/none"') as string,
  });
  expect(away.err).not.toContain('hidden-word');
  using _ = takeOwnership(cli.dataDir);
  expect(await cli.run('move --to postgres')).toMatchObject({
    code: 2,
    err: `Cannot move: the bot is running and owns "${cli.dataDir}"; stop it first\n`,
  });
  expect((await cli.run('move --to mysql')).code).toBe(2);
  expect((await cli.run('move --help')).out).toContain('goes on where it stopped');
});

test.skipIf(!hasPostgres)('darkroom move that is stopped goes on when it is given again', async () => {
  using cli = aCommandLine();
  await using own = await testDatabase();
  cli.env['DATABASE_URL'] = own.url.reveal();
  await fillDatabase(join(cli.dataDir, 'darkroom.db'));
  const stop = new AbortController();
  const onWrite = () => stop.abort(new Error('Ctrl-C'));
  const first = await cli.run('move --to postgres', { tty: true, stop: stop.signal, onWrite });
  expect(first.code).toBe(130);
  expect(first.err).toContain('Stopped. Give the same command again: it goes on where it stopped.\n');
  const second = await cli.run('move --to postgres --json');
  expect(JSON.parse(second.out)).toMatchObject({ resumedFrom: expect.any(Number) as number });
  expect((JSON.parse(second.out) as { resumedFrom: number }).resumedFrom).toBeGreaterThan(0);
});
