import type { KeyRecord } from '../../domain/key-state.ts';
import type { KeyView } from '../../domain/views.ts';
import type { PooledKey } from './pooled-key.ts';

/** Returns one key as an operator sees it. */
export function keyViewOf({ key, state, account, inFlight, counts, balance }: PooledKey, nowMs: number): KeyView {
  const { id, name, provider, hint, keyless } = key;
  return {
    ...counts.health(nowMs),
    id,
    name,
    provider,
    hint,
    state,
    inFlight,
    seats: account.limit.seats,
    ...(account.name === undefined ? {} : { account: account.name }),
    ...(keyless === undefined ? {} : { keyless }),
    ...(balance === undefined ? {} : { balance }),
  };
}

/** Returns the record of one key to store. */
export function recordOf(pooled: PooledKey, nowMs: number): KeyRecord {
  const { key, state, account, inFlight, limitedInARow, counts } = pooled;
  const { id, provider, name } = key;
  pooled.recordedInFlight = inFlight;
  const window = account.window.record(pooled.starts.all, nowMs);
  return {
    id,
    provider,
    name,
    savedAtMs: nowMs,
    state,
    limitedInARow,
    seats: account.limit.record(),
    ...(window === undefined ? undefined : { window }),
    // A configured account is configured again at the next start.
    ...(account.origin === 'learned' && account.name !== undefined ? { account: account.name } : undefined),
    inFlight,
    health: counts.health(nowMs),
    ...(pooled.balance === undefined ? {} : { balance: pooled.balance }),
  };
}
