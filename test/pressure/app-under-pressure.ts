import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AppEvent } from '../../src/domain/events.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { type BytezSandbox, startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { testKey, testToken } from '../support/test-app.ts';
import { until } from '../journeys/talk.ts';
import { compiled } from '../support/compiled.ts';

/** How the machine under the bot can refuse to write. */
export const pressures = ['full disk', 'quota used up', 'database read-only'] as const;
export type Pressure = (typeof pressures)[number];

export type PressedApp = AsyncDisposable & {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  readonly dataDir: string;
  readonly events: readonly AppEvent[];
  /** Resolves once the machine refuses, or no longer does. */
  refuse(): Promise<void>;
  allow(): Promise<void>;
  rssMb(): Promise<number>;
  /** The status of /readyz. */
  readiness(): Promise<number>;
  person(id: number, languageCode?: string): Person;
};

type Line = AppEvent | { readonly event: 'test.opened'; readonly httpUrl: string } | Did;
type Did = { readonly event: 'test.did'; readonly word: string; readonly rssBytes?: number };

const diskMegabytes = 8;
const mount = `mount -t tmpfs -o size=${diskMegabytes}m tmpfs "$DATA_DIR"`;

/** A disk of one's own needs a system that lets us mount one; a quota needs the system's tool. */
export function canBePressed(pressure: Pressure): boolean {
  const works = (command: string, args: readonly string[]) => {
    const env = { PATH: process.env['PATH'], DATA_DIR: tmpdir() };
    return spawnSync(command, args, { stdio: 'ignore', env }).status === 0;
  };
  if (pressure === 'full disk') return works('unshare', ['-rm', 'sh', '-c', mount]);
  if (pressure === 'quota used up') return works('prlimit', ['--pid', String(process.pid)]);
  return true;
}

/** The bot in a process of its own on a machine that can be made to refuse, against sandboxes of this one. */
export async function openPressedApp(
  pressure: Pressure,
  more: Readonly<Record<string, string>> = {},
): Promise<PressedApp> {
  await using opening = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'darkroom-pressure-'));
  opening.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const clock = systemClock;
  const telegram = opening.use(await startTelegramSandbox({ token: testToken, clock }));
  const accounts = [{ name: 'account 1', key: testKey(1), faults: [] }];
  const bytez = opening.use(await startBytezSandbox({ clock, accounts }));
  const app = [process.execPath, join(import.meta.dirname, 'children', 'app.ts')] as const;
  const command = ['unshare', '-rm', 'sh', '-c', `${mount} && exec "$0" "$@"`, ...app];
  const [file = '', ...args] = pressure === 'full disk' ? command : app;
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...compiled,
      PATH: process.env['PATH'],
      TELEGRAM_BOT_TOKEN: testToken,
      TELEGRAM_API_ROOT: telegram.url,
      BYTEZ_API_KEY: testKey(1),
      BYTEZ_BASE_URL: bytez.baseUrl,
      MEDIA_ALLOW_PRIVATE_HOSTS: bytez.mediaHost,
      DATA_DIR: dataDir,
      HTTP_PORT: '0',
      RETRY_DELAY_S: '0.01',
      KEYS_TEST_ON_START: 'off',
      HEALTH_CHECK_INTERVAL_S: '0',
      BYTEZ_SEATS_MAX: '1',
      PRESSURE: pressure,
      ...more,
    },
  });
  const closed = once(child, 'close');
  opening.defer(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const events: AppEvent[] = [];
  const did: Did[] = [];
  let httpUrl = '';
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if (line.event === 'test.did') did.push(line);
    else if (line.event === 'test.opened') ({ httpUrl } = line);
    else events.push(line);
  });
  await until(() => events.some(({ event }) => event === 'app.started'));
  const ask = async (word: string): Promise<Did> => {
    const before = did.length;
    child.stdin.write(`${word}\n`);
    await until(() => did.length > before);
    return did[before] as Did;
  };
  const opened = opening.move();
  return {
    telegram,
    bytez,
    dataDir,
    events,
    refuse: async () => void (await ask('refuse')),
    allow: async () => void (await ask('allow')),
    rssMb: async () => ((await ask('memory')).rssBytes ?? 0) / 1e6,
    readiness: async () => (await fetch(`${httpUrl}/readyz`)).status,
    person: (id, languageCode = 'en') => telegram.person({ id, firstName: `Person ${id}`, languageCode }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
