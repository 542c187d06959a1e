import { dueAtMs, type KeyState } from '../../domain/key-state.ts';
import type { JobKind } from '../../domain/job.ts';
import { everyMechanism, type Mechanisms } from '../../domain/mechanisms.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { Account, PooledKey } from './pooled-key.ts';
import { LatencyHistogram } from '../rules/latency.ts';
import type { ChoiceWhy } from '../../domain/attempt-trail.ts';
import type { PeerStats } from '../rules/outlier-statistics.ts';

/** Models beyond so many share the book of all calls. */
const mostBooks = 256;

/**
 * The keys of one provider, with all that must be known at once to hand one out: which of them have a seat, how many
 * stand in which state, how many calls they carry together. Every change of a key passes by here.
 */
export class ProviderKeys {
  readonly provider: ProviderName;
  readonly mechanisms: Mechanisms;
  readonly keys: PooledKey[] = [];
  /** Ready or suspect, with a free seat; in no order. */
  readonly open: PooledKey[] = [];
  /** Half-open and free: each may make one call. */
  readonly trials = new Set<PooledKey>();
  readonly states: Record<KeyState['kind'], number> = {
    ready: 0,
    suspect: 0,
    cooling: 0,
    'half-open': 0,
    benched: 0,
    probing: 0,
    disabled: 0,
  };
  /** Failed by what may be the provider's fault or theirs; a sibling's success will tell. */
  readonly unjudged = new Set<PooledKey>();
  /** How many calls its keys may carry together right now. */
  capacity = 0;
  /** When time changes something here; nothing happens by itself before. */
  nextDueMs = Infinity;
  alarm: Disposable | undefined;
  /** Place of the key that was handed out last; 0 before the first. */
  lastPlace = 0;
  /** Seats handed out so far, by which careful calls and looks at slow keys are spread. */
  handedOut = 0;
  lastTrialAt = 0;
  lastExploredAt = 0;
  /** Of all calls, whatever the model. */
  readonly book = new LatencyHistogram(0);
  readonly #books = new Map<string, Map<JobKind | undefined, LatencyHistogram>>();
  #bookCount = 1;
  readonly #recentOutcomes = new Map<string, RecentOutcomes>();

  constructor(provider: ProviderName, mechanisms: Mechanisms = everyMechanism) {
    this.provider = provider;
    this.mechanisms = mechanisms;
  }

  get acceptingCount(): number {
    return this.states.ready + this.states.suspect + this.states['half-open'];
  }

  add(pooled: PooledKey): void {
    this.keys.push(pooled);
    this.states[pooled.state.kind] += 1;
    this.refresh(pooled.account);
  }

  remove(pooled: PooledKey): void {
    this.keys.splice(this.keys.indexOf(pooled), 1);
    this.states[pooled.state.kind] -= 1;
    this.#close(pooled);
    this.unjudged.delete(pooled);
    pooled.account.leave(pooled);
    this.refresh(pooled.account);
  }

  become(pooled: PooledKey, state: KeyState): void {
    this.states[pooled.state.kind] -= 1;
    pooled.become(state);
    this.states[state.kind] += 1;
    this.refresh(pooled.account);
  }

  /** To be called after anything changed in an account: its seats, its calls, the states of its keys. */
  refresh(account: Account): void {
    const { seats } = account.limit;
    const hasRoom = account.inFlight < seats;
    let most = 0;
    for (const pooled of account.members) {
      const own = pooled.mostCalls;
      most += own;
      if (hasRoom && pooled.inPool && pooled.inFlight < own) this.#open(pooled);
      else this.#close(pooled);
    }
    const capacity = Math.min(seats, most);
    this.capacity += capacity - account.capacity;
    account.capacity = capacity;
  }

  /** When the next rest ends, the next seat may be tried, or half of a guess is over while no key takes calls. */
  findNextDue(): void {
    const isLast = this.acceptingCount === 0;
    this.nextDueMs = Infinity;
    for (const { state, account } of this.keys) {
      this.nextDueMs = Math.min(this.nextDueMs, account.limit.tryAtMs, dueAtMs(state, isLast));
    }
  }

