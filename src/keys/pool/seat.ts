import type { Choice } from '../../domain/attempt-trail.ts';
import type { KeyId } from '../../domain/ids.ts';
import type { Lease, LeaseResult } from '../../domain/key-leases.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { PoolClock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import type { HeldSeat } from '../shared/seat-holder.ts';
import type { Call } from './provider-keys.ts';
import type { CallRecorder } from './record-result.ts';

/** For how long the beginning of a call is kept for others where no window of its account is known. */
const usuallyCountsMs = 60_000;

/** A leased seat, until its call ends. */
export class Seat implements Lease {
  readonly keyId: KeyId;
  readonly keyName: string;
  readonly secret: Secret;
  readonly onlyModel?: string;
  readonly choice: Choice;
  readonly #call: Call;
  readonly #endings: CallRecorder;
  readonly #time: PoolClock;
  /** Absent where one process works with the keys. */
  #held: HeldSeat | undefined;
  #isGiven = false;

  constructor(call: Call, choice: Choice, endings: CallRecorder, time: PoolClock, held?: HeldSeat) {
    const { key } = call.pooled;
    this.keyId = key.id;
    this.keyName = key.name;
    this.secret = key.secret;
    if (key.onlyModel !== undefined) this.onlyModel = key.onlyModel;
    this.choice = choice;
    this.#call = call;
    this.#endings = endings;
    this.#time = time;
    this.#held = held;
  }

  get isGiven(): boolean {
    return this.#isGiven;
  }

  /** The store knows of the seat as well, later than its call began. */
  hold(held: HeldSeat): void {
    if (this.#isGiven) held.giveBack(0);
    else this.#held = held;
  }

  serves(model: string, job?: JobKind): boolean {
    return this.#call.pooled.serves(model, this.#time.wallMs(), job);
  }

  async renew(): Promise<boolean> {
    return !this.#isGiven && this.#held?.isLost !== true;
  }

  release(returned: LeaseResult): void {
    if (this.#isGiven) return;
    this.#isGiven = true;
    // What is said of a seat that was taken for abandoned changes nothing.
    const counted: LeaseResult = this.#held?.isLost === true ? { kind: 'unused' } : returned;
    this.#held?.giveBack(isCounted(counted) ? this.#countsForMs() : 0);
    this.#endings.ended(this.#call, counted);
  }

  #countsForMs(): number {
    return this.#call.pooled.account.window.limitAt(this.#time.wallMs())?.spanMs ?? usuallyCountsMs;
  }
}

/** False when the provider does not count the call. */
function isCounted(returned: LeaseResult): boolean {
  return returned.kind !== 'unused' && !(returned.kind === 'failed' && returned.failure.reason === 'rate-limited');
}
