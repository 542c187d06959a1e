import { cachedFor } from '../http/readiness.ts';
import { openHttp } from './open-http.ts';
import { StartError, TemporaryError } from './start-error.ts';
import type { StarReconciler } from '../bot/payments/star-reconciler.ts';
import { openBot } from '../bot/open-bot.ts';
import { TokenRefused } from '../bot/updates/update-source.ts';
import type { ProvidersConfig } from '../config/provider-settings.ts';
import type { AdminApi } from '../domain/admin-api.ts';
import type { EngineStats } from '../domain/job-engine.ts';
import { candidateName } from '../domain/job.ts';
import { jobKinds } from '../domain/kinds.ts';
import type { GenerationService } from '../jobs/generation-service.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';
import { atMost } from '../kit/clock.ts';
import { LiveSecret } from '../kit/secret.ts';
import { createAgent, createConnector } from '../media/connector.ts';
import { loadCatalog, localeForTag } from '../messages/catalog.ts';
import type { CoreOptions } from './core-parts.ts';
import { followAlerts } from './processes/follow-alerts.ts';
import type { Core } from './core.ts';
import { openCore } from './open-core.ts';
import { ProvenKeys } from './proven-keys.ts';

const maxTelegramSilenceMs = 120_000;
const readinessCachedForMs = 1_000;
/** How long undelivered messages may take after the drain. */
const maxDeliveryDrainMs = 5_000;

export type AppOptions = Omit<CoreOptions, 'botId'> & {
  /** The token of the HTTP interface, which may change while the app runs; that of the configuration when absent. */
  readonly adminToken?: LiveSecret;
};

export type App = AsyncDisposable & {
  /** Compares the payments with Telegram's list of them. */
  readonly reconciler: Pick<StarReconciler, 'compare'>;
  /** Where the health API answers. */
  readonly httpUrl: string;
  readonly core: Core;
  readonly service: GenerationService;
  readonly admin: AdminApi;
  /** Replaces the keys, and their settings where given. */
  reloadKeys(keys: readonly ProviderKey[], providers?: ProvidersConfig): Promise<void>;
  /** As of the core. */
  reloadFiles(): readonly string[];
  /** How many jobs wait and run, line by line. */
  stats(): Promise<EngineStats>;
  /** Resolves once Telegram has said who the bot is. */
  readonly introduced: Promise<void>;
  /** Rejects when the app cannot go on (the token was refused); never resolves. */
  readonly broken: Promise<never>;
};

/**
 * Opens the whole app: the core, the bot and the health API. Disposing first stops the intake and lets running jobs finish
 * for `config.drainMs`, then aborts and requeues the rest. Throws a StartError when it cannot open.
 */
