import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RotationStrategy } from '../../config/config.ts';
import { systemClock } from '../../kit/clock.ts';
import type { BytezSandbox } from '../../../sandbox/bytez/bytez-sandbox.ts';
import type { BreakableProvider } from '../../../sandbox/demo-providers.ts';
import type { SandboxAccount } from '../../../sandbox/bytez/faults-file.ts';
import type { TelegramSandbox } from '../../../sandbox/telegram/telegram-sandbox.ts';
import { loadSandbox } from '../sandbox.ts';
import { StartError } from '../../app/start-error.ts';
import type { Secret } from '../../kit/secret.ts';
import { DemoBots, type EmitOfDemo } from './demo-bots.ts';

/** The people of the demo and their user ids. */
export const roles = { free: 1001, premium: 1002, admin: 1003 } as const;
export type Role = keyof typeof roles;

const demoToken = '100000001:demo-token-that-opens-nothing-at-all';

export type DemoApp = AsyncDisposable & {
  readonly bot: DemoBots;
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  /** In the order of the keys. */
  readonly accounts: readonly SandboxAccount[];
  /** The providers of the chain, in its order. */
  readonly providers: readonly BreakableProvider[];
};

export type DemoAppOptions = {
  readonly emit: EmitOfDemo;
  /** How long a picture takes. */
  readonly pictureMs?: number | undefined;
  readonly rotation?: RotationStrategy | undefined;
  /** As how many processes the bot runs; more than one share a PostgreSQL that is started for them. */
  readonly processes?: number | undefined;
};

/**
 * The sandbox and the real app on it: free ports, a data folder and a database of its own that go with it, and nothing from
 * `.env` or the process's keys and tokens. Throws a StartError that says what is missing.
 */
export async function openDemoApp(options: DemoAppOptions): Promise<DemoApp> {
  const { emit, pictureMs = 900, rotation = 'health-based', processes: count = 1 } = options;
  const sandbox = await loadSandbox();
  const { startTelegramSandbox, startBytezSandbox, demoAccounts, startDemoProviders, breakableBytez } = sandbox;
  await using opening = new AsyncDisposableStack();
  const clock = systemClock;
  const databaseUrl = count === 1 ? undefined : await openDatabase(opening, count);
  const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-demo-'));
  opening.defer(() => rm(dataDir, { recursive: true, force: true }));
  const telegram = opening.use(
    await startTelegramSandbox({ token: demoToken, clock, botUsername: 'darkroom_demo_bot' }),
  );
  const bytez = opening.use(await startBytezSandbox({ clock, accounts: demoAccounts, latencyMs: pictureMs }));
  const others = opening.use(await startDemoProviders(clock));
  const env = {
    ...others.env,
    TELEGRAM_BOT_TOKEN: demoToken,
    TELEGRAM_API_ROOT: telegram.url,
    BYTEZ_API_KEYS: demoAccounts.map(({ key }) => key).join(','),
    BYTEZ_BASE_URL: bytez.baseUrl,
    MEDIA_ALLOW_PRIVATE_HOSTS: [bytez.mediaHost, ...others.mediaHosts].join(','),
    ADMIN_IDS: String(roles.admin),
    PREMIUM_IDS: String(roles.premium),
    DATA_DIR: dataDir,
    HTTP_PORT: '0',
    ROTATION_STRATEGY: rotation,
    STARS_PACKS: '20:50,100:200',
    STARS_SUBSCRIPTION: '250',
    RETRY_DELAY_S: '0.5',
    IMAGE_TIMEOUT_S: '10',
    VIDEO_TIMEOUT_S: '30',
    DRAIN_S: '1',
    // The demo shows how the rotation finds bad keys by itself.
    KEYS_TEST_ON_START: 'off',
    HEALTH_CHECK_INTERVAL_S: '0',
  };
  const several = databaseUrl && { count, databaseUrl };
  const bot = opening.use(await DemoBots.open({ env, emit, clock, several }));
  const opened = opening.move();
  const providers = [breakableBytez(bytez), ...others.providers];
  return {
    bot,
    telegram,
    bytez,
    accounts: demoAccounts,
    providers,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A PostgreSQL of this demo alone, which ends with it. */
async function openDatabase(opening: AsyncDisposableStack, count: number): Promise<Secret> {
  const { hasPostgres, startPostgres } = await import('../../../sandbox/postgres/postgres-server.ts');
  if (!hasPostgres) {
    throw new StartError(
      `Cannot run the demo with ${count} processes: they share a PostgreSQL, and none is installed here; install it ("apt-get install postgresql" on Debian and Ubuntu; it need not run), or leave out --processes`,
    );
  }
  try {
    return opening.use(await startPostgres()).url;
  } catch (error) {
    const facts = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot run the demo with ${count} processes: the PostgreSQL that they share does not start: ${facts}`,
      { cause: error },
    );
  }
}
