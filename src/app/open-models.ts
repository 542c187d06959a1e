import type { Config } from '../config/config.ts';
import type { NoticeStore } from '../domain/admin-api.ts';
import type { Emit } from '../domain/events.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { Chains } from '../domain/job.ts';
import type { Provider } from '../domain/provider.ts';
import type { ChainModels } from '../jobs/request/chain-models.ts';
import { ModelLists } from '../keys/maintenance/model-lists.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { Clock } from '../kit/clock.ts';
import type { ModelCatalog, ModelRow } from '../providers/registry.ts';
import { ModelDates } from './model-dates.ts';

export type OpenModelsOptions = {
  readonly config: Pick<Config, 'keysTestOnStart'>;
  readonly chains: Chains;
  readonly catalog: ModelCatalog;
  readonly served: ChainModels;
  readonly pool: KeyPool;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly notices: NoticeStore;
  readonly clock: Clock;
  readonly emit: Emit;
};

export type OpenModels = AsyncDisposable & {
  /** Reads which models the provider serves; never rejects. */
  read(provider: ProviderName): Promise<void>;
  /** These are the operator's rows from now on. */
  replace(rows: readonly ModelRow[]): void;
  /** Reads all lists, and begins to look at dates. */
  start(): void;
};

/** Everything that keeps the models table up to date: the operator's rows, the lists of the providers, the dates in both. */
export function openModels(options: OpenModelsOptions): OpenModels {
  const { config, chains, catalog, served, pool, providers, notices, clock, emit } = options;
  const opened = new AsyncDisposableStack();
  const dates = opened.use(new ModelDates({ chains, models: catalog.find, notices, clock, emit }));
  const lists = opened.use(
    new ModelLists({
      pool,
      providers,
      clock,
      emit,
      readsAll: config.keysTestOnStart,
      isEmpty: (provider) => served.isEmpty(provider),
      onList: (provider, models) => {
        catalog.noteListed(provider, models);
        served.noteListed(provider, models.length);
        dates.check();
      },
    }),
  );
  return {
    read: (provider) => lists.read(provider),
    replace: (rows) => {
      catalog.replace(rows);
      dates.check();
    },
    start: () => {
      lists.start();
      dates.check();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
