import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { openTestApp, testToken } from '../support/test-app.ts';
import { run, source } from '../support/child-process.ts';

test('a second process over the same folder ends with code 2 and one sentence, and the first goes on (Q6)', async () => {
  await using app = await openTestApp();
  const env = { TELEGRAM_BOT_TOKEN: testToken, DATA_DIR: app.dataDir, HTTP_PORT: '0', BYTEZ_API_KEY: 'canary-key-1' };
  const { code, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: app.dataDir });
  expect([code, err]).toEqual([
    2,
    `Cannot start: another darkroom process owns "${app.dataDir}"; stop it or set DATA_DIR\n`,
  ]);
  expect((await fetch(`${app.app.httpUrl}/readyz`)).status).toBe(200);
});

test('a start over a database that cannot be written ends with code 2 and one sentence (Q6)', async () => {
  using place = scratch();
  {
    using database = openDatabase({ path: place.file });
    database.run('INSERT INTO users (id) VALUES (7)');
  }
  // No user can write into it.
  mkdirSync(`${place.file}-wal`);
  const dataDir = join(place.dir, 'data');
  const env = { TELEGRAM_BOT_TOKEN: testToken, DATA_DIR: dataDir, HTTP_PORT: '0', BYTEZ_API_KEY: 'canary-key-1' };
  const { code, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: dataDir });
  expect(code).toBe(2);
  expect(err).toMatch(/^Cannot write "[^"]+": [^\n]+; make it writable for this user or set DATA_DIR\n$/);
});
