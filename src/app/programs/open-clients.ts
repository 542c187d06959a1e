import type { Config } from '../../config/config.ts';
import { parseClientsFile } from '../../config/clients-file.ts';
import type { CallCost, CallCosts } from '../../domain/costs.ts';
import type { Emit } from '../../domain/events.ts';
import type { ApiClient, ClientNumbers } from '../../domain/gateway/api-client.ts';
import type { GatewayAccess, KnownClient } from '../../domain/gateway/gateway-access.ts';
import type { ProviderName } from '../../domain/ids.ts';
import { type Candidate, candidateName, type Chains, isForPicture } from '../../domain/job.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { ResultStore } from '../../domain/media.ts';
import type { Provider } from '../../domain/provider.ts';
import type { Budgets } from '../../jobs/budgets.ts';
import type { ClientCallRunner } from '../../jobs/client-calls/client-call-runner.ts';
import { CostBuffer } from '../../jobs/client-calls/cost-buffer.ts';
import { fileMark } from '../../kit/files.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { ModelCatalog } from '../../providers/registry.ts';
import { makes } from '../../providers/provider-definition.ts';
import { readTableFile, watchedTable } from '../operator-files.ts';
import { StartError } from '../start-error.ts';
import { pictureFetcher } from './fetch-picture.ts';

const checkEveryMs = 1_000;
const variable = 'API_CLIENTS_FILE';

export type OpenClientsOptions = {
  readonly clientsFile: string;
  readonly store: ClientNumbers & CallCosts;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** The clients of the gateway as their file names them, and the ledger of what they cost. */
export type OpenClients = AsyncDisposable & {
  readonly digests: () => readonly Buffer[];
  readonly withDigest: GatewayAccess['withDigest'];
  readonly list: () => readonly KnownClient[];
  readonly budgetOf: (number: number) => number | undefined;
  readonly onAnswered: (cost: CallCost) => void;
  /** Takes the file over now if it has changed; returns the mistakes that keep it out. */
  reload(): readonly string[];
};

/** Opens the clients; undefined without a file. Throws a StartError for a file with mistakes. */
export async function openClients({
  clientsFile,
  store,
  clock,
  emit,
}: Omit<OpenClientsOptions, 'clientsFile'> & Pick<Config['gateway'], 'clientsFile'>): Promise<OpenClients | undefined> {
  if (clientsFile === undefined) return undefined;
  const first = readClients(clientsFile);
  if (!first.ok) {
    throw new StartError(`Cannot start with this file:\n${first.mistakes.map((mistake) => `- ${mistake}`).join('\n')}`);
  }
  let known = await numbered(first.rows, store);
  const table = watchedTable(clientsFile, () => readClients(clientsFile), {
    onRows: (rows) => {
      void numbered(rows, store).then(
        (clients) => {
          known = clients;
          emit({ event: 'clients.reloaded', clients: clients.list.length });
        },
        (error: unknown) => emit({ event: 'app.error', what: 'take over the clients of the gateway', error }),
      );
    },
    onMistake: (mistake) =>
      emit({ event: 'config.warning', text: `The clients stay as they were, because ${mistake}` }),
  });
  const costs = new CostBuffer({ costs: store, clock, emit });
  const rounds = every(clock, checkEveryMs, () => {
    if (table.hasSettled()) table.takeOver();
  });
  return {
    digests: () => known.digests,
    withDigest: (digest) => known.byHash.get(digest.toString('hex')),
    list: () => known.list,
    budgetOf: (number) => known.byNumber.get(number)?.budgetPerDay,
    onAnswered: (cost) => costs.add(cost),
    reload: () => table.takeOver(),
    [Symbol.asyncDispose]: async () => {
      rounds[Symbol.dispose]();
      await costs[Symbol.asyncDispose]();
    },
  };
}

/** A file that is not there yet has no clients: `darkroom clients add` writes it while the bot runs. */
function readClients(path: string) {
  return readTableFile(variable, fileMark(path) === undefined ? undefined : path, parseClientsFile);
}

async function numbered(rows: readonly ApiClient[], numbers: ClientNumbers) {
  const list: KnownClient[] = [];
  for (const row of rows) list.push({ ...row, number: await numbers.numberOf(row.name) });
  return {
    list,
    digests: list.map(({ tokenHash }) => Buffer.from(tokenHash, 'hex')),
    byHash: new Map(list.map((client) => [client.tokenHash, client])),
    byNumber: new Map(list.map((client) => [client.number, client])),
  };
}

export type GatewayParts = {
  readonly clients: OpenClients | undefined;
  readonly calls: ClientCallRunner | undefined;
  readonly chains: Chains;
  readonly catalog: ModelCatalog;
  readonly definitions: Config['definitions'];
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly keyedProviders: ReadonlySet<ProviderName>;
  readonly budgets: Budgets | undefined;
  readonly results: ResultStore;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
};

const listKeptMs = 1_000;
const noRoutes: ReturnType<GatewayAccess['relays']> = new Set();

/** What the gateway may ask of the core; undefined where there are no clients. */
export function gatewayAccess(parts: GatewayParts): GatewayAccess | undefined {
  const { clients, calls, chains, catalog, definitions, providers, keyedProviders, budgets, results, clock } = parts;
  if (clients === undefined || calls === undefined) return undefined;
  const canAsk = (provider: ProviderName) => keyedProviders.has(provider) && providers.has(provider);
  const tabled = (kind: JobKind) => [
    ...catalog.rowsOf(kind),
    ...definitions.flatMap(({ name, models }) =>
      models.filter((row) => makes(row, kind)).map(({ model }) => ({ provider: name, model })),
    ),
  ];
  const served = (kind: JobKind) => {
    const all = [...chains[kind], ...tabled(kind)].filter(({ provider }) => canAsk(provider));
    return [...new Map(all.map((one) => [candidateName(one), one])).values()];
  };
  const known = new Map<JobKind, { readonly untilMs: number; readonly served: readonly Candidate[] }>();
  // Hot path: every call that names a model asks; keys and tables change seldom.
  const models: GatewayAccess['models'] = (kind) => {
    const before = known.get(kind);
    if (before !== undefined && clock.monotonicMs() < before.untilMs) return before.served;
    const now = { untilMs: clock.monotonicMs() + listKeptMs, served: served(kind) };
    known.set(kind, now);
    return now.served;
  };
  return {
    calls,
    digests: clients.digests,
    withDigest: clients.withDigest,
    clients: clients.list,
    models,
    candidates: (kind, name) => {
      // Models that do nothing but enlarge are asked by their name alone.
      if (name === undefined || name === 'auto') return chains[kind].filter((one) => isForPicture(catalog.find(one)));
      const named = models(kind).filter((one) => one.model === name || candidateName(one) === name);
      if (named.length > 0) return named;
      // A model that stands in no table: its provider may serve it nevertheless.
      const at = name.indexOf(':');
      const [provider, model] = [name.slice(0, at), name.slice(at + 1)];
      return at > 0 && model !== '' && canAsk(provider) ? [{ provider, model }] : [];
    },
    relays: (provider) => providers.get(provider)?.relays ?? noRoutes,
    speaksIn: (provider) => definitions.find(({ name }) => name === provider)?.speaksIn,
    fetchPicture: pictureFetcher(results),
    hasSizes: (candidate) => catalog.find(candidate).size !== undefined,
    webhookOf: (name) => clients.list().find((client) => client.name === name)?.webhook,
    budgetWaitMs: ({ number }) =>
      budgets?.isSpentBy(number) === true ? Math.max(1, budgets.nextDayMs() - clock.now()) : 0,
  };
}
