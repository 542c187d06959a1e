import type { Choice } from '../domain/attempt-trail.ts';
import type { KeyId } from '../domain/ids.ts';
import type { Secret } from '../kit/secret.ts';
import type { CallEndings } from './call-endings.ts';
import type { Call } from './call.ts';
import type { Lease, Returned } from '../domain/key-leases.ts';
import type { PoolTime } from './pool-time.ts';

/** A borrowed seat, until its call comes back. */
export class Seat implements Lease {
  readonly keyId: KeyId;
  readonly keyName: string;
  readonly secret: Secret;
  readonly onlyModel?: string;
  readonly choice: Choice;
  readonly #call: Call;
  readonly #endings: CallEndings;
  readonly #time: PoolTime;
  #isGiven = false;

  constructor(call: Call, choice: Choice, endings: CallEndings, time: PoolTime) {
    const { key } = call.pooled;
    this.keyId = key.id;
    this.keyName = key.name;
    this.secret = key.secret;
    if (key.onlyModel !== undefined) this.onlyModel = key.onlyModel;
    this.choice = choice;
    this.#call = call;
    this.#endings = endings;
    this.#time = time;
  }

  serves(model: string): boolean {
    return this.#call.pooled.serves(model, this.#time.wallMs());
  }

  async renew(): Promise<boolean> {
    return !this.#isGiven;
  }

  release(returned: Returned): void {
    if (this.#isGiven) return;
    this.#isGiven = true;
    this.#endings.ended(this.#call, returned);
  }
}
