import { type AttemptFailure, type FailureReason, isDoubtful } from '../../domain/failure.ts';
import type { KeyHealth, ToldSpan } from '../../domain/key-state.ts';

/** How much one call moves the success rate: about the last eight calls count. */
const rateStep = 0.125;
const keptLatencies = 64;
/** A percentile is computed again after this many samples. */
const sortEvery = 16;
const dayMs = 86_400_000;

type Errors = Readonly<Partial<Record<FailureReason, number>>>;

/** Counts the calls of a key and their results, starting from the counts of earlier runs. */
export class CallCounts {
  calls = 0;
  consecutiveErrors = 0;
  lastUsedMs: number | undefined;
  #successes = 0;
  #errors: Errors = {};
  #callsToday = 0;
  #day = 0;
  #judged = 0;
  #rate = 0;
  lastError: KeyHealth['lastError'];
  #latencies: Float64Array | undefined;
  #timed = 0;
  #sumMs = 0;
  #p95Ms: number | undefined;
  #meanBeforeMs: number | undefined;

  constructor(remembered?: KeyHealth) {
    if (remembered === undefined) return;
    this.calls = remembered.calls;
    this.consecutiveErrors = remembered.consecutiveErrors;
    this.lastUsedMs = remembered.lastUsedMs;
    this.#successes = remembered.successes;
    this.#errors = remembered.errors;
    this.#callsToday = remembered.callsToday;
    this.#day = remembered.day;
    this.#judged = remembered.successRate === undefined ? 0 : remembered.calls;
    this.#rate = remembered.successRate ?? 0;
    this.lastError = remembered.lastError;
    this.#meanBeforeMs = remembered.meanLatencyMs;
    this.#p95Ms = remembered.p95LatencyMs;
  }

  succeeded(ms: number, nowMs: number): void {
    this.#called(nowMs);
    this.#successes += 1;
    this.consecutiveErrors = 0;
    this.#judge(1);
    this.#latencies ??= new Float64Array(keptLatencies);
    const at = this.#timed % keptLatencies;
    this.#sumMs += ms - (this.#timed < keptLatencies ? 0 : (this.#latencies[at] ?? 0));
    this.#latencies[at] = ms;
    this.#timed += 1;
    if (this.#timed < sortEvery || this.#timed % sortEvery === 0) this.#p95Ms = this.#p95();
  }

  /** A failure that the request or the model caused, or may have, does not change the success rate of the key. */
  failed(failure: AttemptFailure, nowMs: number): void {
    const { blame, reason } = failure;
    this.#called(nowMs);
    this.#errors = { ...this.#errors, [reason]: (this.#errors[reason] ?? 0) + 1 };
    this.lastError = { reason, atMs: nowMs };
    if (blame === 'request' || blame === 'model' || isDoubtful(failure)) return;
    this.consecutiveErrors += 1;
    this.#judge(0);
  }

  health(nowMs: number): KeyHealth {
    const day = Math.floor(nowMs / dayMs);
    const meanLatencyMs = this.#timed > 0 ? this.#sumMs / Math.min(this.#timed, keptLatencies) : this.#meanBeforeMs;
    return {
      calls: this.calls,
      successes: this.#successes,
      errors: this.#errors,
      consecutiveErrors: this.consecutiveErrors,
      callsToday: day === this.#day ? this.#callsToday : 0,
      day,
      ...(this.#judged > 0 ? { successRate: this.#rate } : undefined),
      ...(meanLatencyMs === undefined ? undefined : { meanLatencyMs }),
      ...(this.#p95Ms === undefined ? undefined : { p95LatencyMs: this.#p95Ms }),
      ...(this.lastUsedMs === undefined ? undefined : { lastUsedMs: this.lastUsedMs }),
      ...(this.lastError === undefined ? undefined : { lastError: this.lastError }),
    };
  }

  shift(byMs: number): void {
    if (this.lastUsedMs !== undefined) this.lastUsedMs += byMs;
    if (this.lastError !== undefined) this.lastError = { ...this.lastError, atMs: this.lastError.atMs + byMs };
  }

  #called(nowMs: number): void {
    const day = Math.floor(nowMs / dayMs);
    this.#callsToday = day === this.#day ? this.#callsToday + 1 : 1;
    this.#day = day;
    this.calls += 1;
    this.lastUsedMs = nowMs;
  }

  /** The first calls have equal weight; afterwards the rate is a moving average. */
  #judge(outcome: 0 | 1): void {
    this.#judged += 1;
    this.#rate += (outcome - this.#rate) * Math.max(rateStep, 1 / this.#judged);
  }

  #p95(): number | undefined {
    const sorted = this.#latencies?.slice(0, Math.min(this.#timed, keptLatencies)).sort();
    return sorted?.[Math.ceil(0.95 * sorted.length) - 1];
  }
}

