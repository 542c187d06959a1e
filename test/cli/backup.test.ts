import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import { accepted } from '../conformance/requests.ts';
import { aCommandLine, type CommandLine } from './command-line.ts';

const copyIn = ({ dataDir }: CommandLine) => join(dataDir, 'copy.db');

async function aBotWith(cli: CommandLine, jobs: number) {
  const database = cli.openAsBot();
  const engine = anEngine(database);
  for (let updateId = 1; updateId <= jobs; updateId += 1) await accepted(engine, { updateId });
  return { database, engine, [Symbol.dispose]: () => database[Symbol.dispose]() };
}

test('darkroom backup copies the database of a running bot, which a bot can open', async () => {
  using cli = aCommandLine();
  using bot = await aBotWith(cli, 3);
  const { code, out, err } = await cli.run('backup copy.db');
  await accepted(bot.engine, { updateId: 4 });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(`Backed up to ${copyIn(cli)}: `);
  expect(out).toContain('3 requests, verified.');
  expect(statSync(copyIn(cli)).mode & 0o777).toBe(0o600);
  expect(readdirSync(cli.dataDir).filter((name) => name.startsWith('copy.db'))).toEqual(['copy.db']);
  using restored = openDatabase({ path: copyIn(cli) });
  const waiting = (await anEngine(restored).reader.stats()).lines;
  expect(waiting).toEqual([
    {
      line: 'bytez',
      waiting: { premium: 0, free: 3 },
      ahead: { premium: 0, free: 3 },
      running: 0,
      people: { premium: 0, free: 3 },
    },
  ]);
});

test('darkroom backup copies one moment while the bot goes on writing', async () => {
  using cli = aCommandLine();
  using bot = await aBotWith(cli, 1);
  bot.database.script(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
    INSERT INTO dialogues SELECT i, hex(randomblob(900)), 0 FROM n`);
  const over = new AbortController();
  const backup = cli.run('backup copy.db').finally(() => over.abort());
  let written = 1;
  while (!over.signal.aborted) await accepted(bot.engine, { updateId: (written += 1) });
  expect((await backup).code).toBe(0);
  expect(written).toBeGreaterThan(2);
  using restored = openDatabase({ path: copyIn(cli) });
  expect(restored.getNow('SELECT count(*) AS n FROM dialogues')?.['n']).toBe(4_000);
  const [jobs, counted] = ['SELECT count(*) AS n FROM jobs', 'SELECT sum(jobs) AS n FROM waiting_counts'].map(
    (sql) => restored.getNow(sql)?.['n'],
  );
  expect(jobs).toBe(counted);
});

test('darkroom backup replaces no file without --force, and never the database itself', async () => {
  using cli = aCommandLine();
  using _ = await aBotWith(cli, 1);
  writeFileSync(copyIn(cli), 'mine');
  const refused = await cli.run('backup copy.db');
  expect(refused.code).toBe(2);
  expect(refused.err).toBe(`Cannot back up to "${copyIn(cli)}": the file exists; name another one or add --force\n`);
  expect(readFileSync(copyIn(cli), 'utf8')).toBe('mine');
  expect((await cli.run('backup copy.db --force')).code).toBe(0);
  expect(readFileSync(copyIn(cli), 'latin1')).toMatch(/^SQLite format 3/);
  symlinkSync(join(cli.dataDir, 'darkroom.db'), join(cli.dataDir, 'alias.db'));
  for (const name of ['darkroom.db', 'alias.db', '.']) {
    const { code, err } = await cli.run(`backup ${name} --force`);
    expect(code).toBe(2);
    expect(err).toMatch(/^Cannot back up to ".*": (?:that is the database itself|it is not a file)/);
  }
});

test('darkroom backup says where it cannot write, and leaves nothing behind', async () => {
  using cli = aCommandLine();
  using _ = await aBotWith(cli, 1);
  const before = readdirSync(cli.dataDir);
  const { code, err } = await cli.run('backup nowhere/copy.db');
  expect(code).toBe(2);
  expect(err).toContain('Cannot write');
  expect(readdirSync(cli.dataDir)).toEqual(before);
});

test('darkroom backup that is stopped leaves nothing behind', async () => {
  using cli = aCommandLine();
  using bot = await aBotWith(cli, 1);
  bot.database.script(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
    INSERT INTO dialogues SELECT i, hex(randomblob(900)), 0 FROM n`);
  const stop = new AbortController();
  const onWrite = (text: string) => {
    if (text.includes('copying')) stop.abort(new Error('Ctrl-C'));
  };
  const { code, err } = await cli.run('backup copy.db', { tty: true, stop: stop.signal, onWrite });
  expect(code).toBe(130);
  expect(err).toContain('Stopped; nothing was left behind');
  expect(readdirSync(cli.dataDir).filter((name) => name.startsWith('copy.db'))).toEqual([]);
});

test('darkroom backup says that there is nothing to back up before the bot has run', async () => {
  using cli = aCommandLine();
  expect(await cli.run('backup copy.db')).toMatchObject({ code: 1, err: expect.stringContaining('has never run') });
  expect(existsSync(copyIn(cli))).toBe(false);
});

test('darkroom backup refuses a database that is damaged', async () => {
  using cli = aCommandLine();
  (await aBotWith(cli, 50)).database[Symbol.dispose]();
  const path = join(cli.dataDir, 'darkroom.db');
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0x5a, 4_096 * 3, 4_096 * 12));
  const { code, err } = await cli.run('backup copy.db');
  expect(code).toBe(2);
  expect(err).toContain('Cannot');
  expect(readdirSync(cli.dataDir).filter((name) => name.startsWith('copy.db'))).toEqual([]);
});
