import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { moveDatabase, type MoveOptions, type MoveReport } from '../../../src/storage/move/move-database.ts';
import { movedTables } from '../../../src/storage/move/moved-table.ts';
import { postgresSource, postgresTarget } from '../../../src/storage/move/postgres-end.ts';
import { sqliteSource, sqliteTarget } from '../../../src/storage/move/sqlite-end.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import type { Secret } from '../../../src/kit/secret.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';
import { scratch } from '../sqlite/scratch.ts';
import { contentsOfFile, fillDatabase } from './full-database.ts';

type Steps = Partial<Pick<MoveOptions, 'onStep' | 'pageRows'>>;

const usual = { onStep: () => undefined, signal: new AbortController().signal, pageRows: 2 };

async function toPostgres(file: string, url: Secret, steps: Steps = {}): Promise<MoveReport> {
  using from = sqliteSource(file);
  if (from === undefined) throw new Error('Cannot move: there is no file');
  await using to = await postgresTarget({ url });
  return await moveDatabase({ ...usual, ...steps, from, to });
}

async function toSqlite(
  url: Secret,
  file: string,
  steps: Steps = {},
): Promise<MoveReport & { readonly aside: string | undefined }> {
  await using from = await postgresSource({ url });
  if (from === undefined) throw new Error('Cannot move: there is no database');
  using to = sqliteTarget(file);
  const report = await moveDatabase({ ...usual, ...steps, from, to });
  return { ...report, aside: to.putInPlace(Date.UTC(2026, 0, 2)) };
}

async function ends() {
  const place = scratch();
  const own = await testDatabase();
  onTestFinished(async () => {
    place[Symbol.dispose]();
    await own[Symbol.asyncDispose]();
  });
  await fillDatabase(place.file);
  return { file: place.file, url: own.url };
}

/** Throws at the step, as a process ends that is killed there. */
function stopAt(count: number): Steps {
  let steps = 0;
  return {
    onStep: () => {
      steps += 1;
      if (steps === count) throw new Error('killed');
    },
  };
}

test.skipIf(!hasPostgres)(
  'a database that is moved to PostgreSQL and back is the same, row by row and by its checks',
  async () => {
    const { file, url } = await ends();
    const before = contentsOfFile(file);
    expect(movedTables().filter(({ name }) => (before[name] as unknown[]).length === 0)).toEqual([]);
    const there = await toPostgres(file, url);
    expect(contentsOfFile(file)).toEqual(before);
    const back = await toSqlite(url, file);
    expect(back.tables).toEqual(there.tables);
    expect(contentsOfFile(file)).toEqual(before);
    expect(contentsOfFile(back.aside ?? '')).toEqual(before);
    expect(readdirSync(dirname(file)).filter((name) => name.includes('moving'))).toEqual([]);
  },
);

test.skipIf(!hasPostgres)('what was moved to PostgreSQL goes on with its numbers and counts', async () => {
  const { file, url } = await ends();
  await toPostgres(file, url);
  using database = openDatabase({ path: file });
  await using storage = await openPostgres({ url, version: 'test' });
  const ask = (sql: string) => storage.database.read(() => storage.database.all(sql));
  const last = database.getNow(`SELECT seq FROM sqlite_sequence WHERE name = 'admin_commands'`)?.['seq'];
  await storage.database.commit(() =>
    storage.database.run(`INSERT INTO admin_commands (command, asked_at_ms) VALUES ('{}', 1)`),
  );
  expect(await ask('SELECT max(seq) AS seq FROM admin_commands')).toEqual([{ seq: Number(last) + 1 }]);
  const counts = 'SELECT line, lane, tier, round, jobs FROM waiting_counts ORDER BY line, lane, tier, round';
  expect(await ask(counts)).toEqual(database.allNow(counts));
});

