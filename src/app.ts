import { join } from 'node:path';
import { openBot } from './bot/open-bot.ts';
import { TokenRefused } from './bot/poller.ts';
import type { Config } from './config.ts';
import type { ProvidersConfig } from './config-providers.ts';
import type { Tell } from './domain/events.ts';
import type { EngineStats } from './domain/job-reader.ts';
import type { KeyDeskView } from './domain/key-desk.ts';
import { type Reach, reachNothing } from './domain/life-point.ts';
import type { ProviderName } from './domain/provider-name.ts';
import { isStorageRefusal } from './domain/storage-trouble.ts';
import { GenerationService } from './generation/generation-service.ts';
import { Housekeeping } from './generation/housekeeping.ts';
import { remembered } from './http/health-api.ts';
import { openKeys } from './keys/open-keys.ts';
import type { ProviderKey } from './keys/read-keys.ts';
import { atMost } from './kit/at-most.ts';
import type { Clock } from './kit/clock.ts';
import type { Random } from './kit/random.ts';
import { steadyClock } from './kit/steady-clock.ts';
import { listenOrSay } from './listen-or-say.ts';
import { removeUnfinished } from './media/incoming-file.ts';
import { createResultKeeper } from './media/result-keeper.ts';
import { loadCatalog } from './messages/catalog.ts';
import { createAlerts } from './observability/alerts.ts';
import { createProviders } from './providers/create-providers.ts';
import { createHttpClient } from './providers/http-client.ts';
import { modelTraits, providerNames } from './providers/registry.ts';
import { StartError } from './start-error.ts';
import { followClock } from './storage/follow-clock.ts';
import { bindToBot } from './storage/one-bot.ts';
import { openStorage } from './storage/open-storage.ts';
import { shiftFromFuture } from './storage/shift-times.ts';
import { takeOwnership } from './storage/owner-lock.ts';
import { createSqlitePersonalData } from './storage/sqlite-personal-data.ts';

/** A job on which so many processes died is set aside. */
const mostCrashes = 6;
const telegramSilenceMs = 120_000;
const readinessForMs = 1_000;
/** After the drain, telling and closing may take this much longer. */
const tellPatienceMs = 5_000;

export type HouseOptions = {
  readonly config: Config;
  readonly keys: readonly ProviderKey[];
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
  /** For tests: hears how far each job is. */
  readonly reach?: Reach;
};

export type House = AsyncDisposable & {
  /** Where the health API answers. */
  readonly httpUrl: string;
  readonly service: GenerationService;
  readonly keys: KeyDeskView;
  /** Goes on with these keys, and with new words on them where there are any. */
  reloadKeys(keys: readonly ProviderKey[], providers?: ProvidersConfig): Promise<void>;
  /** How many jobs wait and run, line by line. */
  stats(): Promise<EngineStats>;
  /** Resolves once Telegram has said who the bot is. */
  readonly introduced: Promise<void>;
  /** Rejects when the house cannot go on (the token was refused); never resolves. */
  readonly broken: Promise<never>;
};

/**
 * Opens the whole house: storage, keys, lines, bot, health API. Disposing closes it in two steps: nothing new is taken,
 * what runs may finish for `drainMs`, the rest is handed back unharmed. Throws a StartError when it cannot open.
 */
