import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { checkClock, checkVersions } from '../../src/cli/doctor/local-checks.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { createInbox } from '../../src/storage/stores/inbox.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import { accepted, claimed } from '../conformance/requests.ts';
import { atMs, aCommandLine, type CommandLine } from './command-line.ts';

const dayMs = 86_400_000;

async function findingsOf(cli: CommandLine): Promise<{ readonly code: number; readonly findings: readonly Finding[] }> {
  const { code, out } = await cli.run('doctor --json');
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  return { code, findings };
}

/** The findings that are not good; the free space of the test machine does not matter. */
async function problemsOf(cli: CommandLine): Promise<readonly string[]> {
  const { findings } = await findingsOf(cli);
  return findings
    .filter(({ check, level }) => (level === 'warning' || level === 'bad') && check !== 'disk')
    .map(({ check, level, says }) => `${level} ${check}: ${says}`);
}

function aHealthyCommandLine() {
  const cli = aCommandLine();
  cli.env['TELEGRAM_BOT_TOKEN'] = `123456789:${'Ab_-3'.repeat(7)}`;
  return cli;
}

test('darkroom doctor finds nothing where nothing is wrong, whether or not the bot runs', async () => {
  using cli = aHealthyCommandLine();
  using database = cli.openAsBot();
  await accepted(anEngine(database).at(atMs), { updateId: 1 });
  expect(await problemsOf(cli)).toEqual([]);
  using _ = takeOwnership(cli.dataDir);
  const { code, out } = await cli.run('doctor');
  expect(out).toContain('the bot is running');
  expect(out).toContain('✓ integrity: the database is whole');
  expect(out).toContain('1 request waiting, 0 running');
  expect(code).toBe(0);
});

test.each([
  [0o644, ['warning settings: .env may be read by everyone on this machine; take that right away (chmod 600 .env)']],
  [0o600, []],
])('darkroom doctor looks at who may read .env (%o)', async (mode, problems) => {
  using cli = aHealthyCommandLine();
  const path = join(cli.dataDir, '.env');
  writeFileSync(path, 'FREE_RUNNING=1\n');
  chmodSync(path, mode);
  const { findings } = await findingsOf(cli);
  const warnings = findings.filter(({ says }) => says.includes('.env may'));
  expect(warnings.map(({ check, level, says }) => `${level} ${check}: ${says}`)).toEqual(problems);
});