test.skipIf(!hasPostgres)(
  'a move that is cut anywhere goes on from there, and nothing is used before its end',
  async () => {
    const { file, url } = await ends();
    const before = contentsOfFile(file);
    let copied = 0;
    for (const count of [1, 5, 11, 23]) {
      await expect(toPostgres(file, url, stopAt(count))).rejects.toThrow('killed');
      await expect(openPostgres({ url, version: 'test' })).rejects.toThrow('a move into it has not ended');
    }
    const there = await toPostgres(file, url, { onStep: ({ doing }) => void (copied += doing === 'copying' ? 1 : 0) });
    expect(there.resumedFrom).toBeGreaterThan(20);
    expect(copied).toBeLessThan(there.rows / 2);
    for (const count of [1, 7, 30]) {
      await expect(toSqlite(url, file, stopAt(count))).rejects.toThrow('killed');
      expect(contentsOfFile(file)).toEqual(before);
    }
    expect((await toSqlite(url, file)).resumedFrom).toBeGreaterThan(20);
    expect(contentsOfFile(file)).toEqual(before);
  },
);

test.skipIf(!hasPostgres)('a move whose source has changed since it was cut starts over by itself', async () => {
  const { file, url } = await ends();
  await expect(toPostgres(file, url, stopAt(60))).rejects.toThrow('killed');
  {
    using database = openDatabase({ path: file });
    database.runNow(`UPDATE payments SET stars = stars + 1`);
  }
  const there = await toPostgres(file, url);
  expect(there.resumedFrom).toBeGreaterThan(0);
  await toSqlite(url, `${file}.back`);
  expect(contentsOfFile(`${file}.back`)).toEqual(contentsOfFile(file));
});

test.skipIf(!hasPostgres)('a copy that differs is removed, and said by table, row and column', async () => {
  const { file, url } = await ends();
  using from = sqliteSource(file);
  if (from === undefined) throw new Error('Cannot move: there is no file');
  await using to = await postgresTarget({ url });
  const wrong = {
    ...to,
    keep: async (...[table, rows, progress]: Parameters<typeof to.keep>) => {
      const changed =
        table.name === 'users' ? rows.map((row) => row.map((cell) => (cell === 'en' ? 'de' : cell))) : rows;
      await to.keep(table, table.name === 'status_lists' ? changed.slice(1) : changed, progress);
    },
  };
  await expect(moveDatabase({ ...usual, from, to: wrong })).rejects.toThrow(
    /: row 1 of table "status_lists" differs in "chat_id"; what was copied is removed/,
  );
  expect((await toPostgresAgain(to, from)).rows).toBeGreaterThan(0);
});

const toPostgresAgain = (to: MoveOptions['to'], from: MoveOptions['from']) => moveDatabase({ ...usual, from, to });

test.skipIf(!hasPostgres)('a database that is in use, or holds something, is not moved into', async () => {
  const { file, url } = await ends();
  {
    await using _ = await openPostgres({ url, version: 'test' });
    await expect(toPostgres(file, url)).rejects.toThrow(
      /processes of the bot use database .* \(1 on .*\); stop them first/,
    );
  }
  await toPostgres(file, url);
  await expect(toPostgres(file, url)).rejects.toThrow(/it is in use already \(\d+ requests, rows in "/);
  {
    await using _ = await openPostgres({ url, version: 'test' });
    await expect(toSqlite(url, file)).rejects.toThrow('stop them first');
  }
  expect(existsSync(`${file}.moving`)).toBe(false);
});

test.skipIf(!hasPostgres)('no process starts, and no other move begins, while a database is moved', async () => {
  const { file, url } = await ends();
  await toPostgres(file, url);
  await using _ = await postgresSource({ url });
  await expect(openPostgres({ url, version: 'test' })).rejects.toThrow('"darkroom move" is at work on it');
  await expect(postgresSource({ url })).rejects.toThrow('another "darkroom move" is at work');
});

test.skipIf(!hasPostgres)('a database in which the bot has never run has nothing to move', async () => {
  await using own = await testDatabase();
  expect(await postgresSource({ url: own.url })).toBeUndefined();
  using place = scratch();
  copyFileSync('/dev/null', `${place.dir}/empty.db`);
  expect(sqliteSource(`${place.dir}/empty.db`)).toBeUndefined();
});
