import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { type BytezSandbox, startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import type { ProcessRole } from '../../src/domain/shared/processes.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { until } from '../journeys/talk.ts';
import type { Secret } from '../../src/kit/secret.ts';
import { compiled } from '../support/compiled.ts';
import { testDatabase } from '../support/postgres-server.ts';
import { adminId, testKey, testToken } from '../support/test-app.ts';

/** A busy machine takes its time over the modules of several processes at once. */
const startWithinMs = 100_000;
/** Of the one account that all of them use. */
const seats = 12;

export type OneApp = {
  /** What it has told so far. */
  readonly events: readonly AppEvent[];
  has(role: ProcessRole): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, and the database counts it as dead at once. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
};

export type SeveralApps = AsyncDisposable & {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  readonly apps: readonly OneApp[];
  /** Of all processes. */
  events(): readonly AppEvent[];
  /** The one that has the role, once there is one. */
  holderOf(role: ProcessRole): Promise<OneApp>;
  person(id: number): Person;
};

export type SeveralAppsOptions = {
  readonly count: number;
  readonly latencyMs?: number;
  /** One of the test's own, which may be killed. */
  readonly database?: { readonly url: Secret };
  readonly env?: Readonly<Record<string, string>>;
  /** Telegram sends each update to one of the processes, whichever this says. */
  readonly balance?: (updates: number, count: number) => number;
};

/** The bot in several processes of their own on one database, against sandboxes of this one. */
export async function openSeveralApps({
  count,
  latencyMs = 0,
  env = {},
  balance,
  database: given,
}: SeveralAppsOptions): Promise<SeveralApps> {
  await using opening = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'darkroom-several-'));
  opening.defer(() => rmSync(dir, { recursive: true, force: true }));
  const database = given ?? opening.use(await testDatabase());
  const client = new Client({ connectionString: database.url.reveal() });
  client.on('error', () => undefined);
  await client.connect();
  opening.defer(() => client.end().catch(() => undefined));
  const telegram = opening.use(await startTelegramSandbox({ token: testToken, clock: systemClock }));
  const accounts = [{ name: 'account 1', key: testKey(1), faults: [], seats }];
  const bytez = opening.use(await startBytezSandbox({ clock: systemClock, accounts, latencyMs }));
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const webhook = balance === undefined ? {} : opening.use(await balancer(ports, balance)).env;
  const apps: OneApp[] = [];
  const begin = async (place: number): Promise<OneApp> => {
    const events: AppEvent[] = [];
    const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'children', 'app.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...compiled,
        TELEGRAM_BOT_TOKEN: testToken,
        TELEGRAM_API_ROOT: telegram.url,
        DATABASE_URL: database.url.reveal(),
        BYTEZ_API_KEY: testKey(1),
        BYTEZ_BASE_URL: bytez.baseUrl,
        BYTEZ_SEATS_PER_KEY: String(seats),
        BYTEZ_SEATS_MAX: String(seats),
        MEDIA_ALLOW_PRIVATE_HOSTS: bytez.mediaHost,
        DATA_DIR: join(dir, String(place)),
        HTTP_PORT: String(ports[place]),
        RETRY_DELAY_S: '0.01',
        DRAIN_S: '3',
        KEYS_TEST_ON_START: 'off',
        ADMIN_IDS: String(adminId),
        ...webhook,
        ...env,
      },
    });
    const gone = once(child, 'close');
    const end = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await gone;
    };
    opening.defer(() => end('SIGKILL'));
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
      events.push(JSON.parse(line) as AppEvent);
    });
    await until(() => events.some(({ event }) => event === 'app.started') || child.exitCode !== null, startWithinMs);
    if (child.exitCode !== null) throw new Error(`Cannot start the bot: it ended with code ${child.exitCode}`);
    return {
      events,
      has: (role) => child.exitCode === null && child.signalCode === null && lastOf(events, role) === 'role.gained',
      signal: (signal) => void child.kill(signal),
      kill: async () => {
        const held = rolesOf(events);
        await end('SIGKILL');
        // The others need not wait until it counts as dead.
        for (const role of held) {
          await client.query(
            `UPDATE darkroom.processes SET beat_at_ms = 0 WHERE id = (SELECT process_id FROM darkroom.roles WHERE role = $1)`,
            [role],
          );
        }
      },
      stop: () => end('SIGTERM'),
    };
  };
  apps.push(...(await Promise.all(Array.from({ length: count }, (_, place) => begin(place)))));
  const opened = opening.move();
  return {
    telegram,
    bytez,
    apps,
    events: () => apps.flatMap(({ events }) => events),
    holderOf: async (role) => {
      await until(() => apps.some((app) => app.has(role)));
      const holder = apps.find((app) => app.has(role));
      if (holder === undefined) throw new Error(`Cannot find who has the role ${role}`);
      return holder;
    },
    person: (id) => telegram.person({ id, firstName: `Person ${id}`, languageCode: 'en' }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function lastOf(events: readonly AppEvent[], role: ProcessRole): AppEvent['event'] | undefined {
  return events.findLast((event) => 'role' in event && event.role === role)?.event;
}

function rolesOf(events: readonly AppEvent[]): readonly ProcessRole[] {
  return (['telegram', 'housekeeping'] as const).filter((role) => lastOf(events, role) === 'role.gained');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Hands each request of Telegram to one of the processes; to another one where that one does not answer. */
async function balancer(ports: readonly number[], choose: (updates: number, count: number) => number) {
  const path = '/telegram/updates';
  let updates = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const place = choose(updates, ports.length);
      updates += 1;
      const headers = Object.fromEntries(
        Object.entries(request.headers).flatMap(([name, value]) =>
          name.startsWith('x-') || name === 'content-type' ? [[name, String(value)]] : [],
        ),
      );
      fetch(`http://127.0.0.1:${ports[place]}${path}`, { method: 'POST', headers, body: Buffer.concat(chunks) }).then(
        (answer) => response.writeHead(answer.status).end(),
        () => response.writeHead(502).end(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      WEBHOOK_URL: `http://127.0.0.1:${port}${path}`,
      WEBHOOK_SECRET: 'canary-secret-of-the-webhook-0123456789',
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