/** Enough for a p99 that means something. */
const keptSamples = 200;

/** How long the last successful calls took, of all keys together, for one model and kind of job. */
export class LatencyHistogram {
  /** Where keys keep their own expectation of the same calls. */
  readonly index: number;
  readonly #ring = new Float64Array(keptSamples);
  #count = 0;
  #sorted = new Float64Array(0);
  #sortedAt = 0;

  constructor(index: number) {
    this.index = index;
  }

  get samples(): number {
    return Math.min(this.#count, keptSamples);
  }

  note(ms: number): void {
    this.#ring[this.#count % keptSamples] = ms;
    this.#count += 1;
  }

  /** What the middle one of them took; undefined before the first. */
  get medianMs(): number | undefined {
    return this.#quantile(0.5);
  }

  get p99Ms(): number | undefined {
    return this.#quantile(0.99);
  }

  #quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    if (this.#sortedAt === 0 || this.#count - this.#sortedAt >= Math.min(sortEvery, this.#sortedAt)) {
      this.#sorted = this.#ring.slice(0, this.samples).sort();
      this.#sortedAt = this.#count;
    }
    return this.#sorted[Math.ceil(share * this.#sorted.length) - 1];
  }
}

/** Faster calls are believed little by little, over about this time. */
const decayMs = 10_000;

/** A moving average that takes a slower call at once and a faster one with time, so that a slow key is left quickly. */
export class PeakEwma {
  ms: number;
  #atMonotonicMs: number;

  constructor(ms: number, monotonicMs: number) {
    this.ms = ms;
    this.#atMonotonicMs = monotonicMs;
  }

  note(ms: number, monotonicMs: number): void {
    this.ms = ms >= this.ms ? ms : ms + (this.ms - ms) * Math.exp((this.#atMonotonicMs - monotonicMs) / decayMs);
    this.#atMonotonicMs = monotonicMs;
  }
}

/** Before a limit is known, this many of the last calls are remembered, so that it holds from its first refusal on. */
const usuallyKept = 32;

/** More calls than these in one window are not counted: the provider's own refusals are then the limit. */
export const maxWindowCalls = 200;

/** One call more is sent: the first one after the end of a span begins the next one. */
export function afterCall<Span extends ToldSpan>(span: Span, nowMs: number): Span {
  const { limit, lengthMs, left, untilMs } = span;
  return nowMs < untilMs ? { ...span, left: left - 1 } : { ...span, left: limit - 1, untilMs: nowMs + lengthMs };
}

export function givenBack<Span extends ToldSpan>(span: Span): Span {
  return { ...span, left: Math.min(span.limit, span.left + 1) };
}

/** When the last calls of one key began, in milliseconds since 1970, oldest first; refused calls are taken out. */
export class CallStarts {
  #starts: number[];

  constructor(starts: readonly number[] = []) {
    this.#starts = [...starts].sort((a, b) => a - b);
  }

  get all(): readonly number[] {
    return this.#starts;
  }

  /** `isCounted` where a limit is known: then as many are kept as a limit may have. */
  add(ms: number, isCounted: boolean): void {
    this.#starts.push(ms);
    const kept = isCounted ? maxWindowCalls : usuallyKept;
    if (this.#starts.length >= 2 * kept) this.#starts = this.#starts.slice(-kept);
  }

  /** Takes out one call that began then; one that is not known any more changes nothing. */
  remove(ms: number): void {
    const at = this.#starts.lastIndexOf(ms);
    if (at >= 0) this.#starts.splice(at, 1);
  }

  clear(): void {
    this.#starts = [];
  }

  shift(byMs: number): void {
    this.#starts = this.#starts.map((ms) => ms + byMs);
  }
}
