import type { Accounts } from './accounts.ts';
import type { Call, ProviderKeys } from './provider-keys.ts';
import type { DoubtfulRefusals } from './doubtful-refusals.ts';
import { OutlierDetector, PlanWatch } from './outlier-detection.ts';
import { isOut, coolsForWindow } from '../../domain/key-state.ts';
import type { KeyStateMachine } from './transitions.ts';
import { type AttemptFailure, isDoubtful } from '../../domain/failure.ts';
import type { LeaseResult } from '../../domain/key-leases.ts';
import type { PoolClock } from '../../kit/clock.ts';
import type { JobKind } from '../../domain/kinds.ts';
import { isCheapestKind, type PooledKey } from './pooled-key.ts';

type Succeeded = Extract<LeaseResult, { kind: 'succeeded' }>;
type Failed = Extract<LeaseResult, { kind: 'failed' }>;

/** The assumed duration of a call before the first success. */
const unknownCallMs = 20_000;
/** For how long a key is not asked for a model that its plan does not seem to include. */
const notInPlanMs = 6 * 3_600_000;

/** A refusal tells its wait in whole seconds, and reached us a moment after it was written. */
const windowSlackMs = 3_000;

export type CallRecorderOptions = {
  readonly time: PoolClock;
  readonly stateMachine: KeyStateMachine;
  readonly accounts: Accounts;
  readonly doubts: DoubtfulRefusals;
};

/** Records the result of every call: updates the key, the limit of its account and the provider's statistics. */
export class CallRecorder {
  readonly #time: PoolClock;
  readonly #stateMachine: KeyStateMachine;
  readonly #accounts: Accounts;
  readonly #doubts: DoubtfulRefusals;
  readonly #judge: OutlierDetector;
  readonly #plans = new PlanWatch();

  constructor({ time, stateMachine, accounts, doubts }: CallRecorderOptions) {
    this.#time = time;
    this.#stateMachine = stateMachine;
    this.#accounts = accounts;
    this.#doubts = doubts;
    this.#judge = new OutlierDetector(stateMachine);
  }

  /** Records the end of a call; the key may have left the pool. */
  ended(call: Call, returned: LeaseResult): void {
    const { pooled, providerKeys } = call;
    const monotonicMs = this.#time.monotonicMs();
    const inFlightAtEnd = pooled.account.inFlight;
    leaveSeat(pooled);
    if (returned.kind === 'unused') {
      takeBackTurn(call);
      this.#notSent(call);
      // What was stored while the seat was out would stay so until the key is used again.
      if (pooled.recordedInFlight > pooled.inFlight && pooled.inPool) this.#stateMachine.changed(pooled, false);
    } else {
      pooled.quietSinceMonotonicMs = monotonicMs;
      const { account } = pooled;
      const { limit } = account;
      const { seats, ceiling } = limit;
      if (returned.seats !== undefined) limit.tell(returned.seats);
      const hasLearned = this.#learnWindow(call, returned, this.#time.wallMs(monotonicMs));
      const isReported =
        returned.kind === 'succeeded'
          ? this.#succeeded(call, returned, inFlightAtEnd, monotonicMs)
          : this.#failed(call, returned, inFlightAtEnd, monotonicMs);
      if (!account.window.isUnknown) this.#stateMachine.mindWindow(providerKeys, pooled);
      const hasOtherSeats = hasLearned || limit.seats !== seats || limit.ceiling !== ceiling;
      if (!isReported || hasOtherSeats) this.#stateMachine.changed(pooled, hasOtherSeats);
      if (hasOtherSeats) this.#stateMachine.siblingsChanged(pooled);
    }
    providerKeys.refresh(pooled.account);
    if (!pooled.inPool) return;
    this.#tryGuess(call, monotonicMs, returned.kind !== 'unused');
    this.#stateMachine.announce(providerKeys.provider);
  }

  /** The seat was taken here, but not given at the store: its call was never made. No listener hears of the seat. */
  undone(call: Call): void {
    const { pooled, providerKeys } = call;
    leaveSeat(pooled);
    takeBackTurn(call);
    this.#notSent(call);
    providerKeys.refresh(pooled.account);
  }

  /** Records how many calls at once the account may carry, as the provider says outside of a call. */
  told(pooled: PooledKey, providerKeys: ProviderKeys, seats: number): void {
    const { limit } = pooled.account;
    const before = limit.seats;
    limit.tell(seats);
    if (limit.seats === before) return;
    this.#stateMachine.changed(pooled, true);
    this.#stateMachine.siblingsChanged(pooled);
    providerKeys.refresh(pooled.account);
    this.#stateMachine.announce(providerKeys.provider);
  }

