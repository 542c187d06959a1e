import type { JobId, KeyId } from '../../domain/ids.ts';
import type { Random } from '../../kit/backoff.ts';

/** A call that failed through the provider's or the network's fault. */
export type Fault = {
  readonly keyId: KeyId;
  readonly model: string;
  readonly jobId: JobId;
};

/** A streak whose last fault is older than this no longer counts. */
const maxAgeMs = 60_000;
/** The smoothing factor of the usual fault rate: about the last fifty calls count. */
const step = 0.02;
const minFaultRate = 0.05;
const maxChance = 0.0001;

/**
 * The provider's consecutive faults since its last success, and its usual fault rate before them. Four faults in a row
 * are normal for a provider that fails seven calls in ten, and a sign of an outage for one that almost never fails.
 */
export class FailureStreak {
  readonly #lastFaultMs = new Map<KeyId, number>();
  #first: Fault | undefined;
  #firstMs = 0;
  #isOfOneModel = true;
  #isOfOneJob = true;
  #length = 0;
  #newestMs = 0;
  #usualRate = 0.5;

  get length(): number {
    return this.#length;
  }

  /** The model of all its calls; undefined when there were several models. */
  get onlyModel(): string | undefined {
    return this.#isOfOneModel ? this.#first?.model : undefined;
  }

  /** True when all faults come from one job, whose request may be their cause. */
  get isOfOneJob(): boolean {
    return this.#isOfOneJob;
  }

  /** When its first fault happened. */
  get sinceMs(): number {
    return this.#firstMs;
  }

  noteFault(fault: Fault, nowMs: number): void {
    if (nowMs - this.#newestMs > maxAgeMs) this.forget();
    if (this.#first === undefined) this.#firstMs = nowMs;
    this.#first ??= fault;
    this.#isOfOneModel &&= fault.model === this.#first.model;
    this.#isOfOneJob &&= fault.jobId === this.#first.jobId;
    this.#lastFaultMs.set(fault.keyId, nowMs);
    this.#newestMs = nowMs;
    this.#length += 1;
  }

  /** Ends the streak and adds its faults to the usual fault rate. */
  noteSuccess(): void {
    if (this.#length > 0) {
      this.#usualRate = 1 - (1 - this.#usualRate) * (1 - step) ** this.#length;
      this.forget();
    }
    this.#usualRate *= 1 - step;
  }

  /** How many keys failed in this streak at or after that time. */
  keysSince(ms: number): number {
    let keys = 0;
    for (const atMs of this.#lastFaultMs.values()) if (atMs >= ms) keys += 1;
    return keys;
  }

  /** True when only these keys failed in this streak. */
  isOnlyOf(keys: ReadonlySet<KeyId>): boolean {
    for (const keyId of this.#lastFaultMs.keys()) if (!keys.has(keyId)) return false;
    return true;
  }

  /** True when a streak of this length has a chance of at most 1 in 10 000 at the usual fault rate. */
  get isUnlikelyByChance(): boolean {
    return Math.max(minFaultRate, this.#usualRate) ** this.#length <= maxChance;
  }

  /** Drops the streak without counting it: an outage is not part of the usual fault rate. */
  forget(): void {
    this.#lastFaultMs.clear();
    this.#first = undefined;
    this.#isOfOneModel = true;
    this.#isOfOneJob = true;
    this.#length = 0;
  }
}

const minWaitMs = 1_000;
const maxWaitMs = 5_000;

/** Schedules the probes of a provider that is down: one call at a time, with longer waits after each failed probe. */
export class HalfOpenSchedule {
  readonly #monotonicMs: () => number;
  readonly #random: Random;
  #isRunning = false;
  #failed = 0;
  #dueMs = 0;

  constructor(monotonicMs: () => number, random: Random) {
    this.#monotonicMs = monotonicMs;
    this.#random = random;
  }

  /** The wait until the next probe may start; while one runs, the wait until the next check. */
  get inMs(): number {
    return this.#isRunning ? minWaitMs : Math.max(0, this.#dueMs - this.#monotonicMs());
  }

  get isDue(): boolean {
    return !this.#isRunning && this.#monotonicMs() >= this.#dueMs;
  }

  begin(): void {
    this.#isRunning = true;
  }

  /** Ends the probe. A failed one delays the next; one without a verdict on the provider leaves the next one due. */
  end(failed: boolean): void {
    this.#isRunning = false;
    if (!failed) return;
    this.#failed += 1;
    this.#dueMs = this.#monotonicMs() + probeWaitMs(this.#failed, this.#random);
  }

  /** Starts again with the shortest wait: the breaker has just opened, or a probe has just succeeded. */
  restart(): void {
    this.#failed = 0;
    this.#dueMs = this.#monotonicMs() + probeWaitMs(0, this.#random);
  }
}

/** Returns 1 to 5 s, in milliseconds: doubled after each failed probe, jittered by 25 % in both directions. */
export function probeWaitMs(failedProbes: number, random: Random): number {
  const jittered = minWaitMs * 2 ** Math.min(failedProbes, 9) * (0.75 + random() / 2);
  return Math.round(Math.min(maxWaitMs, Math.max(minWaitMs, jittered)));
}
