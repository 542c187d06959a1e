import type { KeyRecord } from '../../domain/key-state.ts';
import type { KeyView } from '../../domain/views.ts';
import type { PooledKey } from './pooled-key.ts';

/** One key as an operator sees it. */
export function keyViewOf({ key, state, account, inFlight, counts }: PooledKey, nowMs: number): KeyView {
  const { id, name, provider, hint } = key;
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
  };
}

/** One key as it is remembered. */
export function recordOf(
  { key, state, account, inFlight, limitedInARow, counts }: PooledKey,
  nowMs: number,
): KeyRecord {
  const { id, provider, name } = key;
  return {
    id,
    provider,
    name,
    savedAtMs: nowMs,
    state,
    limitedInARow,
    seats: account.limit.record(),
    // What the operator says is said again at the next start.
    ...(account.origin === 'learned' && account.name !== undefined ? { account: account.name } : undefined),
    inFlight,
    health: counts.health(nowMs),
  };
}
