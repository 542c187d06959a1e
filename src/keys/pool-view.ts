import type { KeyState } from '../domain/key-state.ts';
import type { KeyRecord } from '../domain/key-store.ts';
import type { KeyView, PoolView } from '../domain/views.ts';
import { takesCalls } from './key-life.ts';
import type { PooledKey } from './pooled-key.ts';

/** The keys counted by what they are good for. */
export function poolViewOf(keys: readonly KeyView[]): PoolView {
  const wakes = keys.flatMap(({ state }) => (state.kind === 'cooling' ? [state.untilMs] : []));
  const count = (kind: KeyState['kind']) => keys.filter(({ state }) => state.kind === kind).length;
  return {
    total: keys.length,
    ready: keys.filter(({ state }) => takesCalls(state)).length,
    cooling: count('cooling'),
    benched: count('benched') + count('probing'),
    disabled: count('disabled'),
    ...(wakes.length > 0 ? { nextWakeMs: Math.min(...wakes) } : {}),
    keys,
  };
}

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
