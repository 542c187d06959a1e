import { createHmac } from 'node:crypto';

import { type KeyId, keyId } from '../domain/ids.ts';
import type { Secret } from '../kit/secret.ts';

/** Names a key without telling anything about it: HMAC-SHA-256 under this installation's salt, 16 hex digits. */
export function fingerprint(secret: Secret, salt: string): KeyId {
  return keyId(createHmac('sha256', salt).update(secret.reveal()).digest('hex').slice(0, 16));
}

/** What an admin may see of a key: the first and last four characters of a long one, nothing of a short one. */
export function keyHint(secret: Secret): string {
  const key = secret.reveal();
  return key.length < 16 ? '…' : `${key.slice(0, 4)}…${key.slice(-4)}`;
}
