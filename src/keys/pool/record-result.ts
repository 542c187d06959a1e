import type { Accounts } from './accounts.ts';
import type { Call, Roster } from './provider-keys.ts';
import { FaultJudge } from './outlier-detection.ts';
import { isOut } from '../rules/key-state.ts';
import type { KeyLives } from './transitions.ts';
import type { Returned } from '../../domain/key-leases.ts';
import type { PoolTime } from './pool-clock.ts';
import type { PooledKey } from './pooled-key.ts';

type Succeeded = Extract<Returned, { kind: 'succeeded' }>;
type Failed = Extract<Returned, { kind: 'failed' }>;

/** What a call is thought to last before the first one was answered. */
const unknownCallMs = 20_000;

export type CallEndingsOptions = {
  readonly time: PoolTime;
  readonly lives: KeyLives;
  readonly accounts: Accounts;
};

/** Learns from the end of every call: what it says of the key, of its account's seats, and of the provider. */
export class CallEndings {
  readonly #time: PoolTime;
  readonly #lives: KeyLives;
  readonly #accounts: Accounts;
  readonly #judge: FaultJudge;

  constructor({ time, lives, accounts }: CallEndingsOptions) {
    this.#time = time;
    this.#lives = lives;
    this.#accounts = accounts;
    this.#judge = new FaultJudge(lives);
  }

  /** The call came back, be the key still in the pool or not. */
  ended(call: Call, returned: Returned): void {
    const { pooled, roster } = call;
    const upMs = this.#time.upMs();
    const carried = pooled.account.inFlight;
    pooled.inFlight -= 1;
    if (pooled.inPool) pooled.account.inFlight -= 1;
    if (returned.kind === 'unused') takeBackTurn(call);
    else {
      pooled.quietSinceUpMs = upMs;
      const { limit } = pooled.account;
      const { seats, ceiling } = limit;
      const isTold =
        returned.kind === 'succeeded'
          ? this.#succeeded(call, returned, carried, upMs)
          : this.#failed(call, returned, carried, upMs);
      const hasOtherSeats = limit.seats !== seats || limit.ceiling !== ceiling;
      if (!isTold || hasOtherSeats) this.#lives.changed(pooled, hasOtherSeats);
      if (hasOtherSeats) this.#lives.siblingsChanged(pooled);
    }
    roster.refresh(pooled.account);
    if (!pooled.inPool) return;
    this.#findOut(call, upMs, returned.kind !== 'unused');
    this.#lives.announce(roster.provider);
  }

  /** Answers whether the listeners know of the change already. */
  #succeeded(call: Call, returned: Succeeded, carried: number, upMs: number): boolean {
    const { pooled, roster } = call;
    const { ms, model, job } = returned;
    pooled.counts.succeeded(ms, this.#time.wallMs(upMs));
    roster.book.note(ms);
    pooled.noteLatency(roster.book, ms, upMs);
    if (model !== undefined) {
      const book = roster.openBook(model, job);
      if (book !== roster.book) {
        book.note(ms);
        pooled.noteLatency(book, ms, upMs);
      }
      pooled.openModel(model);
    }
    this.#judge.succeeded(call, model ?? '', upMs);
    pooled.lastSuccess.fromUpMs = call.fromUpMs;
    pooled.lastSuccess.toUpMs = upMs;
    const { limit } = pooled.account;
    if (roster.mechanisms.seatGrowth) limit.succeeded(carried, call.begunAs, call.fromUpMs);
    if (pooled.takes) {
      pooled.limitedInARow = 0;
      pooled.timedOutInARow = 0;
      pooled.ramp = pooled.ramp * 2 >= limit.seats ? Infinity : pooled.ramp * 2;
    }
    const parted = pooled.inPool ? this.#accounts.succeeded(pooled, roster) : [];
    const hasChanged = this.#lives.happen(roster, pooled, { kind: 'fine' });
    this.#movedAccounts(roster, parted);
    return hasChanged || parted.length > 0;
  }

  #failed(call: Call, { failure, model = '' }: Failed, carried: number, upMs: number): boolean {
    const { pooled, roster } = call;
    const nowMs = this.#time.wallMs(upMs);
    pooled.counts.failed(failure, nowMs);
    if (failure.reason === 'concurrency') return this.#crowded(call, carried, upMs);
    if (failure.reason === 'not-entitled') pooled.closeModel(model, nowMs);
    if (failure.reason === 'rate-limited' && pooled.takes) pooled.limitedInARow += 1;
    const verdict = this.#judge.failed(call, failure, model, upMs);
    const hasChanged = this.#lives.happen(roster, pooled, verdict);
    if (failure.reason === 'out-of-credit' && pooled.account.origin === 'configured') {
      for (const other of pooled.account.members) this.#lives.happen(roster, other, verdict);
    }
    return hasChanged;
  }

  /** One call too many: the smaller limit is the answer, unless the seat is taken by somebody else. */
  #crowded({ pooled, roster, fromUpMs, begunAs }: Call, carried: number, upMs: number): boolean {
    if (!roster.mechanisms.seatCeiling) {
      if (pooled.takes) pooled.limitedInARow += 1;
      return this.#lives.happen(roster, pooled, { kind: 'cool', reason: 'concurrency' });
    }
    const { limit } = pooled.account;
    const others = (carried > 1 ? carried : begunAs) - 1;
    limit.refused(others, this.#time.wallMs(upMs), upMs);
    this.#lives.mindTime(roster, pooled);
    if (others > 0 || !pooled.inPool) return false;
    if (pooled.takes) pooled.limitedInARow += 1;
    const now = { wallMs: this.#time.wallMs(upMs), upMs };
    const { changed, isSuspicious } = this.#accounts.refusedAlone(pooled, roster, fromUpMs, now);
    const callMs = roster.book.medianMs ?? unknownCallMs;
    const hasChanged = this.#lives.happen(
      roster,
      pooled,
      isSuspicious ? { kind: 'seat-taken', callMs } : { kind: 'cool', reason: 'concurrency' },
    );
    this.#movedAccounts(roster, changed);
    return hasChanged || changed.length > 0;
  }

  #movedAccounts(roster: Roster, moved: readonly PooledKey[]): void {
    for (const each of moved) {
      this.#lives.mindTime(roster, each);
      this.#lives.changed(each, true);
    }
  }

  /** A seat fell free: a key that was refused before may tell with it whose account it shares. */
  #findOut({ pooled, roster }: Call, upMs: number, isAnswered: boolean): void {
    if (isOut(pooled.state) && pooled.inFlight === 0) this.#lives.left(roster, pooled);
    if (!isAnswered) return;
    const refused = this.#accounts.guessFrom(pooled, roster, { wallMs: this.#time.wallMs(upMs), upMs });
    if (refused === undefined) return;
    this.#lives.happen(roster, refused, { kind: 'due' });
    this.#movedAccounts(roster, refused.account.members);
  }
}

/** A line that finds no job for its seat must not cost the key its turn, nor the look at a slow or a resting one. */
function takeBackTurn({ pooled, roster, why, turnBefore }: Call): void {
  if (why === 'half-open') roster.lastTrialAt = -Infinity;
  if (why === 'explored') roster.lastExploredAt = -Infinity;
  if (roster.lastPlace === pooled.key.place) roster.lastPlace = turnBefore;
  roster.handedOut -= 1;
}
