import type { ProviderName } from '../domain/provider-name.ts';
import { fingerprint, keyHint } from './fingerprint.ts';
import type { PoolKey } from './pooled-key.ts';
import type { ProviderKey } from './read-keys.ts';

/** Keys as configured, made ready for the pool: named by their place, known by their fingerprint under the salt. */
export function poolKeys(
  keys: readonly ProviderKey[],
  salt: string,
  seatsPerKey: (provider: ProviderName) => number,
): readonly PoolKey[] {
  return keys.map((key) => ({
    id: fingerprint(key.secret, salt),
    name: `${key.provider} #${key.place}`,
    hint: keyHint(key.secret),
    provider: key.provider,
    place: key.place,
    secret: key.secret,
    weight: key.weight,
    seats: seatsPerKey(key.provider),
    ...(key.onlyModel === undefined ? {} : { onlyModel: key.onlyModel }),
  }));
}