  bookOf(model: string, job: JobKind | undefined): LatencyHistogram | undefined {
    return this.#books.get(model)?.get(job);
  }

  /** The book of these calls, begun when there is none. */
  openBook(model: string, job: JobKind | undefined): LatencyHistogram {
    const books = this.#books.get(model);
    const known = books?.get(job);
    if (known !== undefined) return known;
    if (this.#bookCount >= mostBooks) return this.book;
    const book = new LatencyHistogram(this.#bookCount);
    this.#bookCount += 1;
    if (books === undefined) this.#books.set(model, new Map([[job, book]]));
    else books.set(job, book);
    return book;
  }

  recentOutcomes(model: string): RecentOutcomes {
    let recentOutcomes = this.#recentOutcomes.get(model);
    if (recentOutcomes === undefined) {
      if (this.#recentOutcomes.size >= mostBooks) this.#recentOutcomes.clear();
      recentOutcomes = new RecentOutcomes();
      this.#recentOutcomes.set(model, recentOutcomes);
    }
    return recentOutcomes;
  }

  #open(pooled: PooledKey): void {
    if (pooled.state.kind === 'half-open') {
      this.#close(pooled);
      this.trials.add(pooled);
      return;
    }
    if (pooled.freeIndex >= 0) return;
    this.trials.delete(pooled);
    pooled.freeIndex = this.open.length;
    this.open.push(pooled);
  }

  /** The last of the open ones takes its place. */
  #close(pooled: PooledKey): void {
    this.trials.delete(pooled);
    const at = pooled.freeIndex;
    if (at < 0) return;
    pooled.freeIndex = -1;
    const last = this.open.pop();
    if (last === undefined || last === pooled) return;
    this.open[at] = last;
    last.freeIndex = at;
  }
}

/** One call under way. */
export type Call = {
  readonly pooled: PooledKey;
  readonly providerKeys: ProviderKeys;
  readonly why: ChoiceWhy;
  readonly startedAtMonotonicMs: number;
  /** How many calls its account carried as it began, itself included. */
  readonly inFlightAtStart: number;
  /** Place of the key that was handed out before. */
  readonly turnBefore: number;
};

const maxOutcomes = 32;
/** Older outcomes say nothing about the provider now. */
const maxOutcomeAgeMs = 5 * 60_000;

/** What the last calls for one model came to, whichever key they were made with: a fault of the provider's or not. */
export class RecentOutcomes {
  readonly #keys: (PooledKey | undefined)[] = [];
  readonly #faulty: boolean[] = [];
  readonly #startedAtMonotonicMs = new Float64Array(maxOutcomes);
  readonly #toMonotonicMs = new Float64Array(maxOutcomes);
  #count = 0;

  note(pooled: PooledKey, isFault: boolean, startedAtMonotonicMs: number, toMonotonicMs: number): void {
    const at = this.#count % maxOutcomes;
    this.#keys[at] = pooled;
    this.#faulty[at] = isFault;
    this.#startedAtMonotonicMs[at] = startedAtMonotonicMs;
    this.#toMonotonicMs[at] = toMonotonicMs;
    this.#count += 1;
  }

  beside(pooled: PooledKey, sinceMonotonicMs: number, monotonicMs: number): PeerStats {
    let [calls, faults, successesSince, faultsSince] = [0, 0, 0, 0];
    for (let at = 0; at < Math.min(this.#count, maxOutcomes); at += 1) {
      const toMonotonicMs = this.#toMonotonicMs[at] ?? 0;
      if (this.#keys[at] === pooled || toMonotonicMs < monotonicMs - maxOutcomeAgeMs) continue;
      calls += 1;
      if (this.#faulty[at] === true) {
        faults += 1;
        if (toMonotonicMs >= sinceMonotonicMs) faultsSince += 1;
      } else if ((this.#startedAtMonotonicMs[at] ?? 0) >= sinceMonotonicMs) successesSince += 1;
    }
    return { calls, faults, successesSince, faultsSince };
  }
}
