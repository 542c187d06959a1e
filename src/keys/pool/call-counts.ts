import { type AttemptFailure, type FailureReason, isDoubtful } from '../../domain/failure.ts';
import type { KeyHealth } from '../../domain/key-state.ts';

/** How much one call moves the success rate: about the last eight calls count. */
const rateStep = 0.125;
const keptLatencies = 64;
/** The p95 is computed again after this many successes. */
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
