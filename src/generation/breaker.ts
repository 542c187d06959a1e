import type { KeyId } from '../domain/ids.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import { FaultRun } from './fault-run.ts';
import { RecentCalls } from './recent-calls.ts';
import { RetryBudget } from './retry-budget.ts';

const windowMs = 10_000;
const shortestProbeWaitMs = 1_000;
const longestProbeWaitMs = 5_000;
/** What a provider with a single key has to fail in a row. */
const failuresOfOneKey = 3;

export type BreakerOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** How many keys of the provider take calls. */
  readonly keys: () => number;
  readonly onChange: (open: boolean) => void;
  /** The faults since then were the provider's own: what was guessed of its keys from them does not hold. */
  readonly onSilence?: (sinceMs: number) => void;
};

/**
 * Tells a provider that is silent from keys that are bad, and says when it may be asked again.
 *
 * Closed: calls go out. It opens when at least half of the keys that take calls (two at least; of a single key, its
 * third failure in a row) failed by the provider's or the network's fault with no success in between, and either no call
 * succeeded for ten seconds and the length of a call, or the faults came in a row that is hardly bad luck, given how
 * often this provider fails; when 95 % of at least twenty calls within ten seconds failed; or when the retry budget of a
 * provider without a success in twenty calls is spent. A provider that fails often but not always stays in business.
 *
 * Open: one call at a time goes out as the probe, every one to five seconds, growing and jittered. A success closes it,
 * unless almost all calls of the last ten seconds failed.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #recent = new RecentCalls();
  readonly #run = new FaultRun();
  readonly #budget = new RetryBudget();
  /** Of the keys whose last call was a success. */
  readonly #lastSuccessMs = new Map<KeyId, number>();
  #newestSuccessMs = -Infinity;
  /** How long the latest success took. */
  #callMs = 0;
  #open = false;
  #openedMs = 0;
  #probing = false;
  #failedProbes = 0;
  #probeAtMs = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** For how long it has been open; 0 when it is not. */
  get openForMs(): number {
    return this.#open ? this.#nowMs - this.#openedMs : 0;
  }

  /** Until the next probe may go out; while one is out, until it is worth looking again. */
  get probeInMs(): number {
    if (this.#probing) return shortestProbeWaitMs;
    return Math.max(0, this.#probeAtMs - this.#nowMs);
  }

  /** Is it open, and the time of the next probe has come? */
  get mayProbe(): boolean {
    return this.#open && !this.#probing && this.#nowMs >= this.#probeAtMs;
  }

  /** Makes the coming call the probe if there may be one now; answers whether it is. */
  beginProbe(): boolean {
    if (!this.mayProbe) return false;
    this.#probing = true;
    return true;
  }

  /** The probe is over; one that said nothing of the provider leaves the next one due at once. */
  endProbe(failed: boolean): void {
    this.#probing = false;
    if (!this.#open || !failed) return;
    this.#failedProbes += 1;
    this.#setProbeTime();
    this.#tellOfSilence();
  }

  noteSuccess(keyId: KeyId, ms = 0): void {
    const nowMs = this.#nowMs;
    this.#lastSuccessMs.set(keyId, nowMs);
    this.#newestSuccessMs = nowMs;
    this.#callMs = ms;
    this.#budget.noteSuccess();
    this.#recent.note(false, nowMs);
    if (!this.#open) {
      this.#run.noteSuccess();
    } else if (this.#recent.almostAllFailed(nowMs)) {
      this.#failedProbes = 0;
    } else {
      this.#close();
    }
  }

  /** Only for failures that are the provider's or the network's fault. */
  noteFault(keyId: KeyId): void {
    const nowMs = this.#nowMs;
    this.#lastSuccessMs.delete(keyId);
    this.#budget.noteFault();
    this.#recent.note(true, nowMs);
    if (this.#open) return;
    this.#run.noteFault(keyId, nowMs);
    if (this.#isSilent(nowMs)) this.#openUp();
  }

  /** A job's first call of a candidate goes out. */
  noteFirst(): void {
    this.#budget.noteFirst();
  }

  /** May a job try once more after a fault? A provider for which the answer is no has stopped answering: it opens. */
  mayRetry(): boolean {
    if (!this.#open && !this.#budget.take()) this.#openUp();
    return !this.#open;
  }

  /** Was the key's last call a success, within the last ten seconds and the length of a call? */
  isHealthy(keyId: KeyId): boolean {
    return (this.#lastSuccessMs.get(keyId) ?? -Infinity) >= this.#nowMs - windowMs - this.#callMs;
  }

  /** May a fault be these keys' own? Not when another one has failed too since the provider's last success. */
  mayBlame(keys: ReadonlySet<KeyId>): boolean {
    return this.#run.isOnlyOf(keys);
  }

  get #nowMs(): number {
    return this.#options.clock.uptimeMs();
  }

  #isSilent(nowMs: number): boolean {
    if (this.#recent.almostAllFailed(nowMs)) return true;
    const { isHardlyLuck, length } = this.#run;
    const isQuiet = nowMs - this.#newestSuccessMs > windowMs + this.#callMs;
    if (!isQuiet && !isHardlyLuck) return false;
    const keys = this.#options.keys();
    if (keys <= 1) return length >= failuresOfOneKey;
    return this.#run.keysSince(isHardlyLuck ? 0 : nowMs - windowMs) >= Math.max(2, keys / 2);
  }

  #openUp(): void {
    this.#open = true;
    this.#openedMs = this.#nowMs;
    this.#failedProbes = 0;
    this.#setProbeTime();
    this.#run.forget();
    this.#tellOfSilence();
    this.#options.onChange(true);
  }

  #close(): void {
    this.#open = false;
    this.#recent.clear();
    this.#options.onChange(false);
  }

  #setProbeTime(): void {
    this.#probeAtMs = this.#nowMs + probeWaitMs(this.#failedProbes, this.#options.random);
  }

  #tellOfSilence(): void {
    this.#options.onSilence?.(this.#options.clock.now() - windowMs);
  }
}

/** One to five seconds, twice as long after each probe that failed, jittered by a quarter either way. */
export function probeWaitMs(failedProbes: number, random: Random): number {
  const jittered = shortestProbeWaitMs * 2 ** Math.min(failedProbes, 9) * (0.75 + random() / 2);
  return Math.round(Math.min(longestProbeWaitMs, Math.max(shortestProbeWaitMs, jittered)));
}
