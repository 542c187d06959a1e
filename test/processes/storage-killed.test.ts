import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { anEngine } from '../storage/sqlite/an-engine.ts';
import { drained } from '../conformance/requests.ts';
import { startChild } from './child.ts';
import { scratch } from '../storage/sqlite/scratch.ts';

test('a job whose acceptance was answered survives the kill of the process', async () => {
  using place = scratch();
  await using child = startChild('accepting.ts', place.file);
  await child.printed(150);
  const printed = (await child.kill()).filter((line) => /^tg-\d+$/.test(line));
  expect(printed.length).toBeGreaterThanOrEqual(150);

  using database = openDatabase({ path: place.file });
  const kept = (await drained(anEngine(database))).map((updateId) => `tg-${updateId}`);
  expect(kept.slice(0, printed.length)).toEqual(printed);
  // At most the one whose answer the kill cut off.
  expect(kept.length - printed.length).toBeLessThanOrEqual(1);
});

test('takeOwnership() is refused while another process owns the folder and granted once that one was killed', async () => {
  using place = scratch();
  await using child = startChild('owning.ts', place.dir);
  await child.printed(1);
  expect(() => takeOwnership(place.dir)).toThrow(
    expect.objectContaining({
      code: 'owned',
      message: `Cannot start: another darkroom process owns "${place.dir}"; stop it or set DATA_DIR`,
    }),
  );
  await child.kill();
  using ownership = takeOwnership(place.dir);
  expect(ownership).toBeDefined();
});

test('takeOwnership() is refused to a second owner in the same process until the first lets go', () => {
  using place = scratch();
  const first = takeOwnership(place.dir);
  expect(() => takeOwnership(place.dir)).toThrow(expect.objectContaining({ code: 'owned' }));
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  takeOwnership(place.dir)[Symbol.dispose]();
});
