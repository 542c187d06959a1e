import type { Choice, SkipReason, ChoiceWhy } from '../../domain/attempt-trail.ts';
import { dueAtMs, type KeyState } from '../../domain/key-state.ts';
import type { JobKind } from '../../domain/kinds.ts';
import { everyMechanism, type Mechanisms } from '../../domain/mechanisms.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { Account, PooledKey } from './pooled-key.ts';
import { LatencyHistogram } from '../rules/call-statistics.ts';

/** How the other keys fared lately, and since some moment. */
export type PeerStats = {
  readonly calls: number;
  readonly faults: number;
  /** Only calls that started since then: earlier calls may have passed before the outage began. */
  readonly successesSince: number;
  readonly faultsSince: number;
};

/** Further models share the histogram of all calls. */
const maxHistograms = 256;

/**
 * The keys of one provider, indexed for selection: which keys have a free seat, how many keys are in each state, and the
 * total capacity. Every state change of a key goes through this class.
 */
export class ProviderKeys {
  readonly provider: ProviderName;
  readonly mechanisms: Mechanisms;
  readonly keys: PooledKey[] = [];
  /** Ready or suspect keys with a free seat, unordered. */
  readonly open: PooledKey[] = [];
  /** Half-open keys without a call: each may carry one. */
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
  /** Keys that refused a request which is not explained yet: held back while there is another one. */
  readonly #inDoubt = new Set<PooledKey>();
  /** Keys with an ambiguous failure; the next success of a peer decides. */
  readonly unjudged = new Set<PooledKey>();
  /** How many calls its keys may carry together right now. */
  capacity = 0;
  /** The next time at which a cooldown or a ceiling expires. */
  nextDueMs = Infinity;
  alarm: Disposable | undefined;
  /** Place of the key that was handed out last; 0 before the first. */
  lastPlace = 0;
  /** Leases so far; trial calls and exploration are spaced by this count. */
  handedOut = 0;
  lastTrialAt = 0;
  lastExploredAt = 0;
  /** Of all calls, whatever the model. */
  readonly allCalls = new LatencyHistogram(0);
  readonly #histograms = new Map<string, Map<JobKind | undefined, LatencyHistogram>>();
  #histogramCount = 1;
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
    this.#inDoubt.delete(pooled);
    pooled.account.leave(pooled);
    this.refresh(pooled.account);
  }

  become(pooled: PooledKey, state: KeyState): void {
    this.states[pooled.state.kind] -= 1;
    pooled.become(state);
    this.states[state.kind] += 1;
    this.refresh(pooled.account);
    this.#refreshInDoubt();
  }

  /** Holds the key back while it is in doubt, unless every key that accepts calls is. */
  setInDoubt(pooled: PooledKey, isInDoubt: boolean): void {
    if (isInDoubt === this.#inDoubt.has(pooled)) return;
    if (isInDoubt) this.#inDoubt.add(pooled);
    else this.#inDoubt.delete(pooled);
    this.refresh(pooled.account);
    this.#refreshInDoubt();
  }

  #refreshInDoubt(): void {
    for (const { account } of this.#inDoubt) this.refresh(account);
  }

  #isHeldBack(pooled: PooledKey): boolean {
    if (!this.#inDoubt.has(pooled)) return false;
    let accepting = 0;
    for (const one of this.#inDoubt) if (one.acceptsCalls) accepting += 1;
    return this.acceptingCount > accepting;
  }

  /** Updates the index; call it after the seats, the calls or the key states of an account changed. */
  refresh(account: Account): void {
    const { seats } = account.limit;
    const hasRoom = account.inFlight < seats;
    let callsOfKeys = 0;
    for (const pooled of account.members) {
      const own = this.#inDoubt.size > 0 && this.#isHeldBack(pooled) ? 0 : pooled.maxCalls;
      callsOfKeys += own;
      if (hasRoom && pooled.inPool && pooled.inFlight < own) this.#open(pooled);
      else this.#close(pooled);
    }
    const capacity = Math.min(seats, callsOfKeys);
    this.capacity += capacity - account.capacity;
    account.capacity = capacity;
  }

  /** Recomputes `nextDueMs`; while no key accepts calls, a guessed cooldown is due at half its length. */
  findNextDue(): void {
    const isLast = this.acceptingCount === 0;
    this.nextDueMs = Infinity;
    for (const { state, account } of this.keys) {
      this.nextDueMs = Math.min(this.nextDueMs, account.limit.tryAtMs, dueAtMs(state, isLast));
    }
  }

  histogramOf(model: string, job: JobKind | undefined): LatencyHistogram | undefined {
    return this.#histograms.get(model)?.get(job);
  }

  /** Returns the histogram of these calls; creates it if there is none. */
  histogramFor(model: string, job: JobKind | undefined): LatencyHistogram {
    const byKind = this.#histograms.get(model);
    const known = byKind?.get(job);
    if (known !== undefined) return known;
    if (this.#histogramCount >= maxHistograms) return this.allCalls;
    const histogram = new LatencyHistogram(this.#histogramCount);
    this.#histogramCount += 1;
    if (byKind === undefined) this.#histograms.set(model, new Map([[job, histogram]]));
    else byKind.set(job, histogram);
    return histogram;
  }

  recentOutcomes(model: string): RecentOutcomes {
    let recentOutcomes = this.#recentOutcomes.get(model);
    if (recentOutcomes === undefined) {
      if (this.#recentOutcomes.size >= maxHistograms) this.#recentOutcomes.clear();
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

  /** Removes the key from the free keys; the last free key takes its index. */
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

/** One call in flight. */
export type Call = {
  readonly pooled: PooledKey;
  readonly providerKeys: ProviderKeys;
  readonly why: ChoiceWhy;
  readonly startedAtMonotonicMs: number;
  /** Calls of its account in flight at its start, itself included. */
  readonly inFlightAtStart: number;
  /** Place of the key that was handed out before. */
  readonly turnBefore: number;
};

const maxOutcomes = 32;
/** Older outcomes say nothing about the provider now. */
const maxOutcomeAgeMs = 5 * 60_000;

/** The outcomes of the last calls for one model, over all keys. */
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

  peersOf(pooled: PooledKey, sinceMonotonicMs: number, monotonicMs: number): PeerStats {
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

/** Counts why keys were passed over; `ProviderKeys` already counts those that take no calls. */
export type Skips = { otherModel: number; justFailed: number; slow: number };

/** Returns the counts by reason, without zeros. */
export function skippedOf(providerKeys: ProviderKeys, { otherModel, justFailed, slow }: Skips): Choice['skipped'] {
  const { states } = providerKeys;
  const skipped: Partial<Record<SkipReason, number>> = {};
  if (states.cooling > 0) skipped.cooling = states.cooling;
  if (states.benched + states.probing > 0) skipped.benched = states.benched + states.probing;
  if (states.disabled > 0) skipped.disabled = states.disabled;
  const busy = providerKeys.acceptingCount - providerKeys.open.length - providerKeys.trials.size;
  if (busy > 0) skipped.busy = busy;
  if (otherModel > 0) skipped['other-model'] = otherModel;
  if (justFailed > 0) skipped['just-failed'] = justFailed;
  if (slow > 0) skipped.slow = slow;
  return skipped;
}
