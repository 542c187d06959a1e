import type { Emit } from '../../domain/events.ts';
import type { AttemptFailure } from '../../domain/failure.ts';
import { jobId, type ProviderName } from '../../domain/ids.ts';
import type { Candidate } from '../../domain/job.ts';
import type { ToldWindow } from '../../domain/key-state.ts';
import type {
  KeyLeases,
  KeyLending,
  LendOptions,
  Lease,
  LeaseReport,
  LeaseResult,
  Lending,
  ProviderAnswer,
  ReportAnswer,
  SeatAnswer,
} from '../../domain/key-leases.ts';
import type { Clock } from '../../kit/clock.ts';
import { afterWait, type NoSeatFacts, noSeatIn } from './no-seat.ts';

/** What is asked for: calls of any model of the provider, or of one. */
export type Wanted = Pick<Candidate, 'provider'> & Partial<Candidate>;

/** What the provider's own tables make of an answer. */
export type Understood = {
  readonly failure?: AttemptFailure;
  readonly seats?: number;
  readonly window?: ToldWindow;
};

export type LendingServiceOptions = NoSeatFacts & {
  readonly pool: Pick<KeyLeases, 'acquire' | 'onSeat'>;
  /** What a name stands for, the best first; empty for an unknown one. */
  readonly named: (name: string) => readonly Wanted[];
  readonly understand: (wanted: Wanted, answer: ProviderAnswer) => Promise<Understood>;
  readonly clock: Clock;
  /** An id that nobody can guess. */
  readonly newId: () => string;
  readonly emit: Emit;
};

type Held = {
  readonly wanted: Wanted;
  readonly lease: Lease;
  readonly fence: number;
  readonly sinceMonotonicMs: number;
  timer: Disposable;
};

type Waiter = {
  readonly wanted: readonly Wanted[];
  take(wanted: Wanted, lease: Lease): void;
  isGone: boolean;
};

/** How long the jobs of the bot may take to claim a seat that is theirs. */
const jobsTurnMs = 20;

/**
 * Lends seats to other programs. A lease ends by a report, or by itself when its holder says nothing in time; either way
 * the seat comes back, and what the holder says later changes nothing.
 *
 * Who waits stands in one queue for each provider, the oldest first. A seat that becomes free goes to a waiter and to the
 * waiting jobs of the bot by turns: neither can starve the other.
 */
export class LendingService implements KeyLending, Disposable {
  readonly #options: LendingServiceOptions;
  readonly #held = new Map<string, Held>();
  readonly #waiting = new Set<Waiter>();
  /** Whose next free seat is for the jobs of the bot. */
  readonly #jobsTurn = new Set<ProviderName>();
  readonly #looks = new Map<ProviderName, Disposable>();
  readonly #listening: Disposable;
  #lastFence = 0;
  /** How many seats became free. */
  #freed = 0;

  constructor(options: LendingServiceOptions) {
    this.#options = options;
    this.#listening = options.pool.onSeat((provider) => {
      this.#freed += 1;
      if (this.#waiting.size === 0) return;
      // The jobs of the bot hear of this seat next; what they leave is for those who wait here.
      if (this.#jobsTurn.delete(provider)) this.#lookSoon(provider);
      else void this.#serve(provider);
    });
  }

  async lend(name: string, options: LendOptions): Promise<Lending> {
    const { ttlMs, waitMs, signal } = options;
    signal?.throwIfAborted();
    const wanted = this.#options.named(name);
    if (wanted.length === 0) return { kind: 'unknown-name' };
    const answers: SeatAnswer[] = [];
    const freedBefore = this.#freed;
    for (const each of wanted) {
      // No newcomer overtakes those who wait.
      if (this.#hasWaiterFor(each.provider)) {
        answers.push({ kind: 'busy' });
        continue;
      }
      const answer = await this.#acquire(each);
      if (answer.kind === 'seat') return this.#lendOut(each, answer.lease, ttlMs);
      answers.push(answer);
    }
    signal?.throwIfAborted();
    const refusal = noSeatIn(wanted, answers, this.#options);
    if (waitMs <= 0 || (refusal.kind === 'none' && refusal.why === 'no-keys')) return refusal;
    const waited = this.#wait(wanted, options, refusal);
    // A seat that became free between two of the questions was offered to nobody.
    if (this.#freed !== freedBefore) for (const { provider } of wanted) this.#lookSoon(provider);
    return waited;
  }

  renew(id: string, fence: number, ttlMs: number): number | undefined {
    const held = this.#current(id, fence);
    if (held === undefined) return undefined;
    held.timer[Symbol.dispose]();
    held.timer = this.#expiry(id, ttlMs);
    return this.#options.clock.now() + ttlMs;
  }

  async report(id: string, fence: number, report: LeaseReport): Promise<ReportAnswer> {
    const held = this.#current(id, fence);
    if (held === undefined) return { kind: 'stale' };
    // Ended before anything is awaited: a second report finds nothing.
    this.#held.delete(id);
    held.timer[Symbol.dispose]();
    if (report.kind === 'unused') {
      this.#end(id, held, { kind: 'unused' }, 'unused');
      return { kind: 'unused' };
    }
    const { wanted, sinceMonotonicMs } = held;
    const ms = report.ms ?? Math.round(this.#options.clock.monotonicMs() - sinceMonotonicMs);
    const understood = await this.#understand(wanted, report).catch((error: unknown): Understood => {
      this.#options.emit({ event: 'app.error', what: `understand what ${wanted.provider} answered`, error });
      return { failure: { blame: 'provider', reason: 'unrecognized', detail: 'the answer could not be read' } };
    });
    const { failure, ...told } = understood;
    const call = { ms, ...told, ...(wanted.model === undefined ? {} : { model: wanted.model }) };
    if (failure === undefined) {
      this.#end(id, held, { kind: 'succeeded', ...call }, 'succeeded');
      return { kind: 'succeeded' };
    }
    this.#end(id, held, { kind: 'failed', failure, jobId: jobId(`lease:${id}`), ...call }, 'failed');
    return { kind: 'failed', failure };
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    for (const look of this.#looks.values()) look[Symbol.dispose]();
    for (const [id, held] of this.#held) {
      held.timer[Symbol.dispose]();
      this.#end(id, held, { kind: 'unused' }, 'unused');
    }
    this.#held.clear();
  }

  #acquire({ provider, model }: Wanted): Promise<SeatAnswer> {
    return this.#options.pool.acquire(provider, { evenSlow: true, ...(model === undefined ? {} : { model }) });
  }

  #current(id: string, fence: number): Held | undefined {
    const held = this.#held.get(id);
    return held?.fence === fence ? held : undefined;
  }

