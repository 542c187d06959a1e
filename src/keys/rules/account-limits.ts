import type { SeatRecord, ToldWindow, WindowRecord } from '../../domain/key-state.ts';
import { afterCall, type CountedSpan, givenBack, maxWindowCalls } from './call-statistics.ts';

type Ceiling = NonNullable<SeatRecord['ceiling']>;

const firstHoldMs = 60_000;
export const maxHoldMs = 3_600_000;

/** The upper bound without a configured maximum. */
export const defaultMaxSeats = 64;

/**
 * The number of concurrent calls of an account: AIMD (additive increase) with a remembered ceiling:
 *
 *     the limit binds and a call succeeds ──► a fraction of a seat more (one whole seat a round)
 *     one too many is refused ──► what was carried without it, remembered as the ceiling
 *     at the ceiling ──► nothing grows for a while; then exactly one more is tried
 *         └──refused──► the ceiling again, for twice as long
 *         └──carried──► no ceiling any more
 *
 * Where the provider tells how many the account may carry, that many are carried at once and never more; refusals lower
 * the limit all the same, since others may use the account.
 */
export class ConcurrencyLimit {
  #limit: number;
  #ceiling: Ceiling | undefined;
  #max: number;
  #told: number | undefined;
  /** Time of the last refusal: a call sent before it does not disprove the ceiling. */
  #refusedMonotonicMs = -Infinity;
  /** The integer part of the limit. */
  seats: number;

