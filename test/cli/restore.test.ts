import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { migrations } from '../../src/storage/sqlite/migrate.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { accepted } from '../conformance/requests.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import { aCommandLine, type CommandLine } from './command-line.ts';

const liveIn = ({ dataDir }: CommandLine) => join(dataDir, 'darkroom.db');
const newest = migrations.at(-1)?.version ?? 0;

async function accept(cli: CommandLine, ...updateIds: readonly number[]): Promise<void> {
  using database = cli.openAsBot();
  const engine = anEngine(database);
  for (const updateId of updateIds) await accepted(engine, { updateId });
}

function jobsIn(path: string): readonly unknown[] {
  using database = openDatabase({ path });
  return database.allNow('SELECT id FROM jobs ORDER BY seq').map(({ id }) => id);
}

test('darkroom restore puts a backup in place and keeps the database before beside it', async () => {
  using cli = aCommandLine();
  await accept(cli, 1, 2);
  await cli.run('backup copy.db');
  await accept(cli, 3);
  const { code, out, err } = await cli.run('restore copy.db');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('2 requests of ');
  const aside = readdirSync(cli.dataDir).find((name) => name.startsWith('darkroom.db.aside-')) ?? '';
  expect(out).toContain(`The one before is ${join(cli.dataDir, aside)}.`);
  expect(statSync(liveIn(cli)).mode & 0o777).toBe(0o600);
  expect(readdirSync(cli.dataDir).filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(jobsIn(liveIn(cli))).toHaveLength(2);
  expect(jobsIn(join(cli.dataDir, aside))).toHaveLength(3);
});

test('darkroom restore works where the database is gone or damaged, and takes an older schema', async () => {
  using cli = aCommandLine();
  await accept(cli, 1);
  await cli.run('backup copy.db');
  writeFileSync(liveIn(cli), 'noise '.repeat(2_000));
  expect((await cli.run('restore copy.db')).code).toBe(0);
  expect(jobsIn(liveIn(cli))).toHaveLength(1);
  for (const name of readdirSync(cli.dataDir)) if (name.startsWith('darkroom.db')) rmSync(join(cli.dataDir, name));
  openDatabase({ path: join(cli.dataDir, 'old.db'), steps: migrations.slice(0, -1) })[Symbol.dispose]();
  const { code, out } = await cli.run('restore old.db');
  expect([code, out]).toEqual([0, expect.stringContaining('There was no database before.')]);
});

test('darkroom restore refuses while the bot runs', async () => {
  using cli = aCommandLine();
  await accept(cli, 1);
  await cli.run('backup copy.db');
  using _ = takeOwnership(cli.dataDir);
  expect(await cli.run('restore copy.db')).toMatchObject({
    code: 2,
    err: `Cannot restore: the bot is running and owns "${cli.dataDir}"; stop it first\n`,
  });
});

test.each([
  ['a file that is not there', () => undefined, /there is no such file/],
  ['an empty file', (path: string) => writeFileSync(path, ''), /it is empty or damaged/],
  ['a file of noise', (path: string) => writeFileSync(path, 'noise '.repeat(2_000)), /it is empty or damaged/],
  [
    'half a backup',
    (path: string) => {
      openDatabase({ path })[Symbol.dispose]();
      truncateSync(path, Math.floor(statSync(path).size / 2));
    },
    /it is empty or damaged/,
  ],
  [
    'a database of another program',
    (path: string) => openDatabase({ path, steps: [{ version: 3, sql: 'CREATE TABLE songs (id)' }] })[Symbol.dispose](),
    /it is no database of this program/,
  ],
  [
    'a database of a newer version',
    (path: string) => {
      openDatabase({ path, steps: [...migrations, { version: newest + 1, sql: 'CREATE TABLE newer (id)' }] })[
        Symbol.dispose
      ]();
    },
    /install the newer version first/,
  ],
  [
    'a backup of another bot',
    (path: string) => {
      using database = openDatabase({ path });
      database.runNow(`INSERT INTO settings (name, value) VALUES ('bot-id', ?)`, '987654321');
    },
    /it belongs to the bot 987654321/,
  ],
] as const)('darkroom restore refuses %s and changes nothing', async (_what, make, says) => {
  using cli = aCommandLine();
  cli.env['TELEGRAM_BOT_TOKEN'] = `123456789:${'Ab_-3'.repeat(7)}`;
  await accept(cli, 1);
  make(join(cli.dataDir, 'copy.db'));
  const before = readFileSync(liveIn(cli));
  const { code, err } = await cli.run('restore copy.db');
  expect([code, err]).toEqual([2, expect.stringMatching(says)]);
  expect(err).not.toContain('\n    at ');
  expect(readFileSync(liveIn(cli)).equals(before)).toBe(true);
  expect(readdirSync(cli.dataDir).filter((name) => /aside|part/.test(name))).toEqual([]);
});

test('darkroom restore never takes the database in use for a backup', async () => {
  using cli = aCommandLine();
  await accept(cli, 1);
  expect(await cli.run('restore darkroom.db')).toMatchObject({
    code: 2,
    err: expect.stringContaining('that is the database in use') as string,
  });
});

test('darkroom database set-aside leaves a whole database alone, says what it holds, and moves it with --force', async () => {
  using cli = aCommandLine();
  await accept(cli, 1, 2);
  const refused = await cli.run('database set-aside');
  expect(refused).toEqual({
    code: 2,
    out: '',
    err: `Cannot set aside database "${liveIn(cli)}": it is not damaged and holds 2 requests of 2 people, schema ${newest}; nothing was changed, add --force to begin with an empty one all the same\n`,
  });
  expect(jobsIn(liveIn(cli))).toHaveLength(2);
  const { code, out } = await cli.run('database set-aside --force');
  expect([code, out]).toEqual([0, expect.stringContaining(`Moved to ${liveIn(cli)}.aside-`)]);
  expect(jobsIn(liveIn(cli))).toEqual([]);
});

test('darkroom database set-aside moves a damaged database without being forced', async () => {
  using cli = aCommandLine();
  await accept(cli, 1);
  writeFileSync(liveIn(cli), 'noise '.repeat(2_000));
  expect((await cli.run('database set-aside')).code).toBe(0);
});
