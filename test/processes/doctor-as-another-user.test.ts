import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { runLines } from '../support/child-process.ts';

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot).each([
  ['the data folder', 0o700, 0o700],
  ['the results', 0o755, 0o700],
])('darkroom doctor run by a user who may not read %s says so, without a stack trace', async (_what, data, results) => {
  using place = scratch();
  openDatabase({ path: place.file })[Symbol.dispose]();
  const dataDir = join(place.dir, 'data');
  mkdirSync(join(dataDir, 'results'));
  chmodSync(place.dir, 0o755);
  chmodSync(place.file, 0o644);
  chmodSync(join(dataDir, 'results'), results);
  chmodSync(dataDir, data);
  const { code, out, err } = await runLines(
    [
      `process.chdir(${JSON.stringify(place.dir)}); process.setgid(65534); process.setuid(65534);`,
      `const { runProgram } = await load('cli/program.ts');`,
      `await runProgram(['doctor']);`,
    ],
    { DATA_DIR: dataDir },
  );
  expect([code, err]).toEqual([1, '']);
  expect(out).toMatch(/may not look into DATA_DIR|belong to another user/);
  expect(out).not.toContain('    at ');
});
