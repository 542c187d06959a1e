/** Enough for a p99 that means something. */
const keptSamples = 200;
/** The samples are sorted again after this many. */
const sortEvery = 16;

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