  /** Returns whether the listeners were already notified. */
  #succeeded(call: Call, returned: Succeeded, inFlightAtEnd: number, monotonicMs: number): boolean {
    const { pooled, providerKeys } = call;
    const { ms, model, job } = returned;
    pooled.counts.succeeded(ms, this.#time.wallMs(monotonicMs));
    providerKeys.allCalls.note(ms);
    pooled.noteLatency(providerKeys.allCalls, ms, monotonicMs);
    if (model !== undefined) {
      const histogram = providerKeys.histogramFor(model, job);
      if (histogram !== providerKeys.allCalls) {
        histogram.note(ms);
        pooled.noteLatency(histogram, ms, monotonicMs);
      }
      pooled.unblock(model, job);
      this.#plans.succeeded(pooled.key.id, model);
    }
    this.#judge.succeeded(call, model ?? '', monotonicMs);
    pooled.lastSuccess.startedAtMonotonicMs = call.startedAtMonotonicMs;
    pooled.lastSuccess.toMonotonicMs = monotonicMs;
    const { limit } = pooled.account;
    // A call that waited at the provider for others of its account shows no room for one more.
    if (providerKeys.mechanisms.seatGrowth && returned.wasQueued !== true)
      limit.succeeded(inFlightAtEnd, call.inFlightAtStart, call.startedAtMonotonicMs);
    if (pooled.accusations.size > 0) this.#doubts.succeeded(call);
    if (pooled.acceptsCalls || coolsForWindow(pooled.state)) {
      pooled.limitedInARow = 0;
      pooled.timedOutInARow = 0;
      pooled.ramp = pooled.ramp * 2 >= limit.seats ? Infinity : pooled.ramp * 2;
    }
    const parted = pooled.inPool ? this.#accounts.succeeded(pooled, providerKeys) : [];
    const hasChanged = this.#stateMachine.apply(providerKeys, pooled, { kind: 'fine' });
    this.#movedAccounts(providerKeys, parted);
    return hasChanged || parted.length > 0;
  }

  #failed(call: Call, returned: Failed, inFlightAtEnd: number, monotonicMs: number): boolean {
    const { failure, model = '', job, jobId } = returned;
    const { pooled, providerKeys } = call;
    const nowMs = this.#time.wallMs(monotonicMs);
    pooled.counts.failed(failure, nowMs);
    if (failure.reason === 'concurrency') return this.#crowded(call, inFlightAtEnd, monotonicMs);
    if (failure.reason === 'not-entitled') pooled.blockModel(model, nowMs);
    if (failure.reason === 'rate-limited' && this.#isWindowShut(pooled, failure.retryAfterMs, nowMs)) return false;
    if (failure.reason === 'rate-limited' && this.#plans.limited(pooled.key.id, model, monotonicMs)) {
      // The key is fine for every other model, so it does not cool down.
      pooled.blockModel(model, nowMs, notInPlanMs);
      this.#stateMachine.notInPlan(pooled, model);
      return false;
    }
    if (failure.reason === 'rate-limited' && pooled.acceptsCalls) pooled.limitedInARow += 1;
    if (failure.blame !== 'provider' && isDoubtful(failure) && jobId !== undefined) {
      this.#doubts.refused(call, jobId, model, monotonicMs);
      return false;
    }
    const sharing = pooled.account.origin === 'configured' ? pooled.account.members : [pooled];
    if (failure.reason === 'out-of-credit' && failure.credit === 'this-model') {
      for (const each of sharing) each.limitModel(model, nowMs, failure.retryAfterMs);
      return false;
    }
    if (failure.reason === 'out-of-credit' && job !== undefined && isOfThisWork(failure, job)) {
      for (const each of sharing) each.limitCredit(model, job, nowMs, failure.retryAfterMs);
      return false;
    }
    const verdict = this.#judge.failed(call, failure, model, monotonicMs);
    const hasChanged = this.#stateMachine.apply(providerKeys, pooled, verdict);
    if (failure.reason === 'out-of-credit' && pooled.account.origin === 'configured') {
      for (const other of pooled.account.members) this.#stateMachine.apply(providerKeys, other, verdict);
    }
    return hasChanged;
  }

