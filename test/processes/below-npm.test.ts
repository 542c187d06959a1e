import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import { startTelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { isOwned } from '../../src/storage/sqlite/owner-lock.ts';
import { until } from '../journeys/talk.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { compiled } from '../support/compiled.ts';
import { testKey, testToken } from '../support/test-app.ts';

const project = join(import.meta.dirname, '..', '..');
const maxStartMs = 60_000;

/** The processes in whose environment the text is. */
function processesOf(marker: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(marker);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** `npm run <script>` in a process group of its own, as a supervisor starts it. */
function npmRun(script: string, env: Readonly<Record<string, string>>) {
  const child = spawn('npm', ['run', '--silent', script], {
    cwd: project,
    detached: true,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...compiled, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  return { child, lines, exited: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]> };
}

test.skipIf(process.platform !== 'linux').each([
  ['SIGTERM', 'the process'],
  ['SIGINT', 'the process'],
  ['SIGHUP', 'the process'],
  ['SIGINT', 'the group'],
] as const)(
  '%s to %s of npm start ends the bot in order and leaves no orphan that owns the data',
  { timeout: 3 * maxStartMs },
  async (signal, to) => {
    using place = scratch();
    const clock = systemClock;
    await using telegram = await startTelegramSandbox({ token: testToken, clock });
    await using bytez = await startBytezSandbox({ clock, accounts: [{ name: 'one', key: testKey(1), faults: [] }] });
    const dataDir = join(place.dir, 'data');
    const { child, lines, exited } = npmRun('start', {
      TELEGRAM_BOT_TOKEN: testToken,
      TELEGRAM_API_ROOT: telegram.url,
      BYTEZ_BASE_URL: bytez.baseUrl,
      BYTEZ_API_KEY: testKey(1),
      DATA_DIR: dataDir,
      HTTP_PORT: '0',
      DRAIN_S: '1',
    });
    await until(() => lines.some((line) => line.includes('app.started')), maxStartMs);
    // Ctrl-C at a terminal signals the group, and npm forwards its own to the bot once more.
    if (to === 'the group') process.kill(-Number(child.pid), signal);
    else child.kill(signal);
    await exited;
    await until(() => processesOf(dataDir).length === 0, maxStartMs);
    expect(isOwned(dataDir)).toBe(false);
    // A reader may be gone before the last lines; where npm lives on, the end was told.
    if (signal !== 'SIGHUP') expect(lines.some((line) => line.includes('app.stopped'))).toBe(true);
  },
);

test.skipIf(process.platform !== 'linux').each(['SIGTERM', 'SIGHUP'] as const)(
  '%s to the process of npm run demo ends the demo and removes its data folder',
  { timeout: 3 * maxStartMs },
  async (signal) => {
    using place = scratch();
    const tmp = join(place.dir, 'tmp');
    mkdirSync(tmp);
    writeFileSync(join(tmp, 'marker'), '');
    const { child, lines, exited } = npmRun('demo', { TMPDIR: tmp });
    await until(() => lines.some((line) => line.includes('The chat page is at')), maxStartMs);
    expect(readdirSync(tmp).length).toBeGreaterThan(1);
    child.kill(signal);
    await exited;
    await until(() => processesOf(tmp).length === 0, maxStartMs);
    expect(readdirSync(tmp)).toEqual(['marker']);
  },
);
