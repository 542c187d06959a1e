import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The rows of docs/threats.md: the id, and the files that are said to hold it. */
const rows = read('docs/threats.md')
  .split('\n')
  .flatMap((line) => {
    const [, id, , heldBy = ''] = line.split('|').map((cell) => cell.trim());
    if (id === undefined || !/^[A-Z]\d+$/.test(id)) return [];
    return [{ id, heldBy, files: [...heldBy.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file) }];
  });

/** Ids at the end of a title, and those that a table of rows puts there. */
function idsIn(source: string): ReadonlySet<string> {
  const titles = [...source.matchAll(/\(([A-Z][1-9]\d?(?:, [A-Z][1-9]\d?)*)\)['`]/g)].flatMap(([, ids = '']) =>
    ids.split(', '),
  );
  const table = /\((?:%s|\$row)\)'/.test(source)
    ? [...source.matchAll(/'([A-Z]\d+)'|^ {2}([A-Z]\d+): \[/gm)].map(([, quoted, key]) => quoted ?? key ?? '')
    : [];
  return new Set([...titles, ...table]);
}

test('every threat is held by the tests that its row names, or is said not to be built', () => {
  const unheld = rows.flatMap(({ id, heldBy, files }) =>
    files.length === 0
      ? heldBy.startsWith('not built yet: ')
        ? []
        : [`${id}: nothing`]
      : files.filter((file) => !idsIn(read(file)).has(id)).map((file) => `${id}: ${file}`),
  );
  expect(unheld).toEqual([]);
});

test('the rows are numbered without gaps, and every id in a title has its row', () => {
  const ids = rows.map(({ id }) => id);
  const counts = { A: 26, B: 34, C: 30, S: 34, K: 22, H: 24, Q: 20 };
  expect(ids).toEqual(
    Object.entries(counts).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    ),
  );
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => ({ name: `test/${name.replaceAll('\\', '/')}`, ids: idsIn(read(join('test', name))) }));
  const named = files.flatMap(({ name, ids: held }) => [...held].map((id) => `${id}: ${name}`));
  expect(named.toSorted()).toEqual(
    rows.flatMap(({ id, files: said }) => said.map((file) => `${id}: ${file}`)).toSorted(),
  );
});
