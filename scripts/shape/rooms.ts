/**
 * A room is a folder, a folder in a folder or a single file; its name is the path without `src/`. docs/rooms.json says
 * what each may import. A file belongs to the room with the longest name that covers it. A room may import itself and the
 * rooms below it; every other arrow needs a right, which covers a room and all below it. A right that ends in ` (types)`
 * covers type-only imports alone, and `*` is a right to everything.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { SourceFile } from './source-files.ts';

export type Rooms = Readonly<Record<string, readonly string[]>>;

/** One import of a file in another room. */
export type Arrow = {
  readonly file: string;
  readonly to: string;
  /** The room of the file; nothing when the table has none. */
  readonly room: string | undefined;
  /** The right of the room that covers it, the most exact one; nothing when there is none. */
  readonly right: string | undefined;
};

const everything = '*';
const typesOnly = ' (types)';
const roomsSchema = z.record(z.string(), z.array(z.string()));

export function readRooms(root: string): Rooms {
  return roomsSchema.parse(JSON.parse(readFileSync(join(root, 'docs/rooms.json'), 'utf8')));
}

/** The name of the room that a file belongs to. */
export function roomOf(path: string, rooms: Rooms): string | undefined {
  return longest(Object.keys(rooms).filter((room) => covers(room, inHouse(path))));
}

/** Every import that leaves its room, with the right that allows it. */
export function arrowsBetweenRooms(files: readonly SourceFile[], rooms: Rooms): readonly Arrow[] {
  return files.flatMap(({ path, imports }) => {
    const room = roomOf(path, rooms);
    return imports.flatMap(({ to, isType }) => {
      const target = roomOf(to, rooms);
      if (room !== undefined && (target === room || covers(room, inHouse(to)))) return [];
      const rights = (room === undefined ? [] : (rooms[room] ?? [])).filter((right) => allows(right, to, isType));
      return [{ file: path, to, room, right: longest(rights) }];
    });
  });
}

/** Rights without an arrow that needs them, as `room: right`; a right to everything counts as used. */
export function unusedRights(arrows: readonly Arrow[], rooms: Rooms): readonly string[] {
  const used = new Set(arrows.map(({ room, right }) => `${room}: ${right}`));
  return Object.entries(rooms).flatMap(([room, rights]) =>
    rights
      .filter((right) => right !== everything && !used.has(`${room}: ${right}`))
      .map((right) => `${room}: ${right}`),
  );
}

/** The table as Markdown; neighbours with the same rights share a row. */
export function roomsTable(rooms: Rooms): string {
  const rows: { names: string[]; rights: string }[] = [];
  for (const [name, mayImport] of Object.entries(rooms)) {
    const rights = mayImport.includes(everything) ? 'everything' : mayImport.join(', ') || '–';
    const last = rows.at(-1);
    if (last?.rights === rights) last.names.push(name);
    else rows.push({ names: [name], rights });
  }
  return [
    '| room | may import |',
    '| --- | --- |',
    ...rows.map(({ names, rights }) => `| ${names.join(', ')} | ${rights} |`),
  ].join('\n');
}

function inHouse(path: string): string {
  return path.replace(/^src\//, '');
}

function covers(room: string, name: string): boolean {
  return name === room || name.startsWith(`${room}/`);
}

function allows(right: string, to: string, isType: boolean): boolean {
  if (right === everything) return true;
  if (right.endsWith(typesOnly)) return isType && covers(right.slice(0, -typesOnly.length), inHouse(to));
  return covers(right, inHouse(to));
}

function longest(names: readonly string[]): string | undefined {
  return names.toSorted((one, other) => other.length - one.length)[0];
}
