import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { migrations } from '../../src/storage/sqlite/migrate.ts';
import { type Scratch, scratch } from '../storage/sqlite/scratch.ts';
import { run, source } from '../support/child-process.ts';

const token = '123456789:canary-of-the-tests-0123456789abcdef';

/** A data folder as a bot left it. */
function aDatabase(): Scratch & { readonly dataDir: string } {
  const place = scratch();
  using database = openDatabase({ path: place.file });
  database.runNow(`INSERT INTO users (id, locale) VALUES (7, ?)`, 'de '.repeat(4_000));
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
  'a start over %s ends with code 2 and one sentence, and leaves the file as it was (Q7)',
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

test('a start with the token of another bot ends with code 2, shows no token and takes nothing over (Q19)', async () => {
  using place = aDatabase();
  {
    using database = openDatabase({ path: place.file });
    database.runNow(`INSERT INTO settings (name, value) VALUES ('bot-id', ?)`, '123456789');
  }
  const { code, err } = await start(place.dataDir, '987654321:canary-of-the-tests-0123456789abcdef');
  expect(code).toBe(2);
  expect(err).toMatch(/^Cannot start: database "[^"]+" belongs to the bot 123456789, [^\n]+\n$/);
  expect(err).not.toContain('canary');
  using database = openDatabase({ path: place.file });
  expect(database.getNow(`SELECT value FROM settings WHERE name = 'bot-id'`)).toEqual({ value: '123456789' });
});
