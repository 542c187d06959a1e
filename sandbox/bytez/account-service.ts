import type { Clock } from '../../src/kit/clock.ts';
import type { Random } from '../../src/kit/backoff.ts';
import type { BytezFault } from './bytez-fault.ts';
import { FaultPlan } from './fault-plan.ts';
import type { SandboxAccount } from './faults-file.ts';

/** The state of one account: its faults, its occupied seats and its calls in flight. */
export class AccountService {
  readonly name: string;
  readonly seats: number;
  readonly #clock: Clock;
  readonly #random: Random;
  #plan: FaultPlan;
  #seatsTaken = 0;
  #inFlight = 0;
  #maxInFlight = 0;

  constructor(account: SandboxAccount, clock: Clock, random: Random) {
    this.name = account.name;
    this.seats = account.seats ?? 1;
    this.#clock = clock;
    this.#random = random;
    this.#plan = new FaultPlan(account.faults ?? [], clock.now(), random);
  }

  get plan(): FaultPlan {
    return this.#plan;
  }

  /** The highest number of runs and chats in flight at once, rejected ones included. */
  get maxInFlight(): number {
    return this.#maxInFlight;
  }

  /** Replaces the faults; their counts start from zero. */
  setFaults(faults: readonly BytezFault[]): void {
    this.#plan = new FaultPlan(faults, this.#clock.now(), this.#random);
  }

  callStarted(): void {
    this.#inFlight += 1;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
  }

  callEnded(): void {
    this.#inFlight -= 1;
  }

  /** Occupies a seat; false when all are occupied. */
  acquireSeat(): boolean {
    if (this.#seatsTaken >= this.seats) return false;
    this.#seatsTaken += 1;
    return true;
  }

  /** Frees a seat, after `inMs` when the provider takes that long to notice. */
  releaseSeat(inMs = 0): void {
    if (inMs > 0) this.#clock.schedule(inMs, () => this.releaseSeat());
    else this.#seatsTaken -= 1;
  }
}
