import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { until } from '../journeys/talk.ts';
import { compiled } from '../support/compiled.ts';
import { hasPostgres } from '../support/postgres-server.ts';
import { programs } from './started-process.ts';

/** Whatever still runs with this folder among its words or in its environment. */
function runningIn(folder: string): readonly string[] {
  const all = execFileSync('ps', ['axeww', '-o', 'pid=,args='], { maxBuffer: 2 ** 26 })
    .toString()
    .split('\n');
  return all.filter((line) => line.includes(folder));
}

test.skipIf(!hasPostgres).each([
  { how: 'is asked to stop', signal: 'SIGINT', leaves: [] },
  // Nothing is left that could delete the folder of its results.
  { how: 'is killed', signal: 'SIGKILL', leaves: [expect.stringContaining('darkroom-demo-')] },
] as const)('the demo with several processes leaves no server behind when it $how', async ({ signal, leaves }) => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-several-demo-'));
  // As the folder for temporary files is: the server may run as another user.
  chmodSync(folder, 0o1777);
  using cleaning = new DisposableStack();
  cleaning.defer(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [programs.source, 'demo', '--processes', '2'], {
    cwd: folder,
    env: { ...compiled, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleaning.defer(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const gone = once(child, 'exit') as Promise<[number | null, string | null]>;
  const started = () =>
    lines.flatMap((line) => /\[(\d)\] started as @darkroom_demo_bot/.exec(line)?.[1] ?? []).toSorted();
  await until(() => started().length === 2 || child.exitCode !== null, 100_000);
  expect(started()).toEqual(['1', '2']);
  // The bot of the demo has no address at Telegram; somebody else's may have that name.
  expect(lines.filter((line) => line.includes('t.me'))).toEqual([]);
  expect(runningIn(folder).some((line) => line.includes('postgres'))).toBe(true);
  child.kill(signal);
  expect((await gone)[0]).toBe(signal === 'SIGINT' ? 0 : null);
  await until(() => runningIn(folder).length === 0, 30_000);
  expect(readdirSync(folder)).toEqual(leaves);
});
