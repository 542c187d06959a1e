import type { KeyState } from '../domain/key-state.ts';
import type { KeyView, PoolView } from '../domain/views.ts';

/** The keys counted by what they are good for. */
export function poolViewOf(keys: readonly KeyView[]): PoolView {
  const wakes = keys.flatMap(({ state }) => (state.kind === 'cooling' ? [state.untilMs] : []));
  const count = (kind: KeyState['kind']) => keys.filter(({ state }) => state.kind === kind).length;
  return {
    total: keys.length,
    ready: count('ready'),
    cooling: count('cooling'),
    benched: count('benched') + count('probing'),
    disabled: count('disabled'),
    ...(wakes.length > 0 ? { nextWakeMs: Math.min(...wakes) } : {}),
    keys,
  };
}
