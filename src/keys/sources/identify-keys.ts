import { createHmac } from 'node:crypto';
import { type KeyId, keyId, type ProviderName } from '../../domain/ids.ts';
import type { OwnKeySettings } from '../../domain/key-state.ts';
import { Secret } from '../../kit/secret.ts';
import type { ProviderKey } from './read-keys.ts';

/** Returns the id of a key, which reveals nothing of it: HMAC-SHA-256 with this installation's salt, 16 hex digits. */
export function fingerprint(secret: Secret, salt: string): KeyId {
  return keyId(createHmac('sha256', salt).update(secret.reveal()).digest('hex').slice(0, 16));
}

/** Returns what admins see of a key: the first and last four characters of a long key, nothing of a short one. */
export function keyHint(secret: Secret): string {
  const key = secret.reveal();
  return key.length < 16 ? '…' : `${key.slice(0, 4)}…${key.slice(-4)}`;
}

/**
 * Converts configured keys for the pool: named by their place, identified by their fingerprint. What several providers
 * have alike, one key or none, is told apart by the provider's name.
 */
export function poolKeys(
  keys: readonly ProviderKey[],
  salt: string,
  seatsOf: (key: Pick<ProviderKey, 'provider' | 'keyless'>) => number,
): readonly PoolKey[] {
  const taken = new Set<KeyId>();
  return keys.map((key) => {
    const { provider, place, secret, weight, onlyModel, keyless, isAdded, endsOn } = key;
    const alone = fingerprint(secret, salt);
    const isShared = keyless === true || taken.has(alone);
    const id = isShared ? fingerprint(new Secret(`${provider}:${secret.reveal()}`), salt) : alone;
    taken.add(id);
    return {
      id,
      name: `${provider} #${place}`,
      hint: keyHint(secret),
      provider,
      place,
      secret,
      weight,
      seats: seatsOf(key),
      ...(onlyModel === undefined ? {} : { onlyModel }),
      ...(keyless === undefined ? {} : { keyless }),
      ...(isAdded === undefined ? {} : { isAdded }),
      ...(endsOn === undefined ? {} : { endsOn }),
    };
  });
}

/** The keys with what operators set for them. */
export function withOwnSettings(keys: readonly PoolKey[], own: ReadonlyMap<KeyId, OwnKeySettings>): readonly PoolKey[] {
  if (own.size === 0) return keys;
  return keys.map((key) => {
    const { weight = key.weight, seats = key.seats, label, endsOn } = own.get(key.id) ?? {};
    const named = label === undefined ? {} : { label };
    return { ...key, weight, seats, ...named, ...(endsOn === undefined ? {} : { endsOn }) };
  });
}

/** Returns the calls that a key carries at first: a server without keys is one machine, and takes one unless it is set. */
export function seatsOf(
  setting: { readonly seatsPerKey: number; readonly seatsWithoutKey?: number } | undefined,
  keyless: true | undefined,
): number {
  return (keyless === true ? setting?.seatsWithoutKey : setting?.seatsPerKey) ?? 1;
}

/** A key of the pool. */
export type PoolKey = {
  readonly id: KeyId;
  readonly name: string;
  readonly hint: string;
  readonly provider: ProviderName;
  readonly place: number;
  readonly secret: Secret;
  readonly weight: number;
  /** The initial number of concurrent calls. */
  readonly seats: number;
  /** Only for calls to this model. */
  readonly onlyModel?: string;
  /** Its server is asked without a key. */
  readonly keyless?: true;
  /** What operators call it. */
  readonly label?: string;
  readonly isAdded?: true;
  /** The UTC day from which on it is not used. */
  readonly endsOn?: string;
};
