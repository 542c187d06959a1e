import type { KeyId } from '../domain/ids.ts';
import type { PooledKey } from './pooled-key.ts';
import type { SeatLimit } from './seat-limit.ts';

/**
 * Who says that keys belong together: nobody (a key by itself), the operator, the provider's refusals, or nobody yet: a
 * guess that the next call proves or not.
 */
export type AccountOrigin = 'own' | 'configured' | 'learned' | 'guessed';

/** The provider's account behind one key or several: they share its seats. */
export class Account {
  readonly origin: AccountOrigin;
  /** Named after the first of its keys; undefined for a key by itself. */
  readonly name: KeyId | undefined;
  readonly members: PooledKey[] = [];
  limit: SeatLimit;
  inFlight = 0;
  /** How many calls its keys that take calls may carry together. */
  width = 0;

  constructor(origin: AccountOrigin, name: KeyId | undefined, limit: SeatLimit) {
    this.origin = origin;
    this.name = name;
    this.limit = limit;
  }

  /** Takes the key over from the account it was in, with the calls that it carries. */
  join(pooled: PooledKey): void {
    pooled.account.leave(pooled);
    this.members.push(pooled);
    this.inFlight += pooled.inFlight;
    pooled.account = this;
  }

  leave(pooled: PooledKey): void {
    const at = this.members.indexOf(pooled);
    if (at < 0) return;
    this.members.splice(at, 1);
    this.inFlight -= pooled.inFlight;
  }
}
