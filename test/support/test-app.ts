import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp, type App } from '../../src/app/open-app.ts';
import type { CoreParts } from '../../src/app/core-parts.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { withAnonymousKeys } from '../../src/keys/sources/anonymous-keys.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { systemClock, type Clock } from '../../src/kit/clock.ts';
import { startBytezSandbox, type BytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { startTelegramSandbox, type TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { staleButtons } from './stale-buttons.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';

export const adminId = 900;
export const premiumId = 800;
export const testToken = '100000002:canary-token-of-the-tests-0123456789';

export type TestApp = AsyncDisposable & {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  readonly events: readonly AppEvent[];
  readonly dataDir: string;
  readonly app: App;
  /** The files of pictures that people sent. */
  inputs(): Promise<readonly string[]>;
  /** Closes the bot as SIGTERM does, and opens another on the same data and sandbox. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves once such an event was emitted. */
  event<Name extends AppEvent['event']>(
    name: Name,
    where?: (event: Extract<AppEvent, { event: Name }>) => boolean,
  ): Promise<Extract<AppEvent, { event: Name }>>;
  person(id: number, languageCode?: string): Person;
};

export type TestAppOptions = {
  /** The faults of the account of each key, in the order of the keys; one healthy key when absent. */
  readonly accounts?: readonly (readonly BytezFault[])[];
  readonly seats?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The clock of the bot; the sandbox uses the real one. */
  readonly clock?: Clock;
  /** `host:port` of further results. */
  readonly mediaHosts?: readonly string[];
  /** The clock by which the Bytez sandbox counts calls; the real one when absent. */
  readonly bytezClock?: Clock;
  readonly latencyMs?: number;
  /** Replaces how names are resolved and sockets are opened. */
  readonly network?: CoreParts['network'];
  /** Returns the URL that the bot uses for Telegram; for a server in between, which gets the URL of the sandbox. */
  readonly apiRoot?: (telegramUrl: string) => string;
  /** True where the test makes Telegram say that a message is as it should be although it is not. */
  readonly leavesButtons?: boolean;
};

/** Settings that shorten waits without skipping any. */
const quickly = { RETRY_DELAY_S: '0.01', DRAIN_S: '0.5' };
/** Faults are scripted call by call, so background calls are off. */
const unasked = { KEYS_TEST_ON_START: 'off', HEALTH_CHECK_INTERVAL_S: '0' };

/** The real bot over real HTTP on its own sandbox, with a data folder that is removed with it. */
export async function openTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  await using opening = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'darkroom-test-'));
  opening.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const accounts = accountsOf(options.accounts ?? [[]]).map((account) => ({
    ...account,
    ...(options.seats === undefined ? {} : { seats: options.seats }),
  }));
  const telegram = opening.use(await startTelegramSandbox({ token: testToken, clock: systemClock }));
  const bytez = opening.use(
    await startBytezSandbox({ clock: options.bytezClock ?? systemClock, accounts, latencyMs: options.latencyMs ?? 0 }),
  );
  const env = {
    TELEGRAM_BOT_TOKEN: testToken,
    TELEGRAM_API_ROOT: options.apiRoot?.(telegram.url) ?? telegram.url,
    BYTEZ_API_KEYS: accounts.map(({ key }) => key).join(','),
    BYTEZ_BASE_URL: bytez.baseUrl,
    MEDIA_ALLOW_PRIVATE_HOSTS: [bytez.mediaHost, ...(options.mediaHosts ?? [])].join(','),
    // The real Horde is never asked.
    HORDE_ANONYMOUS: 'off',
    ADMIN_IDS: String(adminId),
    PREMIUM_IDS: String(premiumId),
    DATA_DIR: dataDir,
    HTTP_PORT: '0',
    ...quickly,
    ...unasked,
    ...options.env,
  };
  const events: AppEvent[] = [];
  const listeners = new Set<(event: AppEvent) => void>();
  const open = async (): Promise<App> => {
    const app = await openApp({
      config: parseConfig(env),
      keys: withAnonymousKeys(readKeys(env), env).keys,
      clock: options.clock ?? systemClock,
      random: Math.random,
      ...(options.network === undefined ? {} : { parts: { network: options.network } }),
      emit: (event) => {
        events.push(event);
        for (const listener of listeners) listener(event);
      },
    });
    await app.introduced;
    return app;
  };
  let app = await open();
  opening.defer(async () => {
    await app[Symbol.asyncDispose]();
  });
  const opened = opening.move();
  return {
    telegram,
    bytez,
    events,
    dataDir,
    inputs: async () => (await readdir(join(dataDir, 'inputs'))).toSorted(),
    get app() {
      return app;
    },
    restart: async (more = {}) => {
      await app[Symbol.asyncDispose]();
      Object.assign(env, more);
      app = await open();
    },
    event: (name, where = () => true) =>
      new Promise((resolve) => {
        const look = (event: AppEvent): boolean => {
          if (event.event !== name || !where(event as Parameters<typeof where>[0])) return false;
          listeners.delete(look);
          resolve(event as Parameters<typeof where>[0]);
          return true;
        };
        if (!events.some(look)) listeners.add(look);
      }),
    person: (id, languageCode = 'en') => telegram.person({ id, firstName: `Person ${id}`, languageCode }),
    [Symbol.asyncDispose]: async () => {
      await app[Symbol.asyncDispose]();
      const stale = options.leavesButtons === true ? [] : staleButtons(telegram, dataDir);
      await opened.disposeAsync();
      if (stale.length > 0) throw new Error(`A request that has ended can still be cancelled: ${stale.join(', ')}`);
    },
  };
}

/** The accounts of a Bytez sandbox, one for each list of faults: "account 1" with the first test key, and so on. */
export function accountsOf(faults: readonly (readonly BytezFault[])[]) {
  return faults.map((own, index) => ({ name: `account ${index + 1}`, key: testKey(index + 1), faults: own }));
}

export function testKey(place: number): string {
  return `canary-key-${String(place).padStart(3, '0')}-of-the-tests`;
}

/** Returns the messages of the bot that satisfy the predicate. */
export function fromBot(messages: readonly SeenMessage[], where: (message: SeenMessage) => boolean = () => true) {
  return messages.filter((message) => message.from === 'bot' && where(message));
}

/** Returns the text or caption of a message. */
export function wordsOf(message: SeenMessage | undefined): string {
  return message === undefined ? '' : message.text || (message.caption ?? '');
}
