import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createIncomingFolder, removeUnfinished } from '../../src/media/result-files.ts';

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
