import type { JobReader, Claim, JobQueue } from '../domain/job-engine.ts';
import type { ProviderName } from '../domain/ids.ts';
import PQueue from 'p-queue';
import { jobKinds, type JobKind } from '../domain/job.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { KeyLeases, Lease, SeatAnswer } from '../domain/key-leases.ts';
import type { Clock } from '../kit/clock.ts';
import type { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';

/** How many jobs of a line wait, parked ones included. */
export async function waitingInLine(reader: Pick<JobReader, 'stats'>, line: ProviderName): Promise<number> {
  const { lines } = await reader.stats();
  const waiting = lines.find((stats) => stats.line === line)?.waiting;
  return waiting === undefined ? 0 : waiting.free + waiting.premium;
}

/** How often a line with waiting jobs looks for those whose own deadline has passed. */
const lookAgainMs = 5_000;
/** A slow key that was left alone is looked at again no sooner than this. */
const leastSlowLookMs = 100;
/** How many jobs at most are sent on past a silent provider between two probes. */
const mostSentOn = 200;

export type DispatcherOptions = {
  readonly provider: ProviderName;
  readonly queue: JobQueue;
  readonly reader: Pick<JobReader, 'stats'>;
  readonly pool: Pick<KeyLeases, 'acquire'> & Pick<KeyPool, 'seats'>;
  readonly breaker: CircuitBreaker;
  readonly clock: Clock;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  /** True when a job of this line may find another provider in its chain that is not silent. */
  readonly hasElsewhere?: () => boolean;
  /** False while no further job should be begun. */
  readonly hasRoom?: () => boolean;
  /** Runs one claimed job; without a seat when no key can serve it now. Settles the claim, never throws. */
  readonly run: (claim: Claim, seat: Lease | undefined) => Promise<void>;
  /** Called when the engine does not answer; the line tries again by itself. */
  readonly onError: (error: unknown) => void;
};

/**
 * The queue in front of one provider. The key picks the job: only with a free seat in hand is the next job claimed from
 * the engine, so that whoever should be first when a key wakes, is. p-queue holds the execution slots, as many as the
 * ready keys have seats. While the provider is silent (see Breaker) one job at a time is started, as the probe; those
 * that may find another provider are sent on.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #slots = new PQueue({ concurrency: 1 });
  #admitting = true;
  #pumping = false;
  #again = false;
  /** True while the line itself gives back a seat for which there was no job. */
  #givingBack = false;
  #sentOn = 0;
  /** When a slow key that was left alone is worth another look. */
  #slowLookMs = Infinity;
  #alarm: Disposable | undefined;
  #turns = Promise.resolve();

  constructor(options: DispatcherOptions) {
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
        this.#slowLookMs = Infinity;
        await this.#failExpired();
        while (this.#admitting && (await this.#startNext()));
      }
      await this.#setAlarm(lookedMs);
    } catch (error) {
      this.#options.onError(error);
      this.#wakeIn(lookAgainMs);
    } finally {
      this.#pumping = false;
    }
    // A poke that came between the last look and here.
    if (this.#again) this.poke();
  }

  /** Starts one job if there is a slot, a seat and a job; answers whether it is worth trying for another. */
  async #startNext(): Promise<boolean> {
    const { provider, pool, breaker, hasRoom = () => true } = this.#options;
    if (!hasRoom()) return false;
    if (breaker.isOpen && !breaker.mayProbe) return this.#sendOn();
    this.#sentOn = 0;
    const running = this.#slots.pending + this.#slots.size;
    const answer = await this.#askForSeat(running);
    if (answer.kind === 'busy' || answer.kind === 'cooling' || answer.kind === 'slow') return false;
    const seat = answer.kind === 'seat' ? answer.lease : undefined;
    if (!this.#admitting) {
      this.#giveBack(seat);
      return false;
    }
    const claim = await this.#claimFor(seat);
    if (claim === undefined) return false;
    if (seat === undefined) {
      await this.#options.run(claim, undefined);
      return true;
    }
    // A seat opens a slot: some of the others may hold calls with keys that take no more, or none while they back off.
    this.#slots.concurrency = Math.max(1, pool.seats(provider), running + 1);
    void this.#slots.add(() => this.#options.run(claim, seat)).finally(() => this.poke());
    return !breaker.isOpen;
  }

  /** A slow key is taken when the jobs that wait would keep the fast ones busy for longer than it takes. */
  async #askForSeat(running: number): Promise<SeatAnswer> {
    const { provider, reader, pool, clock } = this.#options;
    const answer = await pool.acquire(provider);
    if (answer.kind !== 'slow') return answer;
    const { slowMs, fastMs, fastSeats } = answer;
    const waiting = await waitingInLine(reader, provider);
    if (running === 0 || (waiting * fastMs) / Math.max(1, fastSeats) > slowMs) {
      return pool.acquire(provider, { evenSlow: true });
    }
    // The fast ones are due back by then; when they are not, they are no faster after all.
    this.#slowLookMs = clock.now() + Math.max(leastSlowLookMs, fastMs);
    return answer;
  }

  /** The next job for a seat; the seat goes back when there is none. */
  async #claimFor(seat: Lease | undefined): Promise<Claim | undefined> {
    const { provider, queue } = this.#options;
    let claim: Claim | undefined;
    try {
      claim = await queue.claim(provider);
    } finally {
      if (claim === undefined) this.#giveBack(seat);
    }
    return claim;
  }

  /** While the provider is silent and no probe is due: lets a job look for another provider. */
  async #sendOn(): Promise<boolean> {
    if (this.#sentOn >= mostSentOn || this.#options.hasElsewhere?.() !== true) return false;
    this.#sentOn += 1;
    const claim = await this.#claimFor(undefined);
    if (claim !== undefined) await this.#options.run(claim, undefined);
    return claim !== undefined;
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
    const { queue, provider, deadlineMs, run } = this.#options;
    for (const kind of jobKinds) {
      for (;;) {
        const claim = await queue.claimExpired(provider, kind, deadlineMs[kind]);
        if (claim === undefined) break;
        await run(claim, undefined);
      }
    }
  }

  /** For the first job that was not ready at `lookedMs` (it may have become so meanwhile), or for the next probe. */
  async #setAlarm(lookedMs: number): Promise<void> {
    const { queue, reader, provider, clock, breaker } = this.#options;
    if ((await waitingInLine(reader, provider)) === 0) return;
    const readyMs = await queue.nextReadyMs(provider, lookedMs);
    const probeInMs = breaker.isOpen && !breaker.mayProbe ? breaker.probeInMs : Infinity;
    this.#wakeIn(Math.min(lookAgainMs, Math.min(readyMs ?? Infinity, this.#slowLookMs) - clock.now(), probeInMs));
  }

  #wakeIn(ms: number): void {
    this.#alarm?.[Symbol.dispose]();
    if (this.#admitting) this.#alarm = this.#options.clock.schedule(ms, () => this.poke());
  }
}