test('darkroom doctor changes nothing, and works before the first start', async () => {
  using cli = aHealthyCommandLine();
  const { findings } = await findingsOf(cli);
  expect(findings).toContainEqual({
    check: 'database',
    level: 'note',
    says: 'there is none yet',
    fix: 'the first start makes it',
  });
  cli.openAsBot()[Symbol.dispose]();
  const path = join(cli.dataDir, 'darkroom.db');
  const before = readFileSync(path);
  await cli.run('doctor');
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('darkroom doctor names what is stuck, orphaned or missing, and what fixes it', async () => {
  using cli = aHealthyCommandLine();
  using database = cli.openAsBot();
  const engine = anEngine(database);
  const inbox = createInbox(database);
  for (const updateId of [1, 2, 3]) await accepted(engine.at(atMs - 2 * dayMs), { updateId });
  const { lease } = await claimed(engine.at(atMs - 2 * dayMs));
  const file = {
    path: join(cli.dataDir, 'results', 'job-tg-1.png'),
    kind: 'image',
    mime: 'image/png',
    bytes: 9,
  } as const;
  await engine
    .at(atMs - 2 * dayMs)
    .queue.settle(lease, { kind: 'result', payload: { kind: 'file', file }, model: 'fox' });
  await claimed(engine.at(atMs - 2 * dayMs));
  await inbox.keep(
    [
      { updateId: 8, body: '{}' },
      { updateId: 9, body: '{}' },
    ],
    atMs - 2 * dayMs,
  );
  for (let tries = 0; tries < 3; tries += 1) await inbox.failed(9);
  mkdirSync(join(cli.dataDir, 'results'), { mode: 0o700 });
  for (const name of ['job-tg-404.png', 'incoming-1.part']) {
    writeFileSync(join(cli.dataDir, 'results', name), 'x', { mode: 0o600 });
  }
  const { code, findings } = await findingsOf(cli);
  expect(code).toBe(1);
  const says = findings.map((one) => `${one.level} ${one.check}: ${one.says}`);
  expect(says).toEqual(
    expect.arrayContaining([
      'note jobs: 1 request waiting, 1 running',
      'note stuck: 2 requests accepted more than a day ago',
      'warning undelivered: 1 request ended more than a day ago and could not be delivered',
      'warning inbox: 1 update received more than a day ago and not handled',
      'note set-aside: 1 update could not be handled in three tries',
      'note results: 1 of 1 result on the disk belong to no request',
      'bad missing results: 1 result not yet delivered and not on the disk',
      'note downloads: 1 download cut short',
    ]),
  );
  expect(findings.filter(({ level, fix }) => (level === 'bad' || level === 'warning') && fix === undefined)).toEqual(
    [],
  );
});

test('darkroom doctor finds credits and places that do not add up', async () => {
  using cli = aHealthyCommandLine();
  using database = cli.openAsBot();
  const engine = anEngine(database);
  for (const updateId of [1, 2]) await accepted(engine.at(atMs), { updateId });
  database.runNow('UPDATE credits SET given_back = 1 WHERE job_id = ?', 'tg-1');
  database.runNow('UPDATE waiting_counts SET jobs = jobs + 1');
  expect(await problemsOf(cli)).toEqual([
    'bad credits: 1 request whose credit does not agree with its outcome',
    'bad places: 1 place in line counted wrong',
  ]);
});

test('darkroom doctor finds files that others can read, and old copies of the database', async () => {
  using cli = aHealthyCommandLine();
  cli.openAsBot()[Symbol.dispose]();
  const copy = join(cli.dataDir, 'darkroom.db.schema-3');
  writeFileSync(copy, 'old prompts', { mode: 0o600 });
  utimesSync(copy, new Date(atMs - 31 * dayMs), new Date(atMs - 31 * dayMs));
  chmodSync(cli.dataDir, 0o755);
  chmodSync(join(cli.dataDir, 'darkroom.db'), 0o644);
  expect(await problemsOf(cli)).toEqual([
    `bad permissions: other users of this machine can read 2 files in DATA_DIR, ${cli.dataDir} for one`,
    "warning copies: 1 copy of the database from before RETENTION_DAYS, with people's prompts: darkroom.db.schema-3",
  ]);
});

test('darkroom doctor lists every mistake in the settings, and checks the rest', async () => {
  using cli = aHealthyCommandLine();
  cli.env['MAX_ATTEMPTS'] = 'many';
  cli.env['RETENTION_DAYS'] = '0';
  const { code, findings } = await findingsOf(cli);
  expect(code).toBe(1);
  const bad = findings.filter(({ level }) => level === 'bad').map(({ says }) => says.split(' ')[0]);
  expect(bad).toEqual(['MAX_ATTEMPTS', 'RETENTION_DAYS']);
  expect(findings.map(({ check }) => check)).toContain('node');
});

test('darkroom doctor warns of a missing token, missing keys and misspelt names', async () => {
  using cli = aCommandLine();
  delete cli.env['BYTEZ_API_KEYS'];
  cli.env['BYTEZ_KEY'] = 'whatever-this-is';
  cli.openAsBot()[Symbol.dispose]();
  expect((await problemsOf(cli)).map((ill) => ill.split(' ').slice(2, 4).join(' '))).toEqual([
    'BYTEZ_KEY is',
    'TELEGRAM_BOT_TOKEN is',
    'no provider',
  ]);
});

test('darkroom doctor distinguishes a damaged database from one of another version', async () => {
  using cli = aHealthyCommandLine();
  const path = join(cli.dataDir, 'darkroom.db');
  using database = cli.openAsBot();
  database.script('PRAGMA user_version = 1');
  expect(await problemsOf(cli)).toEqual([expect.stringContaining('bad database: Cannot read database')]);
  database[Symbol.dispose]();
  writeFileSync(path, 'not a database at all, whatever its name says'.repeat(100), { mode: 0o600 });
  expect(await problemsOf(cli)).toEqual([expect.stringMatching(/bad database: Cannot .*damaged/)]);
});

test.each([
  ['24.15.0', '3.51.3', ['good', 'good']],
  ['24.14.9', '3.51.3', ['bad', 'good']],
  ['22.22.0', '3.50.0', ['bad', 'bad']],
  ['25.0.0', undefined, ['good', 'bad']],
])('checkVersions() judges Node %s with SQLite %s', (node, sqlite, levels) => {
  expect(checkVersions({ node, sqlite }).map(({ level }) => level)).toEqual(levels);
});

test.each([
  [atMs, atMs, 'good'],
  [atMs, atMs + 59_000, 'good'],
  [atMs, atMs + 3_600_000, 'warning'],
  [0, 0, 'bad'],
])('checkClock() judges the moment %s against what was written at %s', (nowMs, newestMs, level) => {
  expect(checkClock(nowMs, newestMs).level).toBe(level);
});

test('darkroom doctor shows the failure rules of the operator and every mistake in their files', async () => {
  using cli = aHealthyCommandLine();
  cli.env['FAILURE_RULES_FILE'] = join(cli.dataDir, 'rules.yaml');
  cli.env['MODELS_FILE'] = join(cli.dataDir, 'models.yaml');
  writeFileSync(cli.env['FAILURE_RULES_FILE'], '- {provider: bytez, status: 418, words: teapot, means: overloaded}\n');
  writeFileSync(cli.env['MODELS_FILE'], '- {provider: bytez, model: a/b, who: nobody}\n');
  const { code, findings } = await findingsOf(cli);
  const own = findings.filter(({ check }) => check === 'failure rule' || check === 'models table');
  expect(own.map(({ level, says }) => `${level}: ${says}`)).toEqual([
    expect.stringMatching(/^bad: MODELS_FILE row 1 \(bytez:a\/b\) who /),
    'note: bytez: status 418 and words "teapot" mean overloaded',
  ]);
  expect(code).toBe(1);
});
