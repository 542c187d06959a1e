import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { aCommandLine } from '../cli/command-line.ts';
import { compiled } from '../support/compiled.ts';

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the real keys monitor with exit code 0', async (signal) => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
  const child = spawn(process.execPath, [main, 'keys', 'monitor'], {
    cwd: cli.dataDir,
    env: { ...compiled, ...cli.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  expect(String(first)).toContain('bytez #1: ready');
  child.kill(signal);
  expect(await ended).toEqual([0, null]);
});

test.each(['keys list', 'keys monitor --interval 0.1 --json'])(
  '%s ends quietly when nobody reads it any more',
  async (words) => {
    using cli = aCommandLine();
    await cli.saveRecords({});
    const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
    const child = spawn(process.execPath, [main, ...words.split(' ')], {
      cwd: cli.dataDir,
      env: { ...compiled, ...cli.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const [complaint, ended] = await Promise.all([readAll(child.stderr), once(child, 'close')]);
    expect(complaint).toBe('');
    expect(ended).toEqual([0, null]);
  },
);
