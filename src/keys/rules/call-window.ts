import type { ToldSpan, ToldWindow, WindowRecord } from '../../domain/key-state.ts';
import { afterCall, givenBack, maxWindowCalls } from './call-statistics.ts';

const dayMs = 86_400_000;
/** A longer span may begin at a time of day, which words do not tell: its refusals state their wait. */
const maxLengthMs = 3_600_000;
/** How long a count of the day is believed that no refusal names any more. */
const believedMs = 3 * dayMs;
const maxDailyCalls = 1_000_000;
/** Two clocks name the end of one span with no greater difference. */
const sameSpanMs = 2_000;

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
  #told: ToldSpan | undefined;
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

  /** What is shared of it, besides when its calls began; undefined where nothing is known. */
  shared(): { readonly window?: Omit<WindowRecord, 'starts'>; readonly told?: ToldSpan } {
    const { starts: _starts, ...window } = this.record([], 0) ?? { starts: [] };
    return {
      ...('limit' in window ? { window } : {}),
      ...(this.#told === undefined ? {} : { told: this.#told }),
    };
  }

  /**
   * Takes over what another process learned, whose clock this one is ahead of by so much. Of two counts of the same span the
   * lower one holds.
   */
  takeOver({ window, told }: ReturnType<CallWindow['shared']>, aheadMs: number): void {
    const other = new CallWindow(window === undefined ? undefined : { ...window, starts: [] });
    other.#told = told;
    other.shift(aheadMs);
    this.#learned = other.#learned;
    this.#daily = lower(other.#daily, this.#daily);
    this.#told = lower(other.#told, this.#told) ?? this.#told;
  }

  /** How many calls of others have begun. */
  sentElsewhere(calls: number, nowMs: number): void {
    for (let count = 0; count < calls; count += 1) this.sent(nowMs);
  }

  /** The learned limit of calls in a span, as long as it is believed. */
  limitAt(nowMs: number): { readonly calls: number; readonly spanMs: number } | undefined {
    const learned = this.#learned;
    if (learned === undefined || nowMs >= learned.untilMs) return undefined;
    return { calls: learned.limit, spanMs: spanMs(learned) };
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

/** The newer span, with the lower of the two counts where both are of the same one. */
function lower<Span extends ToldSpan>(theirs: Span | undefined, own: Span | undefined): Span | undefined {
  if (theirs === undefined || own === undefined || theirs.limit !== own.limit) return theirs;
  if (Math.abs(theirs.untilMs - own.untilMs) < sameSpanMs) return { ...theirs, left: Math.min(theirs.left, own.left) };
  return theirs.untilMs > own.untilMs ? theirs : own;
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
