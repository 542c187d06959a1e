import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { compiled } from '../support/compiled.ts';
import { hasPostgres, testDatabase } from '../support/postgres-server.ts';
import { addToldJobs, contentsOfFile, fillDatabase } from '../storage/move/full-database.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { programs } from './started-process.ts';

type Ended = { readonly code: number | null; readonly out: string };

/** Runs `darkroom move` in a process of its own, and kills it once it has printed such a line. */
async function move(to: string, env: Readonly<Record<string, string>>, killAt?: RegExp): Promise<Ended> {
  const child = spawn(process.execPath, [programs.source, 'move', '--to', to, '--json'], {
    env: { ...compiled, ...env },
    cwd: env['DATA_DIR'],
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (bytes: Buffer) => void (out += bytes.toString()));
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (killAt?.test(line) === true) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

test.skipIf(!hasPostgres)(
  'a move that is killed while it copies, and while it checks, is whole in the end',
  async () => {
    using place = scratch();
    await using own = await testDatabase();
    await fillDatabase(place.file);
    addToldJobs(place.file, 4_000);
    const before = contentsOfFile(place.file);
    const env = { DATABASE_URL: own.url.reveal(), DATA_DIR: join(place.dir, 'data') };
    for (const to of ['postgres', 'sqlite']) {
      expect((await move(to, env, /^copying, 30 %/)).code).toBeNull();
      expect((await move(to, env, /^checking, 50 %/)).code).toBeNull();
      const { code, out } = await move(to, env);
      expect(code).toBe(0);
      expect((JSON.parse(out) as { resumedFrom: number }).resumedFrom).toBeGreaterThan(4_000);
    }
    expect(contentsOfFile(place.file)).toEqual(before);
  },
);
