import type { Random } from '../../kit/backoff.ts';
import type { KeyId } from '../../domain/ids.ts';
import { everyMechanism, type Mechanisms } from '../../domain/mechanisms.ts';
import type { Clock } from '../../kit/clock.ts';
import { type Fault, FailureStreak, HalfOpenSchedule } from './failure-streak.ts';

const slotMs = 1_000;
const slots = 10;
const manyCalls = 20;
const almostAll = 0.95;

/** How many of the calls of the last ten seconds failed by the provider's fault; costs the same however many there are. */
export class RecentCalls {
  readonly #calls = new Uint32Array(slots);
  readonly #faults = new Uint32Array(slots);
  /** Which second of the clock each slot counts. */
  readonly #seconds = new Float64Array(slots).fill(-1);

  note(isFault: boolean, nowMs: number): void {
    const second = Math.floor(nowMs / slotMs);
    const slot = second % slots;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#calls[slot] = 0;
      this.#faults[slot] = 0;
    }
    this.#calls[slot] = (this.#calls[slot] ?? 0) + 1;
    if (isFault) this.#faults[slot] = (this.#faults[slot] ?? 0) + 1;
  }

  /** 95 % of at least twenty calls. */
  almostAllFailed(nowMs: number): boolean {
    const oldest = Math.floor(nowMs / slotMs) - slots + 1;
    let calls = 0;
    let faults = 0;
    for (let slot = 0; slot < slots; slot += 1) {
      if ((this.#seconds[slot] ?? -1) < oldest) continue;
      calls += this.#calls[slot] ?? 0;
      faults += this.#faults[slot] ?? 0;
    }
    return calls >= manyCalls && faults >= almostAll * calls;
  }

  clear(): void {
    this.#seconds.fill(-1);
  }
}

/** So many calls in a row without a success, and the provider is taken to have stopped answering. */
const silentCalls = 20;
const shareOfFirsts = 0.1;
const mostSaved = 10;

/**
 * How many second tries one provider may be asked for. While it answers at all they are free: the budget never costs a
 * request. Without a success in its last twenty calls they are at most a tenth of the first attempts.
 */
export class RetryBudget {
  #callsInVain = 0;
  #saved = 0;

  /** A job's first call of a candidate goes out. */
  noteFirst(): void {
    this.#saved = Math.min(mostSaved, this.#saved + shareOfFirsts);
  }

  noteSuccess(): void {
    this.#callsInVain = 0;
  }

  noteFault(): void {
    this.#callsInVain += 1;
  }

  /** May one more retry go out? A yes spends what it costs. */
  take(): boolean {
    if (this.#callsInVain < silentCalls) return true;
    // A tenth, added ten times, is a hair less than one.
    if (this.#saved < 1 - 1e-9) return false;
    this.#saved -= 1;
    return true;
  }
}

const windowMs = 10_000;
/** What was sent together with the first call that failed gets so long to succeed. */
const chanceMs = 100;
/** What a provider with a single key has to fail in a row. */
const failuresOfOneKey = 3;

export type CircuitBreakerOptions = {
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
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #mechanisms: Mechanisms;
  readonly #recent = new RecentCalls();
  readonly #run = new FailureStreak();
  readonly #budget = new RetryBudget();
  /** Of the keys whose last call was a success. */
  readonly #lastSuccessMs = new Map<KeyId, number>();
  #newestSuccessMs = -Infinity;
  /** How long the latest success took. */
  #callMs = 0;
  readonly #probes: HalfOpenSchedule;
  #open = false;
  #openedMs = 0;
  /** A model has fallen silent, and nothing has succeeded since. */
  #hasSilentModel = false;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
    this.#mechanisms = options.mechanisms ?? everyMechanism;
    this.#probes = new HalfOpenSchedule(() => this.#nowMs, options.random);
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
    if (!this.#isDown(nowMs)) return;
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
    return this.#options.clock.monotonicMs();
  }

  #isDown(nowMs: number): boolean {
    if (this.#recent.almostAllFailed(nowMs)) return true;
    const { isUnlikelyByChance, isOfOneJob, length } = this.#run;
    if (isOfOneJob) return false;
    const isQuiet = nowMs - this.#newestSuccessMs > windowMs + this.#callMs;
    if (!isUnlikelyByChance && (!isQuiet || nowMs - this.#run.sinceMs < chanceMs)) return false;
    const keys = this.#options.keys();
    if (keys <= 1) return length >= failuresOfOneKey;
    return this.#run.keysSince(isUnlikelyByChance ? 0 : nowMs - windowMs) >= Math.max(2, keys / 2);
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
