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

  /** How long other processes leave the provider alone after a probe, as this one would. */
  get restMs(): number {
    return probeWaitMs(this.#failed, () => 0);
  }

  begin(): void {
    this.#isRunning = true;
  }

  /** Another process makes the probe. */
  postpone(): void {
    this.#isRunning = false;
    this.#dueMs = this.#monotonicMs() + minWaitMs;
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

const windowMs = 10_000;
/** This many keys, or half of them if these are fewer, are refused by a provider that refuses all. */
const enoughKeys = 4;
const maxKept = 64;

type Refusal = Fault & { readonly atMs: number };

/**
 * The provider's consecutive refusals since its last success whose cause may be the key, the request or the provider.
 * Several jobs refused with several keys within seconds, and nothing served meanwhile: no key and no request is at fault.
 */
export class RefusalStreak {
  #refusals: readonly Refusal[] = [];

  note(fault: Fault, nowMs: number): void {
    const recent = this.#refusals.filter(({ atMs }) => atMs >= nowMs - windowMs);
    this.#refusals = [...recent.slice(1 - maxKept), { ...fault, atMs: nowMs }];
  }

  /** Drops the refusals of a job: its request was at fault. */
  retract(jobId: JobId): void {
    if (this.#refusals.length > 0) this.#refusals = this.#refusals.filter((one) => one.jobId !== jobId);
  }

  clear(): void {
    if (this.#refusals.length > 0) this.#refusals = [];
  }

  /** The model of all its calls; undefined when there were several models. */
  get onlyModel(): string | undefined {
    const models = new Set(this.#refusals.map(({ model }) => model));
    return models.size === 1 ? this.#refusals[0]?.model : undefined;
  }

  /** True when the provider refuses whatever is asked with whichever key; `keys` of it accept calls. */
  isOfProvider(keys: number): boolean {
    const jobs = new Set(this.#refusals.map(({ jobId }) => jobId));
    const refused = new Set(this.#refusals.map(({ keyId }) => keyId));
    return jobs.size >= 2 && refused.size >= Math.max(2, Math.min(enoughKeys, Math.ceil(keys / 2)));
  }

  /** True when two calls, with two keys where there are two, met the refusal. */
  isRepeated(keys: number): boolean {
    const refused = new Set(this.#refusals.map(({ keyId }) => keyId));
    return this.#refusals.length >= 2 && refused.size >= Math.min(2, keys);
  }
}

/** After this many consecutive faults the budget limits retries. */
const maxFreeFaults = 20;
const retriesPerFirstCall = 0.1;
const maxSavedRetries = 10;

/**
 * The retry budget of one provider. Retries are free until its last twenty calls all failed; from then on they are at
 * most a tenth of the first calls.
 */
export class RetryBudget {
  #faultsInARow = 0;
  #savedRetries = 0;

  /** Records the first call of a job to a candidate. */
  noteFirst(): void {
    this.#savedRetries = Math.min(maxSavedRetries, this.#savedRetries + retriesPerFirstCall);
  }

  noteSuccess(): void {
    this.#faultsInARow = 0;
  }

  noteFault(): void {
    this.#faultsInARow += 1;
  }

  /** True when one more retry is allowed; a retry that is not free is taken from the budget. */
  take(): boolean {
    if (this.#faultsInARow < maxFreeFaults) return true;
    // Ten times 0.1 is slightly less than 1 in floating point.
    if (this.#savedRetries < 1 - 1e-9) return false;
    this.#savedRetries -= 1;
    return true;
  }
}
