import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { importCycles } from '../scripts/shape/import-cycles.ts';
import { arrowsBetweenRooms, readRooms, roomOf, roomsTable, unusedRights } from '../scripts/shape/rooms.ts';
import { readSourceFiles } from '../scripts/shape/source-files.ts';
import { unit } from './support/test-projects.ts';

const root = join(import.meta.dirname, '..');
const rooms = readRooms(root);
const files = readSourceFiles(root);
const arrows = arrowsBetweenRooms(files, rooms);

test('every file belongs to a room, and every room has files', () => {
  const used = new Set(files.map(({ path }) => roomOf(path, rooms)));
  expect(files.filter(({ path }) => roomOf(path, rooms) === undefined).map(({ path }) => path)).toEqual([]);
  expect(Object.keys(rooms).filter((room) => !used.has(room))).toEqual([]);
});

test('no arrow between rooms is outside the table', () => {
  expect(arrows.filter(({ right }) => right === undefined)).toEqual([]);
});

test('every right of the table is used', () => {
  expect(unusedRights(arrows, rooms)).toEqual([]);
});

test('no files import each other in a circle, type-only imports counted', () => {
  expect(importCycles(files)).toEqual([]);
});

test('the table in CONTRIBUTING.md is the one that holds', () => {
  const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const [, table] = /<!-- rooms:start -->(.*)<!-- rooms:end -->/s.exec(page) ?? [];
  expect(table?.trim(), 'run "npm run shape -- --rooms" and paste what it prints').toBe(roomsTable(rooms));
});

test('domain imports no package, kit none but Node', () => {
  const packages = files.flatMap(({ path, text }) =>
    [...text.matchAll(/\bfrom '([^.'][^']*)'/g)].map(([, name = '']) => ({ room: roomOf(path, rooms), path, name })),
  );
  const isStrange = (room: string | undefined, name: string) =>
    room === 'domain' || (room === 'kit' && !name.startsWith('node:'));
  expect(packages.filter(({ room, name }) => isStrange(room, name))).toEqual([]);
});

test('no file has more than 300 lines', () => {
  expect(files.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
});

test('no folder of src holds more than 20 files', () => {
  const counts = Map.groupBy(files, ({ path }) => dirname(path));
  expect([...counts].filter(([folder, inside]) => folder.startsWith('src/') && inside.length > 20)).toEqual([]);
});

test('no unit test opens a server, a bucket or a stand-in, or starts a process', () => {
  const opens =
    /\b(?:createServer|local(?:Http|Tcp)Server|start(?:\w+Sandbox|TestBucket|Process)|openApp|openCore|spawn\w*)\(/;
  const names = globSync([...unit.include], { cwd: root, exclude: [...unit.exclude] }).toSorted();
  expect(names.length).toBeGreaterThan(100);
  expect(names).toContain('test/keys/rules/key-state.test.ts');
  const calls = (name: string) => opens.test(readFileSync(join(root, name), 'utf8'));
  expect(names.filter(calls), 'add them to "integration" in test/support/test-projects.ts').toEqual([]);
});
