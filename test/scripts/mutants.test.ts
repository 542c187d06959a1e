import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allMutants } from '../../scripts/mutants/all.ts';
import { checkTests, mutant, placeOf } from '../../scripts/mutants/mutant.ts';

const sources = new Map([
  ['src/a.ts', 'if (isOld) return;\nif (isLate) return;\n'],
  ['src/b.ts', 'if (isLate) throw late;\n'],
]);

test('placeOf() finds the file by the text, and takes nothing in the replacement for a pattern', () => {
  const place = placeOf(mutant('old passes', 'if (isOld) return;', '$& $1'), sources);
  expect(place).toEqual({ file: 'src/a.ts', changed: '$& $1\nif (isLate) return;\n' });
});

test.each([
  ['is there twice', 'if (isLate)', 'in the sources 2 times (src/a.ts, src/b.ts)'],
  ['is not there', 'if (isNew)', 'in the sources 0 times'],
])('placeOf() says so when its text %s', (_what, find, words) => {
  expect(() => placeOf(mutant('late passes', find, ''), sources)).toThrow(words);
});

test('placeOf() refuses a mutant that changes nothing', () => {
  expect(() => placeOf(mutant('nothing', 'if (isOld)', 'if (isOld)'), sources)).toThrow('it changes nothing');
});

test('checkTests() refuses a mutant whose tests have moved', () => {
  const row = mutant('old passes', 'if (isOld)', '', 'test/a.test.ts', 'test/rooms/');
  expect(() => checkTests(row, ['test/a.test.ts', 'test/rooms/b.test.ts'])).not.toThrow();
  expect(() => checkTests(row, ['test/a.test.ts'])).toThrow('there is no test test/rooms/');
});

test('every mutant has a name of its own and tests', () => {
  const names = allMutants.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(allMutants.filter(({ tests }) => tests.length === 0)).toEqual([]);
});

test('every mutant finds its text once in the sources of today, and its tests are there', () => {
  const root = join(import.meta.dirname, '../..');
  const today = new Map(
    globSync('src/**/*.ts', { cwd: root }).map((file) => [file, readFileSync(join(root, file), 'utf8')]),
  );
  const tests = globSync('test/**/*.test.ts', { cwd: root });
  const lost = allMutants.flatMap((row) => {
    try {
      placeOf(row, today);
      checkTests(row, tests);
      return [];
    } catch (error) {
      return [String(error)];
    }
  });
  expect(lost).toEqual([]);
});
