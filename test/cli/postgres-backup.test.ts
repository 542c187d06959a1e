import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { aCommandLine, type CommandLine } from './command-line.ts';

async function connected(url: string) {
  const client = new Client({ connectionString: url });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** Runs the command that stands alone on a line, in a shell. */
async function runShown(cli: CommandLine, shown: string): Promise<void> {
  const line = shown.split('\n').find((one) => one.startsWith('  ')) ?? '';
  await promisify(execFile)('sh', ['-c', line.trim()], { cwd: cli.dataDir });
}

test('darkroom backup and restore say how PostgreSQL does it, without the password', async () => {
  using cli = aCommandLine();
  cli.env['DATABASE_URL'] = "postgres://bot:hidden-word@db.example.com/it's?sslmode=verify-full";
  const backup = await cli.run('backup dark.dump');
  expect(backup.code).toBe(1);
  expect(backup.out).toContain(
    `\n  PGSSLMODE=verify-full pg_dump --host db.example.com --port 5432 --username bot --dbname 'it'\\''s' --schema darkroom --format custom --file dark.dump\n`,
  );
  const restore = await cli.run('restore dark.dump');
  expect(restore.code).toBe(1);
  expect(restore.out).toContain(
    `pg_restore --host db.example.com --port 5432 --username bot --dbname 'it'\\''s' --clean --if-exists --single-transaction`,
  );
  expect(`${backup.out}${restore.out}`).not.toContain('hidden-word');
});

test.skipIf(!hasPostgres)('the commands that darkroom backup and restore show bring a database back', async () => {
  using cli = aCommandLine();
  await using own = await testDatabase();
  cli.env['DATABASE_URL'] = own.url.reveal();
  const languages = async (change?: string) => {
    await using storage = await openPostgres({ url: own.url, version: 'test' });
    const { database } = storage;
    if (change !== undefined) await database.commit(() => database.run(change));
    return await database.read(() => database.all('SELECT name, value FROM settings ORDER BY name'));
  };
  const before = await languages(`INSERT INTO settings (name, value) VALUES ('kept', 'yes')`);
  await runShown(cli, (await cli.run(`backup ${join(cli.dataDir, 'dark.dump')}`)).out);
  await languages(`DELETE FROM settings`);
  await runShown(cli, (await cli.run(`restore ${join(cli.dataDir, 'dark.dump')}`)).out);
  expect(await languages()).toEqual(before);
});

test.skipIf(!hasPostgres)('the command that darkroom database set-aside shows keeps everything beside', async () => {
  using cli = aCommandLine();
  await using own = await testDatabase();
  cli.env['DATABASE_URL'] = own.url.reveal();
  const settings = async (change?: string) => {
    await using storage = await openPostgres({ url: own.url, version: 'test' });
    const { database } = storage;
    if (change !== undefined) await database.commit(() => database.run(change));
    return await database.read(() => database.all(`SELECT value FROM settings WHERE name = 'kept'`));
  };
  await settings(`INSERT INTO settings (name, value) VALUES ('kept', 'yes')`);
  await runShown(cli, (await cli.run('database set-aside')).out);
  expect(await settings()).toEqual([]);
  await using client = await connected(own.url.reveal());
  const { rows } = await client.query(`SELECT value FROM darkroom_aside_20260101120000.settings WHERE name = 'kept'`);
  expect(rows).toEqual([{ value: 'yes' }]);
});