export async function openApp(options: AppOptions): Promise<App> {
  const { config, keys, random, onCheckpoint, adminToken = new LiveSecret(config.http.adminToken) } = options;
  const { token, apiRoot } = config.telegram;
  if (token === undefined) {
    throw new StartError('Cannot start: TELEGRAM_BOT_TOKEN is missing; ask @BotFather for one and put it into .env');
  }
  const catalog = loadCatalog();
  const defaultLocale = localeForTag(config.defaultLocale, catalog.locales);
  if (defaultLocale === undefined) {
    throw new StartError(
      `Cannot start: DEFAULT_LOCALE names a language without a locale file; set it to one of ${catalog.locales.join(', ')}`,
    );
  }
  await using opening = new AsyncDisposableStack();
  /** First step of closing: no new updates. */
  const closing = new AbortController();
  /** Second step: waits for Telegram end. */
  const closed = new AbortController();

  // A token begins with the id of its bot.
  const core = opening.use(
    await openCore({
      ...options,
      botId: Number(token.reveal().split(':', 1)[0]),
      styleWords: (style, locale) => catalog.plain(locale, `style.${style}`),
    }),
  );
  const { alerts: alertsTo, jobs: jobsTo } = config.webhooks;
  if (alertsTo !== undefined || jobsTo !== undefined || core.gateway !== undefined) {
    const { openWebhooks } = await import('./programs/open-webhooks.ts');
    opening.use(openWebhooks({ config, core, random, network: options.parts?.network }));
  }
  const { tracing } = config;
  if (tracing !== undefined) {
    const { openTracing } = await import('./programs/open-tracing.ts');
    opening.use(openTracing({ tracing, config, core, network: options.parts?.network }));
  }
  const { clock, events, storage, processes, pool, service } = core;
  const { emit } = events;
  const proven = new ProvenKeys(events);
  proven.follow(keys);
  const { engine, dialogues } = storage;
  await dialogues.purge(clock.now());

  const network = createConnector({ ...options.parts?.network, proxies: config.proxies });
  const telegramAgent = createAgent(network);
  opening.defer(() => telegramAgent.destroy());

  const fixedSecrets = [token, ...(config.bucket === undefined ? [] : [config.bucket.secretAccessKey])];
  const secretsOf = (those: typeof keys) => [...fixedSecrets, ...those.map(({ secret }) => secret)];
  const ownSecrets = { current: secretsOf(keys) };
  const { updates, webhook, delivery, menu, adminAlerts, reconciler, resumePeople } = opening.use(
    await openBot({
      ...storage,
      jobs: engine.reader,
      delivery: engine.delivery,
      results: core.results,
      copies: core.copies,
      inputs: core.inputs,
      ...config,
      keepsCopies: config.bucket !== undefined,
      defaultLocale,
      token,
      apiRoot,
      webhook: config.telegram.webhook,
      agent: telegramAgent,
      catalog,
      service,
      admin: core.admin,
      forget: (userId) => core.retention.forget(userId),
      forgetJob: (id) => core.retention.forgetJob(id),
      clock,
      random,
      emit,
      onCheckpoint,
      ownSecrets,
      closing: closed.signal,
      processes,
      shared: storage.shared,
    }),
  );
  opening.use(await followAlerts(core, adminAlerts));

  const listening = opening.use(
    await openHttp({
      ...config.http,
      adminToken,
      config,
      core,
      redact: options.redact ?? ((line) => line),
      telegram: webhook &&
        config.telegram.webhook && { ...config.telegram.webhook, accept: (update) => webhook.accept(update) },
      vitals: {
        databaseWritable: cachedFor(clock, readinessCachedForMs, () => core.takesWrites()),
        serving: () => service.models.serving(proven.among(pool.snapshot().keys)),
        telegramAnswers: () =>
          // Where another process polls, it is the one to say whether it is answered.
          (processes.termOf('telegram') === undefined && processes.isHeld('telegram')) ||
          clock.monotonicMs() - (updates.lastAnswerMonotonicMs ?? -Infinity) <= maxTelegramSilenceMs,
      },
    }),
  );

  const introduced = updates.identifyBot(closing.signal).then(async () => {
    const { lines } = await engine.reader.stats();
    const waiting = lines.reduce((sum, line) => sum + line.waiting.free + line.waiting.premium, 0);
    emit({ event: 'app.started', keys: keys.length, waiting, bot: `@${updates.username}` });
    emit({
      event: 'app.ready',
      link: `https://t.me/${updates.username}`,
      health: `${listening.url}/readyz`,
      models: jobKinds.flatMap((kind) =>
        core.chains[kind].slice(0, 1).map((first) => `${kind}: ${candidateName(first)}`),
      ),
      admins: config.adminIds.size,
      keys: keys.length,
    });
  });
  const polling = introduced.then(async () => {
    if (processes.isAlone) await delivery.resume();
    core.start();
    const running = updates.run(closing.signal);
    using _holding = processes.hold('telegram', (term) => {
      const signal = processes.isAlone ? closing.signal : AbortSignal.any([closing.signal, term.signal]);
      reconciler.start(signal);
      void resumePeople(signal);
      // Nothing waits for the menu: it reports its own errors and is published again at each start.
      void menu.publish();
      if (!processes.isAlone) void delivery.resume();
    });
    await running;
  });
  const broken = polling.then(
    () => new Promise<never>(() => undefined),
    (error: unknown) => {
      if (closing.signal.aborted) return new Promise<never>(() => undefined);
      if (!(error instanceof TokenRefused)) throw error;
      throw error.hasWorked ? new TemporaryError(error.message) : new StartError(error.message);
    },
  );
  broken.catch(() => undefined);
  introduced.catch(() => undefined);

  const opened = opening.move();
  return {
    httpUrl: listening.url,
    reconciler,
    core,
    service,
    admin: core.admin,
    reloadKeys: (newKeys, newProviders) => {
      ownSecrets.current = secretsOf(newKeys);
      proven.follow(newKeys);
      return core.reloadKeys(newKeys, newProviders);
    },
    reloadFiles: () => core.reloadFiles(),
    stats: () => engine.reader.stats(),
    introduced,
    broken,
    [Symbol.asyncDispose]: async () => {
      using patience = clock.deadline(config.drainMs);
      closing.abort(new Error('The app is closing'));
      await polling.catch(() => undefined);
      await atMost(clock, config.drainMs, updates.idle());
      // Others need not wait for what runs here.
      if (!processes.isAlone) await updates.leave().catch(() => undefined);
      await core.drain(patience);
      await atMost(clock, maxDeliveryDrainMs, delivery.drain());
      closed.abort(new Error('The app is closed'));
      if (processes.isAlone) await updates.leave().catch(() => undefined);
      await opened.disposeAsync();
    },
  };
}
