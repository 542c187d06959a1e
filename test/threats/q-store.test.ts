import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { openApp } from '../../src/app/open-app.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { migrations } from '../../src/storage/migrate.ts';
import { bindToBot } from '../../src/storage/one-bot.ts';
import { checkSqliteVersion } from '../../src/storage/sqlite-version.ts';
import { createSqliteInbox } from '../../src/storage/sqlite-inbox.ts';
import { createSqliteJobEngine } from '../../src/storage/sqlite-job-engine.ts';
import { createSqlitePersonalData } from '../../src/storage/sqlite-personal-data.ts';
import { createSqliteUsers } from '../../src/storage/sqlite-users.ts';
import { accepted, aRequest, claimed, roomy, startMs } from '../conformance/requests.ts';
import { type Scratch, scratch } from '../storage/scratch.ts';
import { run, source } from './k-child.ts';

const dayMs = 86_400_000;
const token = '123456789:canary-of-the-tests-0123456789abcdef';

/** A data folder as a house left it. */
function aDatabase(): Scratch & { readonly dataDir: string } {
  const place = scratch();
  using database = openDatabase({ path: place.file });
  database.run(`INSERT INTO users (id, locale) VALUES (7, ?)`, 'de '.repeat(4_000));
  return { ...place, dataDir: join(place.dir, 'data') };
}

async function start(dataDir: string, botToken = token) {
  const env = { TELEGRAM_BOT_TOKEN: botToken, DATA_DIR: dataDir, HTTP_PORT: '0', BYTEZ_API_KEY: 'canary-key-1' };
  return run([join(source, 'main.ts'), 'start'], { env, cwd: dataDir });
}

test.each<[string, (file: string) => void, string]>([
  ['noise', (file) => writeFileSync(file, 'a red fox '.repeat(1_000)), 'it is damaged'],
  ['a cut file', (file) => truncateSync(file, statSync(file).size - 8_192), 'it is damaged'],
  [
    'a newer schema',
    (file) => {
      using newer = new DatabaseSync(file);
      newer.exec('PRAGMA user_version = 99');
    },
    `its schema is 99, this version knows up to ${migrations.length}`,
  ],
])(
  'Q7 a start over %s ends with code 2 and one sentence, and leaves the file as it was',
  async (_what, spoil, words) => {
    using place = aDatabase();
    spoil(place.file);
    const before = readFileSync(place.file);
    const { code, out, err } = await start(place.dataDir);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Cannot open database "[^"]+": [^\n]+\n$/);
    expect(err).toContain(words);
    expect(readFileSync(place.file).equals(before)).toBe(true);
  },
);

test.each([1, 100, 4_096])(
  'Q7 a log that lost its last %i bytes costs the last write, and nothing before it',
  async (cut) => {
    using place = aDatabase();
    const copy = join(place.dir, 'copy.db');
    {
      using left = openDatabase({ path: place.file });
      await createSqliteUsers(left).setLocale(8, 'fr');
      await createSqliteUsers(left).setLocale(9, 'es');
      for (const suffix of ['', '-wal']) writeFileSync(copy + suffix, readFileSync(place.file + suffix));
    }
    truncateSync(`${copy}-wal`, statSync(`${copy}-wal`).size - cut);
    using database = openDatabase({ path: copy });
    const users = createSqliteUsers(database);
    expect([(await users.find(8)).locale, (await users.find(9)).locale]).toEqual(['fr', undefined]);
  },
);

test('Q7 what an older version left is copied before it is changed', () => {
  using place = scratch();
  openDatabase({ path: place.file, steps: migrations.slice(0, 2) })[Symbol.dispose]();
  openDatabase({ path: place.file })[Symbol.dispose]();
  using copy = openDatabase({ path: `${place.file}.schema-2`, steps: migrations.slice(0, 2) });
  expect(copy.get('PRAGMA user_version')).toEqual({ user_version: 2 });
  expect((statSync(`${place.file}.schema-2`).mode & 0o777).toString(8)).toBe('600');
});

test('Q8 a SQLite that can damage a database is refused', () => {
  for (const version of ['3.51.2', '3.50.4', '3.7.17', undefined]) {
    expect(() => checkSqliteVersion(version)).toThrow(expect.objectContaining({ code: 'old-sqlite' }));
  }
  expect(() => checkSqliteVersion('3.51.3')).not.toThrow();
  expect(() => checkSqliteVersion(process.versions.sqlite)).not.toThrow();
});

test('Q11 a job is named by its update, and neither its end nor its removal lets the update make another', async () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  const [engine, inbox] = [createSqliteJobEngine(database), createSqliteInbox(database)];
  const data = createSqlitePersonalData(database);
  const update = { updateId: 730_114_001, body: '{}' };
  const comes = async (nowMs: number) => (await inbox.keep([update], nowMs)).length;
  expect(await comes(startMs)).toBe(1);
  const { id } = await accepted(engine, update);
  expect(id).toBe('tg-730114001');
  await inbox.handled(update.updateId);

  const claim = await claimed(engine);
  expect(await engine.queue.accept(aRequest(update), roomy, startMs)).toMatchObject({ kind: 'known', job: { id } });
  await engine.queue.settle(claim.lease, { kind: 'cancelled' }, startMs);
  expect(await engine.queue.accept(aRequest(update), roomy, startMs)).toMatchObject({ kind: 'known', job: { id } });

  await data.drop([id], startMs);
  expect(await engine.reader.find(id)).toBeUndefined();
  expect(await comes(startMs + 6 * dayMs)).toBe(0);
  // Telegram begins anew at random after a week of silence: then it is somebody else's.
  expect(await comes(startMs + 8 * dayMs)).toBe(1);
  expect((await accepted(engine, update, startMs + 8 * dayMs)).id).toBe(id);
});

test('Q19 a database belongs to the bot that used it first, whatever its token is later', () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  bindToBot(database, 123_456_789);
  bindToBot(database, 123_456_789);
  expect(() => bindToBot(database, 987_654_321)).toThrow(expect.objectContaining({ code: 'foreign' }));
  bindToBot(database, 123_456_789);
});

test('Q19 a start with the token of another bot ends with code 2, shows no token and takes nothing over', async () => {
  using place = aDatabase();
  {
    using database = openDatabase({ path: place.file });
    bindToBot(database, 123_456_789);
  }
  const { code, err } = await start(place.dataDir, '987654321:canary-of-the-tests-0123456789abcdef');
  expect(code).toBe(2);
  expect(err).toMatch(/^Cannot start: database "[^"]+" belongs to the bot 123456789, [^\n]+\n$/);
  expect(err).not.toContain('canary');
  using database = openDatabase({ path: place.file });
  expect(database.get(`SELECT value FROM settings WHERE name = 'bot-id'`)).toEqual({ value: '123456789' });
});

test('Q19 two houses never share a data folder', async () => {
  using place = scratch();
  const options = {
    config: parseConfig({
      TELEGRAM_BOT_TOKEN: token,
      TELEGRAM_API_ROOT: 'http://127.0.0.1:1',
      DATA_DIR: place.dir,
      HTTP_PORT: '0',
      DRAIN_S: '0',
    }),
    keys: [],
    clock: systemClock,
    random: Math.random,
    emit: () => undefined,
  };
  await using first = await openApp(options);
  await expect(openApp(options)).rejects.toMatchObject({ code: 'owned' });
  expect(first.httpUrl).toMatch(/^http:/);
});
