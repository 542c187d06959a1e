import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { aCommandLine } from '../cli/command-line.ts';
import { compiled } from '../support/compiled.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

test('keys disable beside somebody who keeps the database locked says that nothing was asked, with exit code 2', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const path = join(cli.dataDir, 'darkroom.db');
  using other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const child = spawn(process.execPath, [main, 'keys', 'disable', '3'], {
    cwd: cli.dataDir,
    env: { ...compiled, ...cli.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect({ out, err, code: code as number }).toEqual({
    out: '',
    err: `Cannot use database "${path}": database is locked; end what else uses it\n`,
    code: 2,
  });
});
