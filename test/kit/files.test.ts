import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/kit/files.ts';

test('makeFolder() makes every missing folder on the way, for the owner alone, and is content with what is there', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'darkroom-folder-'));
  const deep = join(scratch, 'a', 'b', 'c');
  makeFolder(deep);
  makeFolder(deep);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  rmSync(scratch, { recursive: true });
});

test.runIf(existsSync('/proc/self'))('makeFolder() gives up where the system makes no folders', () => {
  expect(() => makeFolder('/proc/nope/deeper')).toThrow(/ENOENT|EACCES|EPERM/);
});
