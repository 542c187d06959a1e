import { keyId } from '../../src/domain/ids.ts';
import type { PoolKey } from '../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../src/kit/secret.ts';

/** A key of the pool with number `place`; the other fields have usual values. */
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
