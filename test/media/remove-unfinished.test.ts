import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeUnfinished } from '../../src/media/remove-unfinished.ts';
import { createIncomingFolder } from '../../src/media/result-files.ts';

test('removeUnfinished() removes what was on its way in, and nothing that was kept', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'darkroom-results-'));
  const incoming = createIncomingFolder(directory).incoming();
  incoming.write(new Uint8Array(1_000_001));
  writeFileSync(join(directory, 'job-tg-1.png'), 'kept');
  writeFileSync(join(directory, 'incoming-notes.part'), 'somebody else’s');
  expect(readdirSync(directory)).toHaveLength(3);
  await removeUnfinished(directory);
  expect(readdirSync(directory).sort()).toEqual(['incoming-notes.part', 'job-tg-1.png']);
  incoming[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

test('removeUnfinished() is content with a folder that is not there yet', async () => {
  await expect(removeUnfinished(join(tmpdir(), 'darkroom-no-such-folder'))).resolves.toBeUndefined();
});

test('removeUnfinished() leaves what another process of a shared folder is at', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'darkroom-results-'));
  const [old, fresh] = ['0', '1'].map((digit) => `incoming-${digit.repeat(8)}-0000-4000-8000-000000000000.part`);
  for (const [name, seconds] of [
    [old ?? '', 1_000],
    [fresh ?? '', 5_000],
  ] as const) {
    writeFileSync(join(directory, name), 'x');
    utimesSync(join(directory, name), seconds, seconds);
  }
  await removeUnfinished(directory, 4_000_000);
  expect(readdirSync(directory)).toEqual([fresh]);
  rmSync(directory, { recursive: true });
});
