import PQueue from 'p-queue';
import type { Config } from '../config/config.ts';
import type { KeyChoice, KeyTest, KeyTestOptions } from '../domain/admin-api.ts';
import type { KeyId, ProviderName } from '../domain/ids.ts';
import {
  hasEnded,
  type KeyHealth,
  type KeyRecord,
  type KeyState,
  type OwnKeySettings,
  type SealedKey,
} from '../domain/key-state.ts';
import type { KeyView } from '../domain/views.ts';
import { accountsOf } from '../keys/sources/account-groups.ts';
import { type PoolKey, poolKeys, seatsOf, withOwnSettings } from '../keys/sources/identify-keys.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';
import type { Clock } from '../kit/clock.ts';
import { Secret } from '../kit/secret.ts';
import { createConnector } from '../media/connector.ts';
import { createProviders } from '../providers/create-providers.ts';
import { checkOperatorFiles } from './operator-files.ts';
import { createHttpClient } from '../providers/http/http-exchange.ts';

const maxAtOnce = 16;
const timeoutMs = 15_000;

type TestKeysOptions = KeyTestOptions & {
  readonly config: Pick<Config, 'providers' | 'definitions' | 'chains' | 'proxies' | 'failureRulesFile'>;
  readonly keys: readonly ProviderKey[];
  /** The same keys, in the same order. */
  readonly views: readonly KeyView[];
  readonly choice: KeyChoice;
  readonly clock: Clock;
};

/** As `AdminKeys.test`, without a pool: the results change no key's state. Rejects when an adapter has a bug. */
export async function testKeys(options: TestKeysOptions): Promise<readonly KeyTest[]> {
  const { config, keys, views, choice, clock, onTest, signal } = options;
  await using http = createHttpClient({ connector: createConnector({ proxies: config.proxies }) });
  const owners = keys.map(({ provider }) => provider);
  // A mistake in the rules is told by the start and by doctor.
  const { rules } = checkOperatorFiles({ ...config, modelsFile: undefined });
  const providers = await createProviders(owners, {
    settings: config.providers,
    definitions: config.definitions,
    http,
    clock,
    rules: () => (rules.ok ? rules.rows : []),
  });
  const chosen = choice === 'all' ? undefined : new Set(choice);
  const wanted = keys.flatMap(({ secret }, index) => {
    const view = views[index];
    const provider = view && providers.get(view.provider);
    if (view === undefined || provider === undefined) return [];
    const isWanted = chosen === undefined ? view.state.kind !== 'disabled' : chosen.has(view.id);
    return isWanted ? [{ secret, provider, id: view.id, name: view.name }] : [];
  });
  const queue = new PQueue({ concurrency: maxAtOnce });
  const results = await Promise.allSettled(
    wanted.map(({ secret, provider, id, name }) =>
      queue.add(async () => {
        const startedMs = clock.monotonicMs();
        using deadline = clock.deadline(timeoutMs, signal);
        const reply = await provider.probe(secret, deadline);
        const ms = clock.monotonicMs() - startedMs;
        const test: KeyTest = reply.ok
          ? { id, name, ok: true, ms }
          : { id, name, ok: false, reason: reply.failure.reason, detail: reply.failure.detail, ms };
        onTest?.(test);
        return test;
      }),
    ),
  );
  signal?.throwIfAborted();
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

const dayMs = 86_400_000;
const noHealth: KeyHealth = { calls: 0, successes: 0, errors: {}, consecutiveErrors: 0, callsToday: 0, day: 0 };
/** Stands for a salt where there are no records, so that no id can match one. */
const noSalt = 'no salt yet';

type KeysFromRecordsOptions = {
  readonly config: Pick<Config, 'providers'>;
  readonly keys: readonly ProviderKey[];
  /** Those that were added while the bot ran; they come last. */
  readonly further?: readonly Pick<SealedKey, 'id' | 'provider'>[];
  /** What operators set for single keys. */
  readonly own?: ReadonlyMap<KeyId, OwnKeySettings>;
  /** Of this installation; undefined until the bot has run once. */
  readonly salt: string | undefined;
  readonly records: readonly KeyRecord[];
  /** Without a running owner no call is in flight, whatever the records say. */
  readonly isRunning: boolean;
  readonly nowMs: number;
};

/** The configured keys, in their order, with the state that the owner of the database has stored. */
export function keysFromRecords(options: KeysFromRecordsOptions): readonly KeyView[] {
  const { config, keys, salt = noSalt, records, isRunning, nowMs } = options;
  const { further = [], own = new Map<KeyId, OwnKeySettings>() } = options;
  const configured = poolKeys(keys, salt, ({ provider, keyless }) => seatsOf(config.providers[provider], keyless));
  const pooled = withOwnSettings([...configured, ...addedTo(configured, further, config)], own);
  const accounts = accountsOf(pooled, (provider) => config.providers[provider]?.keyGroups ?? []);
  const recordOf = new Map(records.map((record) => [record.id, record]));
  return pooled.map((key): KeyView => {
    const { id, name, provider, hint, seats, keyless, label, isAdded, endsOn } = key;
    const record = recordOf.get(id);
    const account = accounts.get(id) ?? record?.account;
    return {
      ...healthNow(record, nowMs),
      id,
      name,
      provider,
      hint,
      ...(label === undefined ? {} : { label }),
      state: stateNow(record?.state ?? { kind: 'ready' }, endsOn, nowMs),
      inFlight: isRunning ? (record?.inFlight ?? 0) : 0,
      seats: Math.floor(record?.seats.limit ?? seats),
      ...(account === undefined ? {} : { account }),
      ...(keyless === undefined ? {} : { keyless }),
      ...(isAdded === undefined ? {} : { isAdded }),
      ...(endsOn === undefined ? {} : { endsOn }),
      ...(record?.balance === undefined ? {} : { balance: record.balance }),
    };
  });
}

/** The added keys behind the configured ones, as the running bot names them; the keys themselves stay sealed. */
function addedTo(
  configured: readonly PoolKey[],
  further: readonly Pick<SealedKey, 'id' | 'provider'>[],
  config: KeysFromRecordsOptions['config'],
): readonly PoolKey[] {
  const known = new Set(configured.map(({ id }) => id));
  const last = new Map<ProviderName, number>();
  for (const { provider, place } of configured) last.set(provider, Math.max(place, last.get(provider) ?? 0));
  return further
    .filter(({ id }) => !known.has(id))
    .map(({ id, provider }) => {
      const place = (last.get(provider) ?? 0) + 1;
      last.set(provider, place);
      const seats = seatsOf(config.providers[provider], undefined);
      const name = `${provider} #${place}`;
      return { id, name, hint: '…', provider, place, secret: new Secret(''), weight: 1, seats, isAdded: true };
    });
}

/** A cooldown, and a key, end by time alone; without a running owner that is not stored. */
function stateNow(state: KeyState, endsOn: string | undefined, nowMs: number): KeyState {
  if (state.kind !== 'disabled' && hasEnded(endsOn, nowMs)) return { kind: 'disabled', ended: true };
  if (state.kind !== 'cooling' || state.untilMs > nowMs) return state;
  return state.reason === 'window' ? { kind: 'ready' } : { kind: 'half-open', after: state.reason, times: 1 };
}

function healthNow(record: KeyRecord | undefined, nowMs: number): KeyHealth {
  if (record === undefined) return noHealth;
  const today = Math.floor(nowMs / dayMs);
  return record.health.day === today ? record.health : { ...record.health, day: today, callsToday: 0 };
}
