import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { OwnKeySettings } from '../../domain/key-state.ts';
import { providerDefinitions } from '../../providers/registry.ts';
import type { KeyOwner } from './key-variables.ts';
import type { PoolKey } from './identify-keys.ts';

/** Returns the configured accounts of a provider, each as the places of its keys. */
export type ConfiguredGroups = (provider: ProviderName) => readonly (readonly number[])[];

/** Maps each key of a group to the first key of its account. */
export function accountsOf(keys: readonly PoolKey[], groups: ConfiguredGroups): ReadonlyMap<KeyId, KeyId> {
  const accounts = new Map<KeyId, KeyId>();
  for (const provider of new Set(keys.map((key) => key.provider))) {
    const ids = new Map(keys.filter((key) => key.provider === provider).map(({ place, id }) => [place, id]));
    for (const group of groups(provider)) {
      const members = group.map((place) => ids.get(place)).filter((id) => id !== undefined);
      const [first] = members;
      if (first !== undefined && members.length > 1) for (const id of members) accounts.set(id, first);
    }
  }
  return accounts;
}

/** The accounts with the groups that operators set: keys of one provider in one group share the account of the first. */
export function withOwnGroups(
  keys: readonly PoolKey[],
  accounts: ReadonlyMap<KeyId, KeyId>,
  own: ReadonlyMap<KeyId, OwnKeySettings>,
): ReadonlyMap<KeyId, KeyId> {
  const all = new Map(accounts);
  const firsts = new Map<string, KeyId>();
  for (const { id, provider } of keys) {
    const group = own.get(id)?.group;
    if (group === undefined) continue;
    const name = `${provider}:${group}`;
    const first = firsts.get(name) ?? all.get(id) ?? id;
    firsts.set(name, first);
    all.set(id, first);
    all.set(first, all.get(first) ?? first);
  }
  return all;
}

/** Returns a warning for each provider whose groups name keys that do not exist. */
export function groupWarnings(
  keys: readonly { readonly provider: ProviderName }[],
  groups: ConfiguredGroups,
  owners: readonly KeyOwner[] = providerDefinitions,
): readonly string[] {
  return owners.flatMap(({ name: provider, prefixes }) => {
    const count = keys.filter((key) => key.provider === provider).length;
    const beyond = groups(provider).some((group) => group.some((place) => place > count));
    if (!beyond) return [];
    const prefix = prefixes.at(-1);
    const there = count === 1 ? 'there is one key' : `there are ${count} keys`;
    return [`${prefix}_KEY_GROUPS has numbers beyond the keys (${there}); they are skipped`];
  });
}
