import type { KeyId } from '../domain/ids.ts';
import { everyMechanism, type Mechanisms } from '../domain/mechanisms.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import { type Fault, FaultRun } from './fault-run.ts';
import { ProbePace } from './probe-pace.ts';
import { RecentCalls } from './recent-calls.ts';
import { RetryBudget } from './retry-budget.ts';

const windowMs = 10_000;
/** What was sent together with the first call that failed gets so long to succeed. */
const chanceMs = 100;
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
  /** Does a chain offer another model of the provider in place of this one? Never, when absent. */
  readonly hasOtherModel?: (model: string) => boolean;
  /** Only this model of the provider is known to be silent. */
  readonly onModelSilence?: (model: string) => void;
  /** All of them, when absent. */
  readonly mechanisms?: Mechanisms;
};

/**
 * Tells a provider that is silent from keys that are bad, and says when it may be asked again.
 *
 * Closed: calls go out. It opens when at least half of the keys that take calls (two at least; of a single key, its
 * third failure in a row) failed more than one job by the provider's or the network's fault with no success in between,
 * and either no call succeeded for ten seconds and the length of a call, or the faults came in a row that is hardly bad
 * luck, given how often this provider fails; when 95 % of at least twenty calls within ten seconds failed; or when the
 * retry budget of a provider without a success in twenty calls is spent. A provider that fails often but not always
 * stays in business.
 *
 * Silence of a single model, where a chain offers another one, is at first the model's: it is told, and the other one is
 * asked. When that falls silent too before anything succeeded, it is the provider's.
 *
 * Open: one call at a time goes out as the probe, every one to five seconds, growing and jittered. A success closes it,
 * unless almost all calls of the last ten seconds failed.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #mechanisms: Mechanisms;
  readonly #recent = new RecentCalls();
  readonly #run = new FaultRun();
  readonly #budget = new RetryBudget();
  /** Of the keys whose last call was a success. */
  readonly #lastSuccessMs = new Map<KeyId, number>();
  #newestSuccessMs = -Infinity;
  /** How long the latest success took. */
  #callMs = 0;
  readonly #probes: ProbePace;
  #open = false;
  #openedMs = 0;
  /** A model has fallen silent, and nothing has succeeded since. */
  #hasSilentModel = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#mechanisms = options.mechanisms ?? everyMechanism;
    this.#probes = new ProbePace(() => this.#nowMs, options.random);
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
    return this.#probes.inMs;
  }

  /** Is it open, and the time of the next probe has come? */
  get mayProbe(): boolean {
    return this.#open && this.#probes.isDue;
  }

  /** Makes the coming call the probe if there may be one now; answers whether it is. */
  beginProbe(): boolean {
    if (!this.mayProbe) return false;
    this.#probes.begin();
    return true;
  }

  /** The probe is over; one that said nothing of the provider leaves the next one due at once. */
  endProbe(failed: boolean): void {
    this.#probes.end(failed);
    if (failed && this.#open) this.#tellOfSilence();
  }

  noteSuccess(keyId: KeyId, ms = 0): void {
    const nowMs = this.#nowMs;
    this.#lastSuccessMs.set(keyId, nowMs);
    this.#newestSuccessMs = nowMs;
    this.#callMs = ms;
    this.#budget.noteSuccess();
    this.#recent.note(false, nowMs);
    this.#hasSilentModel = false;
    if (!this.#open) this.#run.noteSuccess();
    else if (this.#recent.almostAllFailed(nowMs)) this.#probes.restart();
    else this.#close();
  }

  noteFault(fault: Fault): void {
    const nowMs = this.#nowMs;
    this.#lastSuccessMs.delete(fault.keyId);
    this.#budget.noteFault();
    this.#recent.note(true, nowMs);
    if (this.#open) return;
    this.#run.noteFault(fault, nowMs);
    if (!this.#isSilent(nowMs)) return;
    if (!this.#hasSilentModel && this.#isOfOneModel()) this.#silenceModel(fault.model);
    else this.#openUp();
  }

  /** A job's first call of a candidate goes out. */
  noteFirst(): void {
    this.#budget.noteFirst();
  }

  /** May a job try once more after a fault? A provider for which the answer is no has stopped answering: it opens. */
  mayRetry(): boolean {
    if (!this.#open && this.#mechanisms.retryBudget && !this.#budget.take()) this.#openUp();
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
    const { isHardlyLuck, isOfOneJob, length } = this.#run;
    if (isOfOneJob) return false;
    const isQuiet = nowMs - this.#newestSuccessMs > windowMs + this.#callMs;
    if (!isHardlyLuck && (!isQuiet || nowMs - this.#run.sinceMs < chanceMs)) return false;
    const keys = this.#options.keys();
    if (keys <= 1) return length >= failuresOfOneKey;
    return this.#run.keysSince(isHardlyLuck ? 0 : nowMs - windowMs) >= Math.max(2, keys / 2);
  }

  #isOfOneModel(): boolean {
    const { onlyModel } = this.#run;
    return onlyModel !== undefined && this.#options.hasOtherModel?.(onlyModel) === true;
  }

  #silenceModel(model: string): void {
    this.#hasSilentModel = true;
    this.#run.forget();
    this.#recent.clear();
    this.#tellOfSilence();
    this.#options.onModelSilence?.(model);
  }

  #openUp(): void {
    if (!this.#mechanisms.providerBreaker) return;
    this.#open = true;
    this.#openedMs = this.#nowMs;
    this.#probes.restart();
    this.#run.forget();
    this.#tellOfSilence();
    this.#options.onChange(true);
  }

  #close(): void {
    this.#open = false;
    this.#recent.clear();
    this.#options.onChange(false);
  }

  #tellOfSilence(): void {
    this.#options.onSilence?.(this.#options.clock.now() - windowMs);
  }
}
