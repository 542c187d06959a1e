/** Faster calls are believed little by little, over about this time. */
const decayMs = 10_000;

/** A moving average that takes a slower call at once and a faster one with time, so that a slow key is left quickly. */
export class PeakAverage {
  ms: number;
  #atUpMs: number;

  constructor(ms: number, upMs: number) {
    this.ms = ms;
    this.#atUpMs = upMs;
  }

  note(ms: number, upMs: number): void {
    this.ms = ms >= this.ms ? ms : ms + (this.ms - ms) * Math.exp((this.#atUpMs - upMs) / decayMs);
    this.#atUpMs = upMs;
  }
}
