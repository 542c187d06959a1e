import type { JobReader, Claim, JobQueue } from '../domain/job-engine.ts';
import type { ProviderName } from '../domain/ids.ts';
import PQueue from 'p-queue';
import type { JobKind, Lane } from '../domain/kinds.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { KeyLeases, Lease, SeatAnswer } from '../domain/key-leases.ts';
import type { Clock } from '../kit/clock.ts';
import type { LineGuests, Start } from './client-calls/client-lines.ts';
import type { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';

/** How often a line with waiting jobs checks for passed job deadlines. */
const recheckMs = 5_000;
/** How often at most it checks for them. */
const expiredEveryMs = 1_000;
/** The shortest wait before a slow key that was not used is considered again. */
const minSlowRecheckMs = 100;
/** While every key cools for longer than a call usually takes, jobs look for another provider instead of a seat. */
const longWaitMs = 20_000;
/** At most this many jobs move past a provider that is down between two probes. */
const maxSentOn = 200;
/** This many jobs decide at once whether they go on elsewhere; then everything else has its turn for this long. */
const maxMovedAtOnce = 10;
const movePauseMs = 200;

export type DispatcherOptions = {
  readonly provider: ProviderName;
  readonly queue: JobQueue;
  readonly reader: Pick<JobReader, 'countWaiting' | 'stats'>;
  readonly pool: Pick<KeyLeases, 'acquire'> & Pick<KeyPool, 'seats'>;
  readonly breaker: CircuitBreaker;
  readonly clock: Clock;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  /** True when a chain offers a later provider that is not down. */
  readonly hasFallback?: () => boolean;
  /** Calls that wait in memory and share the line with its jobs. */
  readonly guests?: LineGuests;
  readonly runner: {
    /** False while no further job may start. */
    readonly hasRoom: boolean;
    /** Runs one claimed job, without a seat when no key can serve it now. Settles the claim and never throws. */
    run(claim: Claim, seat: Lease | undefined): Promise<void>;
  };
  /** Called when the engine fails; the line tries again by itself. */
  readonly onError: (error: unknown) => void;
};

/**
 * Starts the jobs of one provider's line. It leases a seat first and claims a job second, so that the fair order is
 * decided at the moment a key becomes free. p-queue holds the execution slots, as many as the ready keys have seats.
 * While the circuit breaker is open, it starts one job at a time as the probe and sends on jobs that have a fallback
 * provider; it sends them on as well while every key cools for long.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #slots = new PQueue({ concurrency: 1 });
  #admitting = true;
  #pumping = false;
  #isPoked = false;
  /** True while the line itself releases a seat for which there was no job; that release must not wake it. */
  #givingBack = false;
  #sentOn = 0;
  /** True while no job waits in the engine. */
  #isEmpty = false;
  /** Jobs that decided without a seat since the last pause, and until when that pause lasts. */
  #moved = 0;
  #pausesUntilMonotonicMs = -Infinity;
  /** True when a job would have moved on but for the pause. */
  #waitsForPause = false;
  /** Jobs may be parked because every key cools; it is not known of those of an earlier process. */
  #mayBeParked = true;
  /** When a slow key that was not used is considered again. */
  #slowLookMs = Infinity;
  #lookedForExpiredMs = -Infinity;
  #alarm: Disposable | undefined;
  #pumped = Promise.resolve();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** True while nobody waits in the line: who comes now need not wait for a turn. */
  get isEmpty(): boolean {
    return this.#isEmpty && this.#waitingGuests() === 0;
  }

  /** A seat may have become free, a key whose cooldown ended, or a person's place; not a job that did not wait before. */
  seatFreed(): void {
    if (!this.isEmpty) this.#look();
  }

  /** Reports a change: a job or a call that may start, waiting now or before. Cheap, and safe to call at any time. */
  poke(why: 'waits' | 'stopped' = 'waits'): void {
    if (why === 'waits') this.#isEmpty = false;
    this.seatFreed();
  }

  #look(): void {
    if (this.#givingBack || !this.#admitting) return;
    this.#isPoked = true;
    if (!this.#pumping) this.#pumped = this.#pump();
  }

  /** Stops claiming jobs. */
  close(): void {
    this.#admitting = false;
    this.#alarm?.[Symbol.dispose]();
  }

  get running(): number {
    return this.#slots.pending;
  }

  /** Resolves when no job of the line runs. */
  async idle(): Promise<void> {
    await this.#pumped;
    await this.#slots.onIdle();
  }

  async #pump(): Promise<void> {
    const { reader, provider } = this.#options;
    this.#pumping = true;
    try {
      let [lookedMs, left] = [0, 0];
      while (this.#isPoked) {
        this.#isPoked = false;
        this.#waitsForPause = false;
        lookedMs = this.#options.clock.now();
        this.#slowLookMs = Infinity;
        left = (await reader.countWaiting(provider)) + this.#waitingGuests();
        if (left === 0) continue;
        await this.#failExpired();
        // Who comes meanwhile pokes.
        while (left > 0 && this.#admitting && (await this.#startNext())) left -= 1;
      }
      await this.#setAlarm(lookedMs, left === 0);
    } catch (error) {
      this.#options.onError(error);
      this.#wakeIn(recheckMs);
    } finally {
      this.#pumping = false;
    }
    // A poke may arrive after the loop has ended.
    if (this.#isPoked) this.#look();
  }

  /** Starts one job if there is a slot, a seat and a job; returns whether another one may start. */
  async #startNext(): Promise<boolean> {
    const { provider, pool, breaker, runner } = this.#options;
    if (!runner.hasRoom) return false;
    if (breaker.isOpen && !breaker.mayProbe) return this.#sendOn();
    this.#sentOn = 0;
    const running = this.#slots.pending + this.#slots.size;
    const answer = await this.#askForSeat(running);
    if (answer.kind === 'cooling') this.#mayBeParked = true;
    if (answer.kind === 'cooling' && answer.untilMs - this.#options.clock.now() > longWaitMs) return this.#moveOn();
    if (answer.kind === 'busy' || answer.kind === 'cooling' || answer.kind === 'slow') return false;
    const seat = answer.kind === 'seat' ? answer.lease : undefined;
    if (!this.#admitting) {
      this.#giveBack(seat);
      return false;
    }
    if (seat !== undefined) await this.#wakeCooling(seat);
    const start = await this.#next(seat);
    if (start === undefined) return false;
    if (seat === undefined) {
      await start(undefined);
      return true;
    }
    // The seat count alone is too low: running calls may hold seats of keys that are no longer ready, or back off without a seat.
    this.#slots.concurrency = Math.max(1, pool.seats(provider), running + 1);
    void this.#slots.add(() => start(seat)).finally(() => this.seatFreed());
    return !breaker.isOpen;
  }

  /** Leases a slow key only when the waiting jobs would occupy the fast keys for longer than one slow call takes. */
  async #askForSeat(running: number): Promise<SeatAnswer> {
    const { provider, reader, pool, clock } = this.#options;
    const answer = await pool.acquire(provider);
    if (answer.kind !== 'slow') return answer;
    const { slowMs, fastMs, fastSeats } = answer;
    const waiting = await reader.countWaiting(provider);
    if (running === 0 || (waiting * fastMs) / Math.max(1, fastSeats) > slowMs) {
      return pool.acquire(provider, { evenSlow: true });
    }
    // A fast key should be free by then; if none is, the slow key is considered again.
    this.#slowLookMs = clock.now() + Math.max(minSlowRecheckMs, fastMs);
    return answer;
  }

  /** A key is ready: jobs that were parked until the first of them would be go on, perhaps before that time. */
  async #wakeCooling(seat: Lease): Promise<void> {
    this.#options.guests?.wakeCooling();
    if (!this.#mayBeParked) return;
    try {
      await this.#options.queue.wakeCooling(this.#options.provider);
      this.#mayBeParked = false;
    } catch (error) {
      this.#giveBack(seat);
      throw error;
    }
  }

  /** Takes the job or the call whose turn it is; releases the seat when there is none. */
  async #next(seat: Lease | undefined): Promise<Start | undefined> {
    const { provider, queue, guests, runner } = this.#options;
    let start: Start | undefined;
    try {
      start = this.#waitingGuests() === 0 ? undefined : guests?.next(await this.#people());
      if (start !== undefined) return start;
      const claim = await queue.claim(provider);
      if (claim !== undefined) {
        guests?.jobStarted(claim.job.lane, claim.job.kind);
        start = (leased) => runner.run(claim, leased);
      } else if (this.#waitingGuests() > 0) start = guests?.next(nobody);
    } finally {
      if (start === undefined) this.#giveBack(seat);
    }
    return start;
  }

  #waitingGuests(): number {
    return this.#options.guests?.waiting() ?? 0;
  }

  async #people(): Promise<Readonly<Record<Lane, number>>> {
    const { lines } = await this.#options.reader.stats();
    return lines.find(({ line }) => line === this.#options.provider)?.people ?? nobody;
  }

  /** Lets one job move to another provider while the breaker is open and no probe is due. */
  async #sendOn(): Promise<boolean> {
    if (this.#sentOn >= maxSentOn || !(await this.#moveOn())) return false;
    this.#sentOn += 1;
    return true;
  }

  /** Lets one job decide without a seat whether it goes on to another provider or waits; not while others have their turn. */
  async #moveOn(): Promise<boolean> {
    const { clock, hasFallback } = this.#options;
    if (hasFallback?.() !== true) return false;
    this.#waitsForPause = this.#pauseInMs() > 0;
    if (this.#waitsForPause) return false;
    const start = await this.#next(undefined);
    if (start === undefined) return false;
    await start(undefined);
    this.#moved += 1;
    if (this.#moved < maxMovedAtOnce) return true;
    this.#moved = 0;
    this.#pausesUntilMonotonicMs = clock.monotonicMs() + movePauseMs;
    this.#waitsForPause = true;
    return false;
  }

  #pauseInMs(): number {
    return this.#pausesUntilMonotonicMs - this.#options.clock.monotonicMs();
  }

  #giveBack(seat: Lease | undefined): void {
    this.#givingBack = true;
    try {
      seat?.release({ kind: 'unused' });
    } finally {
      this.#givingBack = false;
    }
  }

  /** Ends parked jobs whose deadline has passed, whether or not a key is ready. */
  async #failExpired(): Promise<void> {
    const { queue, provider, deadlineMs, runner, clock } = this.#options;
    if (clock.monotonicMs() - this.#lookedForExpiredMs < expiredEveryMs) return;
    this.#lookedForExpiredMs = clock.monotonicMs();
    for (;;) {
      const claim = await queue.claimExpired(provider, deadlineMs);
      if (claim === undefined) return;
      await runner.run(claim, undefined);
    }
  }

  /** Schedules the next wake-up: the first job that was not ready at `lookedMs`, or the next probe. */
  async #setAlarm(lookedMs: number, isNoneLeft: boolean): Promise<void> {
    const { queue, reader, provider, clock, breaker } = this.#options;
    if (isNoneLeft || (await reader.countWaiting(provider)) === 0) {
      this.#isEmpty = !this.#isPoked;
      if (this.#waitingGuests() === 0) return;
    }
    const readyMs = await queue.nextReadyMs(provider, lookedMs);
    const probeInMs = breaker.isOpen && !breaker.mayProbe ? breaker.probeInMs : Infinity;
    const pauseInMs = this.#waitsForPause ? Math.max(0, this.#pauseInMs()) : Infinity;
    const soonestMs = Math.min(readyMs ?? Infinity, this.#slowLookMs) - clock.now();
    this.#wakeIn(Math.min(recheckMs, soonestMs, probeInMs, pauseInMs));
  }

  #wakeIn(ms: number): void {
    this.#alarm?.[Symbol.dispose]();
    if (this.#admitting) this.#alarm = this.#options.clock.schedule(ms, () => this.poke());
  }
}

const nobody: Readonly<Record<Lane, number>> = { premium: 0, free: 0 };