  constructor(record: SeatRecord, max = defaultMaxSeats) {
    this.#max = max;
    this.#told = record.told;
    this.#limit = this.#within(record.limit);
    this.#ceiling = record.ceiling;
    this.seats = Math.floor(this.#limit);
  }

  record(): SeatRecord {
    return {
      limit: this.#limit,
      ...(this.#ceiling === undefined ? {} : { ceiling: this.#ceiling }),
      ...(this.#told === undefined ? {} : { told: this.#told }),
    };
  }

  get ceiling(): Ceiling | undefined {
    return this.#ceiling;
  }

  /** When one call above the ceiling may be tried; Infinity without a ceiling or during the trial. */
  get tryAtMs(): number {
    const ceiling = this.#ceiling;
    const mayTry = ceiling !== undefined && this.seats <= ceiling.seats && ceiling.seats < this.#within(Infinity);
    return mayTry ? ceiling.tryAtMs : Infinity;
  }

  /** Opens one seat above the ceiling once it is due. Returns whether it did. */
  review(nowMs: number): boolean {
    const ceiling = this.#ceiling;
    if (ceiling === undefined || nowMs < this.tryAtMs) return false;
    this.#set(ceiling.seats + 1);
    return true;
  }

  /**
   * A call succeeded: `inFlightAtEnd` calls were in flight when it ended, `inFlightAtStart` when it began, itself included. Only a call
   * that was sent as the one above the ceiling shows that there is none. Calls do not reach the provider in the order in
   * which they were counted, so one that was sent before the refusal may simply be the one that was served.
   */
  succeeded(inFlightAtEnd: number, inFlightAtStart: number, begunMonotonicMs: number): void {
    if (this.#ceiling !== undefined) {
      if (inFlightAtStart <= this.#ceiling.seats || begunMonotonicMs <= this.#refusedMonotonicMs) return;
      this.#ceiling = undefined;
    }
    if (inFlightAtEnd >= this.seats || inFlightAtStart >= this.seats) this.#set(this.#limit + 1 / this.#limit);
  }

  /** A call was refused because others were under way, at most `carried` of them ours. */
  refused(inFlightAtEnd: number, nowMs: number, monotonicMs: number): void {
    this.#refusedMonotonicMs = monotonicMs;
    const seats = Math.max(1, Math.min(this.seats, inFlightAtEnd));
    const before = this.#ceiling;
    // Simultaneous refusals count once: the hold grows only after a failed trial.
    const holdMs =
      before === undefined
        ? firstHoldMs
        : nowMs < before.tryAtMs
          ? before.holdMs
          : Math.min(maxHoldMs, before.holdMs * 2);
    this.#ceiling = { seats, tryAtMs: nowMs + holdMs, holdMs };
    this.#set(seats);
  }

  /** The provider says how many calls the account may carry. What it has said before changes nothing. */
  tell(seats: number): void {
    if (seats === this.#told || !Number.isInteger(seats) || seats < 1) return;
    this.#told = seats;
    this.#ceiling = undefined;
    this.#set(seats);
  }

  /** Sets the configured maximum. */
  setMax(max: number): void {
    this.#max = max;
    this.#set(this.#limit);
  }

  shift(byMs: number): void {
    const ceiling = this.#ceiling;
    if (ceiling !== undefined) this.#ceiling = { ...ceiling, tryAtMs: ceiling.tryAtMs + byMs };
  }

  #set(limit: number): void {
    this.#limit = this.#within(limit);
    this.seats = Math.floor(this.#limit);
  }

  /** At least one, and no more than is configured or told. */
  #within(limit: number): number {
    return Math.max(1, Math.min(this.#max, this.#told ?? Infinity, limit));
  }
}

const dayMs = 86_400_000;
/** A longer span may begin at a time of day, which words do not tell: its refusals state their wait. */
const maxLengthMs = 3_600_000;
/** How long a count of the day is believed that no refusal names any more. */
const believedMs = 3 * dayMs;
const maxDailyCalls = 1_000_000;

/** A count of a day or so that a refusal named; the span after `untilMs` begins with its first call. */
type Daily = NonNullable<WindowRecord['daily']>;

type Learned = Pick<WindowRecord, 'limit' | 'lengthMs' | 'untilMs'>;

/**
 * How many calls an account may send in a span of time, as its provider says, in three ways that hold side by side:
 *
 *     a refusal says "5 per minute" ──► never more than 5 calls begin within any minute
 *         └──no refusal says so for a day, or more succeeded──► forgotten
 *     a refusal says "100 per day, new ones at 12:00" ──► none before 12:00; from then on counted down from the first call
 *         └──no refusal says so for three days──► forgotten
 *     an answer says "2 left, new ones at 12:00" ──► counted down; none after the last before 12:00
 *         └──the next answer──► its count instead
 *
 * Times are milliseconds since 1970. Nothing said here closes an account for more than a day, and a count without a time
 * closes nothing.
 */
export class CallWindow {
  #learned: Learned | undefined;
  #told: CountedSpan | undefined;
  #daily: Daily | undefined;

  constructor(record?: WindowRecord) {
    if (record === undefined) return;
    const { limit, lengthMs, untilMs, daily } = record;
    if (daily !== undefined && isDaily(daily)) this.#daily = daily;
    if (isLength(lengthMs) && isLimit(limit)) this.#learned = { limit, lengthMs, untilMs };
  }

  copy(): CallWindow {
    const copy = new CallWindow();
    copy.#learned = this.#learned;
    copy.#daily = this.#daily;
    copy.#told = this.#told;
    return copy;
  }

  /** True when nothing is known, as of most accounts. */
  get isUnknown(): boolean {
    return this.#learned === undefined && this.#told === undefined && this.#daily === undefined;
  }

  /** What was learned, for the record of a key that began its calls at `starts`; undefined when nothing was. */
  record(starts: readonly number[], nowMs: number): WindowRecord | undefined {
    const learned = this.#learned;
    const daily = this.#daily === undefined ? {} : { daily: this.#daily };
    if (learned === undefined) return this.#daily && { limit: 0, lengthMs: 0, untilMs: 0, starts: [], ...daily };
    return { ...learned, ...daily, starts: starts.filter((ms) => ms > nowMs - spanMs(learned)).slice(-learned.limit) };
  }

  /**
   * Until when no further call may be sent, in milliseconds since 1970; undefined when one may be sent now. `starts` tells
   * when the calls of the account began, oldest first, without those that were refused.
   */
  shutUntilMs(starts: () => readonly number[], nowMs: number): number | undefined {
    const [told, daily] = [this.#told, this.#daily];
    const toldMs = told !== undefined && told.left <= 0 ? told.untilMs : 0;
    const dailyMs = daily !== undefined && daily.left <= 0 && nowMs < daily.forgottenAtMs ? daily.untilMs : 0;
    const learned = this.#learned;
    let learnedMs = 0;
    if (learned !== undefined && nowMs < learned.untilMs) {
      const oldestMs = starts().at(-learned.limit);
      if (oldestMs !== undefined) learnedMs = oldestMs + spanMs(learned);
    }
    const untilMs = Math.max(toldMs, dailyMs, learnedMs);
    return untilMs > nowMs ? untilMs : undefined;
  }

  /** A call is about to be sent. */
  sent(nowMs: number): void {
    if (this.#told !== undefined) this.#told = afterCall(this.#told, nowMs);
    if (this.#daily !== undefined) {
      this.#daily = nowMs < this.#daily.forgottenAtMs ? afterCall(this.#daily, nowMs) : undefined;
    }
  }

  /** A call that was taken for sent was not. */
  notSent(): void {
    if (this.#told !== undefined) this.#told = givenBack(this.#told);
    if (this.#daily !== undefined) this.#daily = givenBack(this.#daily);
  }

  /**
   * An answer says this. `laterCalls` began after its call: the provider may not have counted them. A refusal with calls
   * left is about another limit. Returns whether something else is to be remembered now.
   */
  tell(said: ToldWindow, { nowMs, laterCalls, isRefusal }: TellContext): boolean {
    const before = this.#learned;
    const { limit, remaining, resetsAtMs, lengthMs } = said;
    if (isRefusal && isLength(lengthMs) && isLimit(limit)) {
      this.#learned = { limit, lengthMs, untilMs: nowMs + dayMs };
    }
    if (isRefusal && remaining === undefined && lengthMs !== undefined) {
      // Without a time the key is asked again by and by; the call that is carried begins the next span.
      const untilMs = isWithin(resetsAtMs, nowMs + 1, nowMs + dayMs) ? resetsAtMs : nowMs;
      const daily = { limit, left: 0, untilMs, lengthMs, forgottenAtMs: nowMs + believedMs };
      if (isDaily(daily)) {
        this.#daily = daily;
        return true;
      }
    }
    const isCount = Number.isInteger(limit) && limit >= 1 && isWithin(remaining, 0, limit);
    if (!isCount || !isWithin(resetsAtMs, nowMs + 1, nowMs + dayMs) || (isRefusal && remaining > 0)) {
      return this.#learned !== before;
    }
    const restMs = resetsAtMs - nowMs;
    const seenMs = this.#told?.limit === limit ? this.#told.lengthMs : 0;
    this.#told = { limit, left: remaining - laterCalls, untilMs: resetsAtMs, lengthMs: Math.max(seenMs, restMs) };
    const learned = this.#learned;
    // More than was learned is allowed in no more time.
    if (learned !== undefined && limit > learned.limit && restMs <= learned.lengthMs && remaining > 0) {
      this.#learned = undefined;
    }
    return this.#learned !== before;
  }

  /** A call that began at `startMs` was carried, and none is under way: more than the limit of them refute it. */
  carried(starts: readonly number[], startMs: number): void {
    const learned = this.#learned;
    if (learned === undefined) return;
    const count = starts.filter((ms) => ms > startMs - learned.lengthMs && ms <= startMs).length;
    if (count > learned.limit) this.#learned = undefined;
  }

  forget(): void {
    this.#learned = undefined;
    this.#told = undefined;
    this.#daily = undefined;
  }

  /** Moves every time by `byMs`, after the system clock was set. */
  shift(byMs: number): void {
    if (this.#learned !== undefined) this.#learned = { ...this.#learned, untilMs: this.#learned.untilMs + byMs };
    if (this.#told !== undefined) this.#told = { ...this.#told, untilMs: this.#told.untilMs + byMs };
    if (this.#daily !== undefined) {
      const { untilMs, forgottenAtMs } = this.#daily;
      this.#daily = { ...this.#daily, untilMs: untilMs + byMs, forgottenAtMs: forgottenAtMs + byMs };
    }
  }
}

type TellContext = { readonly nowMs: number; readonly laterCalls: number; readonly isRefusal: boolean };

/** A call reaches the provider somewhat later than it began here, and the next one perhaps sooner. */
function spanMs({ lengthMs }: Learned): number {
  return lengthMs + Math.min(1_000, lengthMs / 20);
}

function isDaily({ limit, lengthMs, left, untilMs, forgottenAtMs }: Daily): boolean {
  const isCount = Number.isInteger(limit) && isWithin(limit, 1, maxDailyCalls) && left <= limit;
  return isCount && lengthMs > maxLengthMs && lengthMs <= dayMs && Number.isFinite(untilMs + forgottenAtMs);
}

function isLimit(limit: number): boolean {
  return Number.isInteger(limit) && isWithin(limit, 1, maxWindowCalls);
}

function isLength(lengthMs: number | undefined): lengthMs is number {
  return isWithin(lengthMs, 1_000, maxLengthMs);
}

function isWithin(value: number | undefined, least: number, most: number): value is number {
  return value !== undefined && value >= least && value <= most;
}
