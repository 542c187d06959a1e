import { keyId } from '../../src/domain/ids.ts';
import type { PoolKey } from '../../src/keys/pooled-key.ts';
import { Secret } from '../../src/kit/secret.ts';

/** A key for the pool, number `place`; what is not said is ordinary. */
export function aKey(place: number, more: Partial<PoolKey> = {}): PoolKey {
  return {
    id: keyId(`id-${place}`),
    name: `bytez #${place}`,
    hint: '…',
    provider: 'bytez',
    place,
    secret: new Secret(`secret-of-key-${place}`),
    weight: 1,
    seats: 1,
    ...more,
  };
}
