import { type KeyState, takesCalls } from '../../domain/key-state.ts';
import type { ProviderName } from '../../domain/provider-name.ts';
import { isServed, providerNames } from '../../providers/registry.ts';

export type ProviderCount = {
  readonly provider: ProviderName;
  readonly total: number;
  /** How many take calls. */
  readonly ready: number;
  readonly cooling: number;
  readonly benched: number;
  readonly disabled: number;
};

/** The keys of each provider, counted by what they are good for. */
export function countByProvider(
  keys: readonly { readonly provider: ProviderName; readonly state: KeyState }[],
): readonly ProviderCount[] {
  return providerNames.flatMap((provider) => {
    const states = keys.filter((key) => key.provider === provider).map(({ state }) => state);
    const count = (...kinds: readonly KeyState['kind'][]) => states.filter(({ kind }) => kinds.includes(kind)).length;
    if (states.length === 0) return [];
    return [
      {
        provider,
        total: states.length,
        ready: states.filter(takesCalls).length,
        cooling: count('cooling'),
        benched: count('benched', 'probing'),
        disabled: count('disabled'),
      },
    ];
  });
}

/** 0 when every provider that can be asked, and at least one, has a key that takes calls. */
export function exitCodeFor(counts: readonly { readonly provider: ProviderName; readonly ready: number }[]): number {
  const asked = counts.filter(({ provider }) => isServed(provider));
  return asked.length > 0 && asked.every(({ ready }) => ready > 0) ? 0 : 1;
}