  #lendOut(wanted: Wanted, lease: Lease, ttlMs: number): Lending {
    const { clock, newId, emit } = this.#options;
    const id = newId();
    const fence = Math.max(this.#lastFence + 1, clock.now());
    this.#lastFence = fence;
    const held = { wanted, lease, fence, sinceMonotonicMs: clock.monotonicMs(), timer: this.#expiry(id, ttlMs) };
    this.#held.set(id, held);
    const { keyId, keyName, secret } = lease;
    emit({ event: 'lease.lent', leaseId: id, keyId, keyName, provider: wanted.provider, forMs: ttlMs });
    return { kind: 'lent', lent: { id, fence, ...wanted, key: secret, keyName, expiresAtMs: clock.now() + ttlMs } };
  }

  /** A holder that died, or forgot: nothing is known of its call. */
  #expiry(id: string, ttlMs: number): Disposable {
    return this.#options.clock.schedule(ttlMs, () => {
      const held = this.#held.get(id);
      if (held === undefined) return;
      this.#held.delete(id);
      this.#end(id, held, { kind: 'unused' }, 'expired');
    });
  }

  #end(
    leaseId: string,
    { wanted, lease }: Held,
    result: LeaseResult,
    how: 'succeeded' | 'failed' | 'unused' | 'expired',
  ): void {
    lease.release(result);
    const { keyId, keyName } = lease;
    const reason = result.kind === 'failed' ? { reason: result.failure.reason } : {};
    this.#options.emit({ event: 'lease.ended', leaseId, keyId, keyName, provider: wanted.provider, how, ...reason });
  }

  async #understand(wanted: Wanted, report: Exclude<LeaseReport, { kind: 'unused' }>): Promise<Understood> {
    if (report.kind === 'succeeded') return {};
    if (report.kind === 'answered') return this.#options.understand(wanted, report.answer);
    return { failure: { blame: 'provider', reason: report.reason, detail: 'as the holder of the lease says' } };
  }

  #hasWaiterFor(provider: ProviderName): boolean {
    for (const { wanted } of this.#waiting) if (wanted.some((each) => each.provider === provider)) return true;
    return false;
  }

  #wait(wanted: readonly Wanted[], { ttlMs, waitMs, signal }: LendOptions, refusal: Lending): Promise<Lending> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiter.isGone = true;
        this.#waiting.delete(waiter);
        patience[Symbol.dispose]();
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => {
        leave();
        reject(signal?.reason as Error);
      };
      const patience = this.#options.clock.schedule(waitMs, () => {
        leave();
        resolve(afterWait(refusal, waitMs));
      });
      const waiter: Waiter = {
        wanted,
        isGone: false,
        take: (each, lease) => {
          leave();
          resolve(this.#lendOut(each, lease, ttlMs));
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Gives a free seat of the provider to the one who has waited longest for it. */
  async #serve(provider: ProviderName): Promise<void> {
    for (const waiter of this.#waiting) {
      const wanted = waiter.wanted.find((each) => each.provider === provider);
      if (wanted === undefined) continue;
      const answer = await this.#acquire(wanted);
      if (answer.kind !== 'seat') return;
      if (waiter.isGone) {
        answer.lease.release({ kind: 'unused' });
        return;
      }
      waiter.take(wanted, answer.lease);
      if (!this.#hasWaiterFor(provider)) return;
      this.#jobsTurn.add(provider);
      this.#lookSoon(provider);
      return;
    }
  }

  /** Looks for a seat that the jobs of the bot have left. */
  #lookSoon(provider: ProviderName): void {
    if (this.#looks.has(provider)) return;
    const look = this.#options.clock.schedule(jobsTurnMs, () => {
      this.#looks.delete(provider);
      this.#jobsTurn.delete(provider);
      void this.#serve(provider);
    });
    this.#looks.set(provider, look);
  }
}
