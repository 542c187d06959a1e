import { expect, test } from 'vitest';
import { importCycles } from '../../scripts/shape/import-cycles.ts';
import { arrowsBetweenRooms, roomOf, roomsTable, unusedRights, type Rooms } from '../../scripts/shape/rooms.ts';
import { sourceFile } from '../../scripts/shape/source-files.ts';

const rooms: Rooms = {
  kit: [],
  keys: ['kit'],
  'keys/rules': ['kit'],
  'keys/rules/limits.ts': [],
  cli: ['keys', 'keys/rules (types)'],
  sandbox: ['keys (types)'],
  app: ['*'],
};

/** The arrows of one file that holds this text, as `target <- right`. */
const arrowsOf = (path: string, text: string) =>
  arrowsBetweenRooms([sourceFile(path, text)], rooms).map(({ to, right }) => `${to} <- ${right ?? 'no right'}`);

test.each([
  ['src/keys/pool.ts', 'keys'],
  ['src/keys/rules/state.ts', 'keys/rules'],
  ['src/keys/rules/limits.ts', 'keys/rules/limits.ts'],
  ['src/keys-of-doors/pool.ts', undefined],
  ['sandbox/page.ts', 'sandbox'],
])('%s belongs to the room with the longest name that covers it: %s', (path, room) => {
  expect(roomOf(path, rooms)).toBe(room);
});

test('imports of every form are read, those of packages are not', () => {
  const text = `import { z } from 'zod';
import { one } from './one.ts';
import type { Two } from '../kit/two.ts';
import {
  three,
  type Three,
} from './three.ts';
export { four } from './four.ts';
export type { Five } from './five.ts';
import './six.ts';
const seven = await import('./seven.ts');
const words = "from './no.ts'";
`;
  const { imports, lines } = sourceFile('src/keys/pool.ts', text);
  expect(imports.map(({ to, isType }) => `${to}${isType ? ' type' : ''}`)).toEqual([
    'src/keys/one.ts',
    'src/kit/two.ts type',
    'src/keys/three.ts',
    'src/keys/four.ts',
    'src/keys/five.ts type',
    'src/keys/six.ts',
    'src/keys/seven.ts',
  ]);
  expect(lines).toBe(12);
});

test('a room may import itself and what is below it, and nothing above it without a right', () => {
  expect(arrowsOf('src/keys/pool.ts', `import { a } from './rules/state.ts';\nimport { b } from './b.ts';`)).toEqual(
    [],
  );
  expect(arrowsOf('src/keys/rules/state.ts', `import { a } from '../pool.ts';`)).toEqual([
    'src/keys/pool.ts <- no right',
  ]);
});

test('a right covers what is below its room, and the most exact right is the one that is used', () => {
  const text = `import { a } from '../keys/pool.ts';\nimport type { B } from '../keys/rules/state.ts';`;
  expect(arrowsOf('src/cli/keys.ts', text)).toEqual([
    'src/keys/pool.ts <- keys',
    'src/keys/rules/state.ts <- keys/rules (types)',
  ]);
});

test('a right to types is none to values', () => {
  expect(arrowsOf('sandbox/a.ts', `import type { A } from '../src/keys/a.ts';`)).toEqual([
    'src/keys/a.ts <- keys (types)',
  ]);
  expect(arrowsOf('sandbox/a.ts', `import { a } from '../src/keys/a.ts';`)).toEqual(['src/keys/a.ts <- no right']);
});

test('a right that nothing needs is named', () => {
  const files = [sourceFile('src/keys/pool.ts', `import { a } from '../kit/a.ts';`)];
  expect(unusedRights(arrowsBetweenRooms(files, rooms), rooms)).toEqual([
    'keys/rules: kit',
    'cli: keys',
    'cli: keys/rules (types)',
    'sandbox: keys (types)',
  ]);
});

test('neighbours with the same rights share a row of the table', () => {
  expect(roomsTable({ domain: [], kit: [], media: ['domain', 'kit'], app: ['*'] })).toBe(
    '| room | may import |\n| --- | --- |\n| domain, kit | – |\n| media | domain, kit |\n| app | everything |',
  );
});

test('circles of files are found, through types too, and what merely leads into one is not part of it', () => {
  const files = [
    sourceFile('src/a.ts', `import { b } from './b.ts';`),
    sourceFile('src/b.ts', `import type { C } from './c.ts';`),
    sourceFile('src/c.ts', `import { a } from './a.ts';\nimport { d } from './d.ts';`),
    sourceFile('src/d.ts', `import { d } from './d.ts';`),
    sourceFile('src/e.ts', `import { a } from './a.ts';`),
  ];
  expect(importCycles(files)).toEqual([['src/d.ts'], ['src/a.ts', 'src/b.ts', 'src/c.ts']]);
});
