import PQueue from 'p-queue';
import type { Claim, ClaimLimits, JobEngine } from '../domain/job-engine.ts';
import { jobKinds, type JobKind } from '../domain/job.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { KeyPool } from '../keys/key-pool.ts';
import type { Lease } from '../keys/lease.ts';
import type { Clock } from '../kit/clock.ts';
import type { Breaker } from './breaker.ts';

/** How often a line with waiting jobs looks for those whose own deadline has passed. */
const lookAgainMs = 5_000;

export type LineOptions = {
  readonly provider: ProviderName;
  readonly engine: JobEngine;
  readonly pool: KeyPool;
  readonly breaker: Breaker;
  readonly clock: Clock;
  readonly limits: ClaimLimits;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  /** Runs one claimed job; without a seat when no key can ever serve it. Settles the claim, never throws. */
  readonly run: (claim: Claim, seat: Lease | undefined) => Promise<void>;
  /** Called when the engine does not answer; the line tries again by itself. */
  readonly onTrouble: (error: unknown) => void;
};

/**
 * The queue in front of one provider. The key picks the job: only with a free seat in hand is the next job claimed from
 * the engine, so that whoever should be first when a key wakes, is. p-queue holds the execution slots, as many as the
 * ready keys have seats, and none while all of them rest.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #slots = new PQueue({ concurrency: 1 });
  #admitting = true;
  #pumping = false;
  #again = false;
  /** True while the line itself gives back a seat for which there was no job. */
  #givingBack = false;
  #alarm: Disposable | undefined;
  #turns = Promise.resolve();

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Something changed: a job came, a seat was freed, a key woke. Cheap, and safe to call at any time. */
  poke(): void {
    if (this.#givingBack || !this.#admitting) return;
    this.#again = true;
    if (!this.#pumping) this.#turns = this.#pump();
  }

  /** Claims nothing more. */
  close(): void {
    this.#admitting = false;
    this.#alarm?.[Symbol.dispose]();
  }

  get running(): number {
    return this.#slots.pending;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await this.#turns;
    await this.#slots.onIdle();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      let lookedMs = 0;
      while (this.#again) {
        this.#again = false;
        lookedMs = this.#options.clock.now();
        await this.#failExpired();
        while (this.#admitting && (await this.#startNext()));
      }
      await this.#setAlarm(lookedMs);
    } catch (error) {
      this.#options.onTrouble(error);
      this.#wakeIn(lookAgainMs);
    } finally {
      this.#pumping = false;
    }
    // A poke that came between the last look and here.
    if (this.#again) this.poke();
  }

  /** Starts one job if there is a slot, a seat and a job; answers whether it is worth trying for another. */
  async #startNext(): Promise<boolean> {
    const { provider, engine, pool, breaker, clock, limits, run } = this.#options;
    const ready = pool.seats(provider);
    const seats = breaker.isOpen ? Math.min(1, ready) : ready;
    if (seats === 0) this.#slots.pause();
    else {
      this.#slots.concurrency = seats;
      this.#slots.start();
    }
    if (seats > 0 && this.#slots.pending + this.#slots.size >= seats) return false;
    const answer = pool.lease(provider);
    if (answer.kind === 'busy' || answer.kind === 'cooling') return false;
    const seat = answer.kind === 'seat' ? answer.lease : undefined;
    let claim: Claim | undefined;
    try {
      claim = await engine.claim(provider, limits, clock.now());
    } finally {
      if (claim === undefined) this.#giveBack(seat);
    }
    if (claim === undefined) return false;
    const claimed = claim;
    if (seat === undefined) {
      await run(claimed, undefined);
      return true;
    }
    // A careful call with a key that was benched opens the line by one slot.
    if (this.#slots.isPaused) this.#slots.start();
    void this.#slots.add(() => run(claimed, seat)).finally(() => this.poke());
    return true;
  }

  #giveBack(seat: Lease | undefined): void {
    this.#givingBack = true;
    try {
      seat?.release({ kind: 'unused' });
    } finally {
      this.#givingBack = false;
    }
  }

  /** Jobs that are parked past their own deadline end, whether or not a key is awake. */
  async #failExpired(): Promise<void> {
    const { engine, provider, clock, deadlineMs, run } = this.#options;
    for (const kind of jobKinds) {
      for (;;) {
        const claim = await engine.claimExpired(provider, kind, clock.now() - deadlineMs[kind]);
        if (claim === undefined) break;
        await run(claim, undefined);
      }
    }
  }

  /** For the first job that was not ready at `lookedMs`; it may have become so meanwhile. */
  async #setAlarm(lookedMs: number): Promise<void> {
    const { engine, provider, clock } = this.#options;
    const { lines } = await engine.stats();
    const waiting = lines.find(({ line }) => line === provider)?.waiting;
    if (waiting === undefined || waiting.free + waiting.premium === 0) return;
    const readyMs = await engine.nextReadyMs(provider, lookedMs);
    this.#wakeIn(Math.min(lookAgainMs, (readyMs ?? Infinity) - clock.now()));
  }

  #wakeIn(ms: number): void {
    this.#alarm?.[Symbol.dispose]();
    if (this.#admitting) this.#alarm = this.#options.clock.schedule(ms, () => this.poke());
  }
}