  /**
   * Learns of the window of the account what the answer says, and takes the refused call out of its count. Returns whether
   * something else is to be remembered now.
   */
  #learnWindow({ pooled, startedAtMonotonicMs }: Call, returned: Succeeded | Failed, nowMs: number): boolean {
    const { account } = pooled;
    const { window } = account;
    const failure = returned.kind === 'failed' ? returned.failure : undefined;
    const startMs = this.#time.wallMs(startedAtMonotonicMs);
    if (failure?.reason === 'rate-limited') pooled.starts.remove(startMs);
    let hasLearned = false;
    if (returned.window !== undefined && (failure === undefined || isOfTheKey(failure, returned.job))) {
      const laterCalls = account.starts().filter((ms) => ms > startMs).length;
      hasLearned = window.tell(returned.window, { nowMs, laterCalls, isRefusal: failure !== undefined });
    }
    if (window.isUnknown) return hasLearned;
    if (failure === undefined && account.inFlight === 0) window.carried(account.starts(), startMs);
    if (failure?.reason !== 'rate-limited' || failure.retryAfterMs === undefined) return hasLearned;
    const shutUntilMs = window.shutUntilMs(() => account.starts(), nowMs);
    // A window that ends before its first call is out of the span starts again, for all calls at once.
    if (shutUntilMs !== undefined && nowMs + failure.retryAfterMs + windowSlackMs < shutUntilMs) {
      for (const member of account.members) member.starts.clear();
    }
    return hasLearned;
  }

  /** True when the refusal tells no more than that as many calls were sent as the window takes. */
  #isWindowShut({ account }: PooledKey, retryAfterMs: number | undefined, nowMs: number): boolean {
    if (account.window.isUnknown) return false;
    const untilMs = account.window.shutUntilMs(() => account.starts(), nowMs);
    return untilMs !== undefined && nowMs + (retryAfterMs ?? 0) <= untilMs;
  }

  #notSent({ pooled, providerKeys, startedAtMonotonicMs }: Call): void {
    pooled.starts.remove(this.#time.wallMs(startedAtMonotonicMs));
    if (pooled.account.window.isUnknown) return;
    pooled.account.window.notSent();
    this.#stateMachine.mindWindow(providerKeys, pooled);
  }

  /** Handles a concurrency refusal: lowers the limit, unless another key occupies the seat. */
  #crowded(
    { pooled, providerKeys, startedAtMonotonicMs, inFlightAtStart }: Call,
    inFlightAtEnd: number,
    monotonicMs: number,
  ): boolean {
    if (!providerKeys.mechanisms.seatCeiling) {
      if (pooled.acceptsCalls) pooled.limitedInARow += 1;
      return this.#stateMachine.apply(providerKeys, pooled, { kind: 'cool', reason: 'concurrency' });
    }
    const { limit } = pooled.account;
    const others = (inFlightAtEnd > 1 ? inFlightAtEnd : inFlightAtStart) - 1;
    limit.refused(others, this.#time.wallMs(monotonicMs), monotonicMs);
    this.#stateMachine.mindTime(providerKeys, pooled);
    if (others > 0 || !pooled.inPool) return false;
    if (pooled.acceptsCalls) pooled.limitedInARow += 1;
    const now = { wallMs: this.#time.wallMs(monotonicMs), monotonicMs };
    const { changed, isSuspicious } = this.#accounts.refusedWhileIdle(pooled, providerKeys, startedAtMonotonicMs, now);
    const callMs = providerKeys.allCalls.medianMs ?? unknownCallMs;
    const hasChanged = this.#stateMachine.apply(
      providerKeys,
      pooled,
      isSuspicious ? { kind: 'seat-taken', callMs } : { kind: 'cool', reason: 'concurrency' },
    );
    this.#movedAccounts(providerKeys, changed);
    return hasChanged || changed.length > 0;
  }

  #movedAccounts(providerKeys: ProviderKeys, moved: readonly PooledKey[]): void {
    for (const each of moved) {
      this.#stateMachine.mindTime(providerKeys, each);
      this.#stateMachine.changed(each, true);
    }
  }

  /** After a seat became free: lets a refused key test whether it shares the account. */
  #tryGuess({ pooled, providerKeys }: Call, monotonicMs: number, isAnswered: boolean): void {
    if (isOut(pooled.state) && pooled.inFlight === 0) this.#stateMachine.left(providerKeys, pooled);
    if (!isAnswered) return;
    const refused = this.#accounts.guessFrom(pooled, providerKeys, {
      wallMs: this.#time.wallMs(monotonicMs),
      monotonicMs,
    });
    if (refused === undefined) return;
    this.#stateMachine.apply(providerKeys, refused, { kind: 'due' });
    this.#movedAccounts(providerKeys, refused.account.members);
  }
}

function leaveSeat(pooled: PooledKey): void {
  pooled.inFlight -= 1;
  if (pooled.inPool) pooled.account.inFlight -= 1;
}

/** An unused lease does not consume the turn of the key, nor its trial or exploration. */
function takeBackTurn({ pooled, providerKeys, why, turnBefore }: Call): void {
  if (why === 'half-open') providerKeys.lastTrialAt = -Infinity;
  if (why === 'explored') providerKeys.lastExploredAt = -Infinity;
  if (providerKeys.lastPlace === pooled.key.place) providerKeys.lastPlace = turnBefore;
  providerKeys.handedOut -= 1;
}

/** True when a refusal for its number of calls is about all calls of the key. */
function isOfTheKey(failure: AttemptFailure, job: JobKind | undefined): boolean {
  if (failure.reason === 'rate-limited') return true;
  if (failure.reason !== 'out-of-credit' || failure.credit === 'this-model') return false;
  return job === undefined || !isOfThisWork(failure, job);
}

/** True when the account lacks credit for work of this kind or price, which says nothing about cheaper work. */
function isOfThisWork(failure: Extract<AttemptFailure, { reason: 'out-of-credit' }>, job: JobKind): boolean {
  if (failure.credit === undefined) return !isCheapestKind(job);
  return failure.credit === 'this-price';
}
