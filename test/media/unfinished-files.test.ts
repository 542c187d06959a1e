import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alone } from '../../src/app/processes/alone.ts';
import type { LivingProcess } from '../../src/domain/shared/processes.ts';
import { createIncomingFolder } from '../../src/media/result-files.ts';
import { removeUnfinished } from '../../src/media/unfinished-files.ts';

function aFolder() {
  const directory = mkdtempSync(join(tmpdir(), 'darkroom-results-'));
  return {
    directory,
    names: () => readdirSync(directory).sort(),
    begin: (owner?: string) => {
      const incoming = createIncomingFolder(directory, owner).incoming();
      incoming.write(new Uint8Array(1_000_001));
      return incoming;
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

function several(ids: readonly string[], seesWhoIsDead = true) {
  return {
    isAlone: false,
    living: async () => ids.map((id) => ({ id }) as LivingProcess),
    seesWhoIsDead: () => seesWhoIsDead,
  };
}

test('who is alone removes what was on its way in, and nothing that was kept', async () => {
  using folder = aFolder();
  using _incoming = folder.begin();
  writeFileSync(join(folder.directory, 'job-tg-1.png'), 'kept');
  writeFileSync(join(folder.directory, 'incoming-notes.part'), 'somebody else’s');
  expect(folder.names()).toHaveLength(3);
  await removeUnfinished(folder.directory, alone(), 0);
  expect(folder.names()).toEqual(['incoming-notes.part', 'job-tg-1.png']);
});

test('removeUnfinished() is content with a folder that is not there yet', async () => {
  await expect(removeUnfinished(join(tmpdir(), 'darkroom-no-such-folder'), alone(), 0)).resolves.toBeUndefined();
});

test('in a shared folder what a living process is at stays, and what a dead one left goes', async () => {
  using folder = aFolder();
  using _mine = folder.begin('mine');
  using _others = folder.begin('other');
  using _dead = folder.begin('dead');
  const owners = () => folder.names().map((name) => /^incoming-([a-z]+)\./.exec(name)?.[1]);
  // No process could beat for a while: the silent one may live.
  await removeUnfinished(folder.directory, several(['mine'], false), 0);
  expect(owners()).toEqual(['dead', 'mine', 'other']);
  await removeUnfinished(folder.directory, several(['mine', 'other']), 0);
  expect(owners()).toEqual(['mine', 'other']);
});

test('in a shared folder a file without a name of its process goes after an hour', async () => {
  using folder = aFolder();
  const [old, fresh] = ['0', '1'].map((digit) => `incoming-${digit.repeat(8)}-0000-4000-8000-000000000000.part`);
  for (const [name, seconds] of [
    [old ?? '', 1_000],
    [fresh ?? '', 5_000],
  ] as const) {
    writeFileSync(join(folder.directory, name), 'x');
    utimesSync(join(folder.directory, name), seconds, seconds);
  }
  await removeUnfinished(folder.directory, several([]), 4_000_000 + 3_600_000);
  expect(folder.names()).toEqual([fresh]);
});
