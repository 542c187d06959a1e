import type { JobId, KeyId } from '../../domain/ids.ts';
import type { Random } from '../../kit/backoff.ts';

/** A call that failed by the provider's or the network's fault. */
export type Fault = {
  readonly keyId: KeyId;
  readonly model: string;
  readonly jobId: JobId;
};

/** A run whose last fault is older than this says nothing any more. */
const memoryMs = 60_000;
/** How much one call moves the usual share: about the last fifty calls count. */
const step = 0.02;
const leastShare = 0.05;
const hardlyLuck = 0.0001;

/**
 * The provider's faults since its last success, and how usual faults were before. A provider that fails seven times in
 * ten sends short runs all day; the same four faults in a row mean something else where hardly a call ever failed.
 */
export class FailureStreak {
  readonly #lastFaultMs = new Map<KeyId, number>();
  #first: Fault | undefined;
  #firstMs = 0;
  #isOfOneModel = true;
  #isOfOneJob = true;
  #length = 0;
  #newestMs = 0;
  #usualShare = 0.5;

  get length(): number {
    return this.#length;
  }

  /** The one model that all of its calls asked; undefined when there were several. */
  get onlyModel(): string | undefined {
    return this.#isOfOneModel ? this.#first?.model : undefined;
  }

  /** Does it come from a single job, whose wish may be what makes the provider stumble? */
  get isOfOneJob(): boolean {
    return this.#isOfOneJob;
  }

  /** Since when it lasts. */
  get sinceMs(): number {
    return this.#firstMs;
  }

  noteFault(fault: Fault, nowMs: number): void {
    if (nowMs - this.#newestMs > memoryMs) this.forget();
    if (this.#first === undefined) this.#firstMs = nowMs;
    this.#first ??= fault;
    this.#isOfOneModel &&= fault.model === this.#first.model;
    this.#isOfOneJob &&= fault.jobId === this.#first.jobId;
    this.#lastFaultMs.set(fault.keyId, nowMs);
    this.#newestMs = nowMs;
    this.#length += 1;
  }

  /** Ends the run, which was then but bad luck: it counts into what is usual. */
  noteSuccess(): void {
    if (this.#length > 0) {
      this.#usualShare = 1 - (1 - this.#usualShare) * (1 - step) ** this.#length;
      this.forget();
    }
    this.#usualShare *= 1 - step;
  }

  /** How many keys failed in this run at or after the moment. */
  keysSince(ms: number): number {
    let keys = 0;
    for (const atMs of this.#lastFaultMs.values()) if (atMs >= ms) keys += 1;
    return keys;
  }

  /** Did no key but these fail in this run? */
  isOnlyOf(keys: ReadonlySet<KeyId>): boolean {
    for (const keyId of this.#lastFaultMs.keys()) if (!keys.has(keyId)) return false;
    return true;
  }

  /** Would a run this long come by bad luck less than once in ten thousand times? */
  get isUnlikelyByChance(): boolean {
    return Math.max(leastShare, this.#usualShare) ** this.#length <= hardlyLuck;
  }

  /** Drops the run without counting it: what was silent is not what is usual. */
  forget(): void {
    this.#lastFaultMs.clear();
    this.#first = undefined;
    this.#isOfOneModel = true;
    this.#isOfOneJob = true;
    this.#length = 0;
  }
}

const shortestWaitMs = 1_000;
const longestWaitMs = 5_000;

/** When a silent provider may be asked again: by one call at a time, and the less often the longer it is silent. */
export class HalfOpenSchedule {
  readonly #monotonicMs: () => number;
  readonly #random: Random;
  #isOut = false;
  #failed = 0;
  #dueMs = 0;

  constructor(monotonicMs: () => number, random: Random) {
    this.#monotonicMs = monotonicMs;
    this.#random = random;
  }

  /** Until the next probe may go out; while one is out, until it is worth looking again. */
  get inMs(): number {
    return this.#isOut ? shortestWaitMs : Math.max(0, this.#dueMs - this.#monotonicMs());
  }

  get isDue(): boolean {
    return !this.#isOut && this.#monotonicMs() >= this.#dueMs;
  }

  begin(): void {
    this.#isOut = true;
  }

  /** A probe that failed puts the next one off; one that said nothing of the provider leaves it due. */
  end(failed: boolean): void {
    this.#isOut = false;
    if (!failed) return;
    this.#failed += 1;
    this.#dueMs = this.#monotonicMs() + probeWaitMs(this.#failed, this.#random);
  }

  /** The provider has just fallen silent, or stirs. */
  restart(): void {
    this.#failed = 0;
    this.#dueMs = this.#monotonicMs() + probeWaitMs(0, this.#random);
  }
}

/** One to five seconds, twice as long after each probe that failed, jittered by a quarter either way. */
export function probeWaitMs(failedProbes: number, random: Random): number {
  const jittered = shortestWaitMs * 2 ** Math.min(failedProbes, 9) * (0.75 + random() / 2);
  return Math.round(Math.min(longestWaitMs, Math.max(shortestWaitMs, jittered)));
}
