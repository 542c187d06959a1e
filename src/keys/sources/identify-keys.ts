import { createHmac } from 'node:crypto';
import { type KeyId, keyId, type ProviderName } from '../../domain/ids.ts';
import type { Secret } from '../../kit/secret.ts';
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

/** Converts configured keys for the pool: named by their place, identified by their fingerprint. */
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
};
