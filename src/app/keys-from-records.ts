import type { Config } from '../config/config.ts';
import type { KeyHealth, KeyState, KeyRecord } from '../domain/key-state.ts';
import type { KeyView } from '../domain/views.ts';
import { accountsOf } from '../keys/sources/account-groups.ts';
import { poolKeys, seatsOf } from '../keys/sources/identify-keys.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';

const dayMs = 86_400_000;
const noHealth: KeyHealth = { calls: 0, successes: 0, errors: {}, consecutiveErrors: 0, callsToday: 0, day: 0 };
/** Stands for a salt where there are no records, so that no id can match one. */
const noSalt = 'no salt yet';

export type KeysFromRecordsOptions = {
  readonly config: Pick<Config, 'providers'>;
  readonly keys: readonly ProviderKey[];
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
  const pooled = poolKeys(keys, salt, ({ provider, keyless }) => seatsOf(config.providers[provider], keyless));
  const accounts = accountsOf(pooled, (provider) => config.providers[provider]?.keyGroups ?? []);
  const recordOf = new Map(records.map((record) => [record.id, record]));
  return pooled.map(({ id, name, provider, hint, seats, keyless }): KeyView => {
    const record = recordOf.get(id);
    const account = accounts.get(id) ?? record?.account;
    return {
      ...healthNow(record, nowMs),
      id,
      name,
      provider,
      hint,
      state: record === undefined ? { kind: 'ready' } : stateNow(record.state, nowMs),
      inFlight: isRunning ? (record?.inFlight ?? 0) : 0,
      seats: Math.floor(record?.seats.limit ?? seats),
      ...(account === undefined ? {} : { account }),
      ...(keyless === undefined ? {} : { keyless }),
    };
  });
}

/** A cooldown ends by time alone; without a running owner its end is not stored. */
function stateNow(state: KeyState, nowMs: number): KeyState {
  if (state.kind !== 'cooling' || state.untilMs > nowMs) return state;
  return { kind: 'half-open', after: state.reason, times: 1 };
}

function healthNow(record: KeyRecord | undefined, nowMs: number): KeyHealth {
  if (record === undefined) return noHealth;
  const today = Math.floor(nowMs / dayMs);
  return record.health.day === today ? record.health : { ...record.health, day: today, callsToday: 0 };
}
