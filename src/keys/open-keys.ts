import { randomUUID } from 'node:crypto';
import type { NoticeStore } from '../domain/admin-api.ts';
import type { Emit } from '../domain/events.ts';
import type { KeyStore, OwnKeySettings } from '../domain/key-state.ts';
import { everyMechanism, type Mechanisms } from '../domain/mechanisms.ts';
import type { Provider } from '../domain/provider.ts';
import type { KeyId, ProviderName } from '../domain/ids.ts';
import type { SharedKeys } from '../domain/shared/shared-keys.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/backoff.ts';
import { KeyEnds } from './maintenance/key-ends.ts';
import { KeyMaintenance } from './maintenance/key-maintenance.ts';
import { accountsOf, withOwnGroups } from './sources/account-groups.ts';
import { KeyPool } from './pool/key-pool.ts';
import { type PoolKey, poolKeys, seatsOf, withOwnSettings } from './sources/identify-keys.ts';
import type { ProviderKey } from './sources/read-keys.ts';
import type { StrategyName } from './pool/select-key.ts';
import { Sharing } from './shared/sharing.ts';

/** The key settings of one provider. */
export type KeySetting = {
  readonly seatsPerKey: number;
  /** Those of a server that is asked without a key; 1 when absent. */
  readonly seatsWithoutKey?: number;
  readonly maxSeats: number | undefined;
  readonly keyGroups: readonly (readonly number[])[];
};

/** By provider; without settings a key carries one call. */
export type KeySettings = Readonly<Record<ProviderName, KeySetting>>;

const nothingSaid: KeySetting = { seatsPerKey: 1, maxSeats: undefined, keyGroups: [] };

export type OpenKeysOptions = {
  readonly keys: readonly ProviderKey[];
  readonly settings: KeySettings;
  readonly strategy: StrategyName;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly testOnStart: boolean;
  /** 0 is never. */
  readonly checkEveryMs: number;
  /** Called when a provider refuses every key alike: it refuses this machine. */
  readonly onBlocked?: (provider: ProviderName) => void;
  /** Remembers of which ends of keys admins were told; without it ends are kept and nobody is told ahead. */
  readonly notices?: NoticeStore;
  /** What operators set for single keys; nothing when absent. */
  readonly own?: () => ReadonlyMap<KeyId, OwnKeySettings>;
  /** All of them, when absent. */
  readonly mechanisms?: Mechanisms;
  /** What several processes share; absent where one works with the keys. */
  readonly shared?: SharedKeys | undefined;
};

const forgetfulNotices: NoticeStore = { mayTell: async () => false };

export type OpenKeys = AsyncDisposable & {
  readonly pool: KeyPool;
  readonly maintenance: KeyMaintenance;
  /** Replaces keys and settings; keys that stay keep their state. */
  reload(keys: readonly ProviderKey[], settings: KeySettings): Promise<void>;
};

/** The pool with all that earlier runs learned, and its maintenance. */
export async function openKeys(options: OpenKeysOptions): Promise<OpenKeys> {
  const { strategy, providers, shared, clock, random, emit, testOnStart, checkEveryMs } = options;
  const store = shared === undefined ? options.store : withoutStarts(options.store);
  const { mechanisms = everyMechanism } = options;
  let { settings } = options;
  const settingOf = (provider: ProviderName) => settings[provider] ?? nothingSaid;
  const salt = await store.salt();
  const { own = () => new Map<KeyId, OwnKeySettings>() } = options;
  const made = (keys: readonly ProviderKey[]) =>
    withOwnSettings(
      poolKeys(keys, salt, ({ provider, keyless }) => seatsOf(settingOf(provider), keyless)),
      own(),
    );
  const groupsOf = (keys: readonly PoolKey[]) =>
    withOwnGroups(
      keys,
      accountsOf(keys, (provider) => settingOf(provider).keyGroups),
      own(),
    );
  const keys = made(options.keys);
  await using opening = new AsyncDisposableStack();
  const sharing = shared && opening.use(new Sharing({ shared, clock, newId: () => randomUUID() }));
  const pool = opening.use(
    new KeyPool({
      keys,
      remembered: await store.load(),
      groups: groupsOf(keys),
      maxSeats: (provider) => settingOf(provider).maxSeats,
      strategy,
      clock,
      random,
      emit,
      mechanisms,
      sharing,
    }),
  );
  await sharing?.start();
  const maintenance = opening.use(
    new KeyMaintenance({
      pool,
      providers,
      store,
      clock,
      emit,
      testOnStart,
      checkEveryMs,
      onBlocked: (provider) => options.onBlocked?.(provider),
      inTurn: sharing && ((name, turn, work) => sharing.inTurn(name, turn, work)),
    }),
  );
  const { notices = forgetfulNotices } = options;
  const ends = opening.use(new KeyEnds({ pool, notices, clock, emit }));
  const opened = opening.move();
  return {
    pool,
    maintenance,
    reload: async (newKeys, newSettings) => {
      settings = newSettings;
      const next = made(newKeys);
      await maintenance.replaceKeys(next, groupsOf(next));
      ends.check();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** When calls began is shared, those of earlier processes included: here it would be counted twice. */
function withoutStarts(store: KeyStore): KeyStore {
  return {
    load: async () =>
      (await store.load()).map(({ window, ...record }) =>
        window === undefined ? record : { ...record, window: { ...window, starts: [] } },
      ),
    save: (records) => store.save(records),
    salt: () => store.salt(),
  };
}