export async function openHouse({
  config,
  keys,
  clock: machineClock,
  random,
  tell: log,
  reach = reachNothing,
}: HouseOptions): Promise<House> {
  // Only the keys look at the machine's own clock, to tell when somebody sets it.
  const clock = steadyClock(machineClock);
  const listeners = [log];
  const tell: Tell = (event) => {
    if (event.event === 'clock.jumped') followClock(database, clock, tell, event.byMs);
    // The storage tells of it by itself, once for everybody.
    if (event.event === 'house.trouble' && isStorageRefusal(event.error)) return;
    for (const listener of listeners) listener(event);
  };
  const { token } = config.telegram;
  if (token === undefined) {
    throw new StartError('Cannot start: TELEGRAM_BOT_TOKEN is missing; ask @BotFather for one and put it into .env');
  }
  const catalog = loadCatalog();
  if (!catalog.locales.includes(config.defaultLocale)) {
    throw new StartError(
      `Cannot start: DEFAULT_LOCALE names a language without a locale file; set it to one of ${catalog.locales.join(', ')}`,
    );
  }
  await using opening = new AsyncDisposableStack();
  /** First step of closing: nothing new is taken. */
  const closing = new AbortController();
  /** Second step: no wait for Telegram goes on. */
  const hangingUp = new AbortController();

  opening.use(takeOwnership(config.dataDir));
  const storage = opening.use(
    openStorage({
      path: join(config.dataDir, 'darkroom.db'),
      clock,
      tell,
      lines: providerNames,
      onUnreadableKey: (error) => {
        tell({ event: 'house.trouble', what: 'Cannot remember a key; it begins anew', error });
      },
    }),
  );
  const { database, takesWrites, engine, inbox, dialogues } = storage;
  // A token begins with the id of its bot.
  bindToBot(database, Number(token.reveal().split(':', 1)[0]));
  await dialogues.purge(clock.now());

  const http = opening.use(createHttpClient());
  const providers = await createProviders(ownersOf(keys), { settings: config.providers, http, clock });
  const results = join(config.dataDir, 'results');
  await removeUnfinished(results);
  const keeper = opening.use(
    createResultKeeper({ directory: results, allowPrivateHosts: config.mediaAllowPrivateHosts, tell }),
  );
  const keyRoom = opening.use(
    await openKeys({
      keys,
      settings: config.providers,
      strategy: config.rotation,
      providers,
      store: storage.keyStore,
      clock: machineClock,
      random,
      tell,
      testOnStart: config.keysTestOnStart,
      checkEveryMs: config.healthCheckIntervalMs,
    }),
  );
  const { pool, desk: keyDesk } = keyRoom;

  shiftFromFuture(database, clock.now());
  const recovered = await engine.queue.recover(mostCrashes, clock.now());
  const { handedBack, unreadable } = recovered;
  const setAside = recovered.setAside.length + unreadable.length;
  const untold = (await engine.delivery.pending()).length;
  if (handedBack + setAside + untold > 0) tell({ event: 'house.recovered', handedBack, setAside, untold });

  const { retry: rules } = config;
  const service = new GenerationService({
    ...config,
    ...engine,
    pool,
    providers,
    keeper,
    clock,
    random,
    tell,
    rules,
    models: modelTraits,
    reach,
  });

  const housekeeping = opening.use(
    new Housekeeping({
      data: createSqlitePersonalData(database),
      keeper,
      service,
      retentionMs: config.retentionMs,
      clock,
      tell,
    }),
  );

  let ours = [token, ...keys.map(({ secret }) => secret)];
  const { poller, delivery, menu, mail } = opening.use(
    await openBot({
      ...storage,
      jobs: engine.reader,
      delivery: engine.delivery,
      ...config,
      token,
      apiRoot: config.telegram.apiRoot,
      catalog,
      service,
      keys: keyDesk,
      forget: (userId) => housekeeping.forget(userId),
      clock,
      random,
      tell,
      reach,
      ours: () => ours,
      closing: hangingUp.signal,
    }),
  );
  listeners.push(createAlerts({ pool: () => pool.snapshot(), clock, tell }), (event) => mail.hear(event));
  for (const jobId of recovered.setAside) tell({ event: 'job.set-aside', jobId, processes: mostCrashes });
  for (const jobId of unreadable) tell({ event: 'job.set-aside', jobId, processes: 0 });

  const door = opening.use(
    await listenOrSay({
      ...config.http,
      vitals: {
        databaseWritable: remembered(clock, readinessForMs, () => takesWrites() && keeper.trouble?.() === undefined),
        keysUsable: () => pool.snapshot().ready + pool.snapshot().cooling > 0,
        telegramAnswers: () => clock.uptimeMs() - (poller.lastAnswerUpMs ?? -Infinity) <= telegramSilenceMs,
      },
      clock,
      tell,
    }),
  );

  const introduced = poller.introduce(closing.signal).then(async () => {
    const { lines } = await engine.reader.stats();
    const waiting = lines.reduce((sum, line) => sum + line.waiting.free + line.waiting.premium, 0);
    tell({ event: 'house.started', keys: keys.length, waiting, bot: `@${poller.username}` });
  });
  const polling = introduced.then(async () => {
    await delivery.resume();
    service.start();
    // Nobody waits for the menu, not even the end: it complains by itself and is published anew at each start.
    void menu.publish();
    await poller.run(closing.signal);
  });
  const broken = polling.then(
    () => new Promise<never>(() => undefined),
    (error: unknown) => {
      if (closing.signal.aborted) return new Promise<never>(() => undefined);
      throw error instanceof TokenRefused ? new StartError(error.message) : error;
    },
  );
  broken.catch(() => undefined);
  introduced.catch(() => undefined);

  const opened = opening.move();
  return {
    httpUrl: door.url,
    service,
    keys: keyDesk,
    reloadKeys: async (newKeys, newProviders = config.providers) => {
      await providers.load(ownersOf(newKeys));
      ours = [token, ...newKeys.map(({ secret }) => secret)];
      await keyRoom.reload(newKeys, newProviders);
    },
    stats: () => engine.reader.stats(),
    introduced,
    broken,
    [Symbol.asyncDispose]: async () => {
      using patience = clock.deadline(config.drainMs);
      closing.abort(new Error('The house is closing'));
      await polling.catch(() => undefined);
      await atMost(clock, config.drainMs, poller.idle());
      const handedBack = await service.drain(patience);
      await atMost(clock, tellPatienceMs, delivery.drain());
      hangingUp.abort(new Error('The house is closed'));
      // Nobody died: what is not handled yet is suspected of nothing.
      await inbox.survived().catch(() => undefined);
      await opened.disposeAsync();
      tell({ event: 'house.stopped', handedBack });
    },
  };
}

function ownersOf(keys: readonly ProviderKey[]): readonly ProviderName[] {
  return keys.map(({ provider }) => provider);
}
