import { chainsFor } from '../config/provider-settings.ts';
import { createEventBus } from '../domain/event-bus.ts';
import { everyMechanism } from '../domain/mechanisms.ts';
import type { Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import { openBudgets } from '../jobs/budgets.ts';
import { GenerationService } from '../jobs/generation-service.ts';
import { materialLoader } from '../jobs/request/generation-request.ts';
import { RetentionJob } from '../jobs/retention.ts';
import { openKeys } from '../keys/open-keys.ts';
import { Keyring } from '../keys/keyring/keyring.ts';
import { providersOf } from '../keys/sources/read-keys.ts';
import { steadyClock } from '../kit/clock.ts';
import { createConnector } from '../media/connector.ts';
import { createProviders } from '../providers/create-providers.ts';
import { createHttpClient } from '../providers/http/http-exchange.ts';
import { ModelCatalog, modelTraitsOf } from '../providers/registry.ts';
import type { CoreOptions } from './core-parts.ts';
import { openAlerts } from './alert-saver.ts';
import type { Core } from './core.ts';
import { CommandRunner } from './command-runner.ts';
import { openCopies, openPersonalData } from './open-copies.ts';
import { recover } from './processes/recover.ts';
import { openOwnStorage } from './processes/own-storage.ts';
import { gatewayAccess, openClients } from './programs/open-clients.ts';
import { keepingFilesOf, openInputs, openResults } from './open-files.ts';
import { type OpenModels, openModels } from './open-models.ts';
import { noticesOf, openHousekeeping } from './processes/housekeeping.ts';
import { openProcesses } from './processes/open-processes.ts';
import { shareReload } from './processes/share-reload.ts';
import { shareSettings } from './processes/share-settings.ts';
import { whileHeld } from './processes/while-held.ts';
import { openSafety } from './safety/open-safety.ts';
import { readOperatorFiles, watchOperatorFiles } from './operator-files.ts';
import { createOwnerAdmin, notReloadable } from './owner-admin.ts';

/**
 * Opens owner lock, storage, HTTP client, providers, keys, generation service and retention: no Telegram, no HTTP server.
 * Disposing drains for `config.drainMs`, unless that was done, and closes everything in reverse order. Throws a
 * StorageError when the data folder cannot be used, a StartError when a file of the operator has a mistake.
 */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { config, clock: machineClock, random, onCheckpoint, botId, parts = {} } = options;
  // Only the keys read the machine's own clock, to notice when it is set.
  const clock = steadyClock(machineClock);
  const events = createEventBus();
  const { emit } = events;
  await using opening = new AsyncDisposableStack();

  const { mechanisms = everyMechanism } = parts;
  const tables = readOperatorFiles(config);
  let { rules } = tables;
  const catalog = new ModelCatalog(tables.models, modelTraitsOf(tables.definitions));
  const opened = opening.use(await openOwnStorage({ config, parts, clock, emit }));
  const storage = parts.storage?.(opened) ?? opened;
  const { database, engine, keyStore } = storage;
  const processes = await openProcesses(opening, storage.shared, { clock, emit });
  const notices = noticesOf(storage.notices, processes);
  let configured = options.keys;
  let keySettings = config.providers;
  events.on(['clock.jumped'], ({ byMs }) => storage.clockChanges.follow(clock, emit, byMs));
  events.subscribe(options.emit);
  if (botId !== undefined) await storage.bindToBot(botId);
  const keyring = await Keyring.open({
    store: storage.operatorKeys,
    masterKey: config.masterKey,
    salt: await keyStore.salt(),
    clock,
    emit,
    onSecret: options.onSecret ?? (() => undefined),
  });
  const keys = keyring.with(configured);

  const http =
    parts.http ??
    opening.use(createHttpClient({ connector: createConnector({ ...parts.network, proxies: config.proxies }) }));
  const { providers: settings } = config;
  const { definitions } = tables;
  const ownRules = config.failureRulesFile === undefined ? undefined : () => rules;
  const own =
    parts.providers === undefined
      ? await createProviders(providersOf(keys), { settings, definitions, http, clock, rules: ownRules })
      : undefined;
  const providers = own ?? parts.providers?.(http) ?? new Map<ProviderName, Provider>();
  const inputs = parts.results ?? opening.use(await openInputs(config, { processes, clock, emit }));
  const results = parts.results ?? opening.use(await openResults(config, { processes, clock, emit }, parts.network));
  let blocked: (provider: ProviderName) => void = () => undefined;
  const keyRoom = opening.use(
    await openKeys({
      keys,
      settings: config.providers,
      strategy: config.rotation,
      providers,
      store: keyStore,
      clock: machineClock,
      random,
      emit,
      testOnStart: config.keysTestOnStart,
      checkEveryMs: config.healthCheckIntervalMs,
      onBlocked: (provider) => blocked(provider),
      notices,
      own: () => keyring.settings,
      mechanisms,
      shared: storage.shared?.keys,
    }),
  );
  const { pool, maintenance } = keyRoom;
  const alerts = opening.use(openAlerts(pool, events, storage, processes, clock, emit));

  storage.clockChanges.catchUp(clock.now());
  const first = await recover(storage, emit);

  const keyedProviders = new Set(providersOf(keys));
  const chains = chainsFor(config.chains, keyedProviders, definitions);
  const { budgets: limits, ...withoutLimits } = config;
  const clients = opening.use(await openClients({ ...config.gateway, store: storage.clients, clock, emit }));
  const { sharing } = pool;
  const spending = { limits, ofClient: clients?.budgetOf, reader: engine.reader, clock, emit, sharing };
  const budgets = opening.use(await openBudgets(spending));
  const guard = await openSafety(opening, { config, storage, pool, http, clock, events, inputs });
  const service = new GenerationService({
    ...withoutLimits,
    guard,
    ...engine,
    chains,
    keyedProviders,
    clients: clients && { ...clients, ...config.gateway, results, inputs },
    pool,
    providers,
    resultStore: results,
    clock,
    random,
    emit,
    rules: config.retry,
    models: catalog.find,
    rewrites: config.enhancePrompts ? storage.rewrites : undefined,
    ...(budgets === undefined ? {} : { budgets, onCost: (cost) => budgets.spent(cost) }),
    loadMaterial: materialLoader({ ...options, reader: engine.reader, pictures: inputs }),
    probeKeys: (ids) => maintenance.probeKeys(ids),
    readModels: (provider) => models.read(provider),
    onCheckpoint,
    mechanisms,
    hasOthers: !processes.isAlone,
  });
  if (guard !== undefined) service.checkBeforeStart(guard.beforeStart);
  blocked = (provider) => service.noteBlocked(provider);
  const models: OpenModels = opening.use(
    openModels({ config, chains, catalog, served: service.models, pool, providers, notices, clock, emit }),
  );
  const files = opening.use(
    watchOperatorFiles({
      files: config,
      onModels: (rows) => models.replace(rows),
      onRules: (rows) => void (rules = rows),
      clock,
      emit,
    }),
  );
  const copies = await openCopies(opening, {
    config,
    parts,
    storage,
    results,
    service,
    processes,
    clock,
    random,
    emit,
  });
  const retention = opening.use(
    new RetentionJob({
      data: keepingFilesOf(service.calls, openPersonalData(database, copies)),
      resultStore: results,
      inputs,
      service,
      retentionMs: config.retentionMs,
      history: { entries: storage.pastRequests, keptMs: config.historyMs },
      feedback: storage.feedback,
      processes,
      clock,
      emit,
    }),
  );
  const useKeys = async () => {
    const all = keyring.with(configured);
    await own?.load(providersOf(all));
    await keyRoom.reload(all, keySettings);
    keyedProviders.clear();
    for (const name of providersOf(all)) keyedProviders.add(name);
  };
  const { reload, renewToken } = shareReload(opening, processes, options);
  const adminBy = createOwnerAdmin({
    keys: maintenance,
    addKey: async (added) => {
      await own?.load([added.provider]);
      return keyring.add(added, keyring.with(configured), providers.get(added.provider));
    },
    setKey: (id, patch) => keyring.set(id, patch),
    removeKey: (id) => keyring.remove(id, configured),
    useKeys: shareSettings({ sharing, keyring, useKeys, emit }),
    service,
    reader: engine.reader,
    users: storage.users,
    safety: storage.safety,
    payments: storage.payments,
    config,
    alerts: () => alerts.raised(),
    audit: storage.audit,
    emit,
    reload: reload ?? (async () => notReloadable(pool)),
    renewToken: renewToken ?? (() => ({ isInUse: false, mistakes: notReloadable(pool).mistakes })),
    clock,
  });
  const { commands } = storage;
  const unseal = keyring.unseal.bind(keyring);
  const runner = { commands, admin: adminBy('command line'), unseal, clock, emit };
  opening.use(whileHeld(processes, 'housekeeping', () => new CommandRunner(runner)));

  let hasStarted = false;
  let drained: Promise<number> | undefined;
  const drain = (patience: AbortSignal) => (drained ??= service.drain(patience));
  const reached = { clients, chains, catalog, definitions, providers, keyedProviders, budgets, results, clock };
  const scope = opening.move();
  return {
    gateway: gatewayAccess({ ...reached, calls: service.calls }),
    clock,
    events: { ...events, emit },
    storage,
    processes,
    results,
    copies,
    inputs,
    pool,
    providers,
    keys: maintenance,
    service,
    chains,
    failureRules: ownRules,
    retention,
    admin: adminBy('telegram'),
    adminBy,
    takesWrites: () => storage.takesWrites() && results.diskError?.() === undefined,
    reloadKeys: (newKeys, newProviders = config.providers) => {
      [configured, keySettings] = [newKeys, newProviders];
      return useKeys();
    },
    reloadFiles: () => [...files.reload(), ...(clients?.reload() ?? [])],
    start: () => {
      hasStarted = true;
      service.start();
      scope.use(openHousekeeping({ processes, storage, first, service, clock, emit }));
      models.start();
      copies?.start();
    },
    drain,
    [Symbol.asyncDispose]: async () => {
      // A core that was never started has nothing to drain and no end to report.
      if (!hasStarted && drained === undefined) return scope.disposeAsync();
      using patience = clock.deadline(config.drainMs);
      const handedBack = await drain(patience);
      await scope.disposeAsync();
      emit({ event: 'app.stopped', handedBack });
    },
  };
}
