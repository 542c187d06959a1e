import type { Random } from '../../kit/backoff.ts';
import type { JobId, KeyId } from '../../domain/ids.ts';
import { everyMechanism, type Mechanisms } from '../../domain/mechanisms.ts';
import type { Clock } from '../../kit/clock.ts';
import { FailureStreak, type Fault, HalfOpenSchedule, RefusalStreak, RetryBudget } from './breaker-counters.ts';

const windowMs = 10_000;
/** Calls that were sent together with the first failed call get this long to succeed. */
const graceMs = 100;
/** A provider with a single key counts as down after this many consecutive faults. */
const maxFaultsOfOneKey = 3;

export type CircuitBreakerOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** Returns how many keys of the provider accept calls. */
  readonly keys: () => number;
  readonly onChange: (open: boolean) => void;
  /** Called when the faults since that time were the provider's own, so that guesses about its keys are void. */
  readonly onProviderFaults?: (sinceMs: number) => void;
  /** True when a chain offers another model of the provider after this one; absent means never. */
  readonly hasOtherModel?: (model: string) => boolean;
  /** Called when only this model of the provider counts as down. */
  readonly onModelDown?: (model: string) => void;
  /** Absent means all mechanisms. */
  readonly mechanisms?: Mechanisms;
  /** Begins the turn of this process to probe the provider, and returns what ends it; absent where there is no other one. */
  readonly takeTurn?: ((restMs: number) => Promise<(() => void) | undefined>) | undefined;
};

/**
 * The circuit breaker of one provider. It distinguishes a provider that is down from keys that are bad, and schedules
 * the probes of a provider that is down.
 *
 * Closed: calls go out. It opens in one of four cases, or by `open`:
 * - at least half of the keys that accept calls, and at least two (of a single key: three consecutive faults), failed
 *   more than one job by the provider's or the network's fault with no success in between, and either no call succeeded
 *   for ten seconds plus the length of a call, or the streak is unlikely by chance, given the provider's usual fault rate;
 * - 95 % of at least twenty calls within ten seconds failed;
 * - several jobs were refused with several keys within seconds, for a reason that names no key, and none was served;
 * - the retry budget of a provider without a success in twenty calls is spent.
 * A provider that fails often but not always stays in use.
 *
 * Faults of a single model, where a chain offers another one, first mark only that model as down, and jobs use the other
 * one. If that fails too before any success, the provider counts as down.
 *
 * Open: one call at a time goes out as the probe, every one to five seconds, with growing and jittered waits. A success
 * closes the breaker, unless almost all calls of the last ten seconds failed.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #mechanisms: Mechanisms;
  readonly #recent = new RecentCalls();
  readonly #streak = new FailureStreak();
  readonly #refusals = new RefusalStreak();
  readonly #budget = new RetryBudget();
  /** Holds only keys whose last call succeeded. */
  readonly #lastSuccessMs = new Map<KeyId, number>();
  #newestSuccessMs = -Infinity;
  /** The duration of the latest successful call. */
  #callMs = 0;
  readonly #probes: HalfOpenSchedule;
  #open = false;
  #openedMs: number | undefined;
  /** A model counts as down, and no call has succeeded since. */
  #isModelDown = false;
  #endTurn: (() => void) | undefined;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
    this.#mechanisms = options.mechanisms ?? everyMechanism;
    this.#probes = new HalfOpenSchedule(() => this.#nowMs, options.random);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** How long it has been open; 0 while it is closed. */
  get openForMs(): number {
    return this.#open && this.#openedMs !== undefined ? this.#nowMs - this.#openedMs : 0;
  }

  /** The wait until the next probe may start; while one runs, the wait until the next check. */
  get probeInMs(): number {
    return this.#probes.inMs;
  }

  /** True when it is open and a probe is due. */
  get mayProbe(): boolean {
    return this.#open && this.#probes.isDue;
  }

  /** Makes the next call the probe if one is due; returns whether it is the probe. */
  beginProbe(): boolean | Promise<boolean> {
    if (!this.mayProbe) return false;
    this.#probes.begin();
    return this.#options.takeTurn === undefined || this.#beginInTurn(this.#options.takeTurn(this.#probes.restMs));
  }

  async #beginInTurn(turn: Promise<(() => void) | undefined>): Promise<boolean> {
    this.#endTurn = await turn;
    if (this.#endTurn === undefined) this.#probes.postpone();
    return this.#endTurn !== undefined;
  }

  /** Ends the probe. `failed` means a provider fault; without one the next probe is due at once. */
  endProbe(failed: boolean): void {
    this.#probes.end(failed);
    this.#endTurn?.();
    this.#endTurn = undefined;
    if (failed && this.#open) this.#reportFaults();
  }

  noteSuccess(keyId: KeyId, ms = 0): void {
    const nowMs = this.#nowMs;
    this.#lastSuccessMs.set(keyId, nowMs);
    this.#newestSuccessMs = nowMs;
    this.#callMs = ms;
    this.#budget.noteSuccess();
    this.#recent.note(false, nowMs);
    this.#isModelDown = false;
    this.#refusals.clear();
    if (!this.#open) this.#streak.noteSuccess();
    else if (this.#recent.almostAllFailed(nowMs)) this.#probes.restart();
    else this.#close();
  }

  noteFault(fault: Fault): void {
    const nowMs = this.#nowMs;
    this.#lastSuccessMs.delete(fault.keyId);
    this.#budget.noteFault();
    this.#recent.note(true, nowMs);
    if (this.#open) return;
    this.#streak.noteFault(fault, nowMs);
    if (!this.#isDown(nowMs)) return;
    if (!this.#isModelDown && this.#isOfOneModel()) this.#markModelDown(fault.model);
    else this.#openBreaker();
  }

  /** Records a refusal whose cause may be the key, the request or the provider: `isSure` when it names the provider. */
  noteRefusal(fault: Fault, isSure = false): void {
    if (this.#open) return;
    this.#refusals.note(fault, this.#nowMs);
    const keys = this.#options.keys();
    if (!(isSure ? this.#refusals.isRepeated(keys) : this.#refusals.isOfProvider(keys))) return;
    const { onlyModel } = this.#refusals;
    const isOfOneModel = onlyModel !== undefined && this.#options.hasOtherModel?.(onlyModel) === true;
    if (!isSure && !this.#isModelDown && isOfOneModel) this.#markModelDown(onlyModel);
    else this.#openBreaker();
  }

  /** The request of this job, not the provider, was the cause of its refusals. */
  retractRefusals(jobId: JobId): void {
    this.#refusals.retract(jobId);
  }

  /** Opens it on other evidence: the free probes of all keys, or a job that failed with every model and several keys. */
  open(): void {
    if (!this.#open) this.#openBreaker();
  }

  /** Another process has opened or closed it. */
  takeOver(isOpen: boolean): void {
    if (isOpen && !this.#open) this.#openBreaker();
    else if (!isOpen && this.#open) this.#close();
  }

  /** True when a call has succeeded since that time. */
  hasSucceededSince(monotonicMs: number): boolean {
    return this.#newestSuccessMs >= monotonicMs;
  }

  /** True when it has opened since that time of the monotonic clock: what was seen before may have been the provider's. */
  hasOpenedSince(monotonicMs: number): boolean {
    return this.#openedMs !== undefined && this.#openedMs >= monotonicMs;
  }

  /** Records the first call of a job to a candidate. */
  noteFirst(): void {
    this.#budget.noteFirst();
  }

  /** True when a job may retry after a fault. A spent retry budget opens the breaker. */
  mayRetry(): boolean {
    if (!this.#open && this.#mechanisms.retryBudget && !this.#budget.take()) this.#openBreaker();
    return !this.#open;
  }

  /** True when the key's last call succeeded, within the last ten seconds plus the length of a call. */
  isHealthy(keyId: KeyId): boolean {
    return (this.#lastSuccessMs.get(keyId) ?? -Infinity) >= this.#nowMs - windowMs - this.#callMs;
  }

  /** True when these keys may have caused the fault: no other key has failed since the provider's last success. */
  mayBlame(keys: ReadonlySet<KeyId>): boolean {
    return this.#streak.isOnlyOf(keys);
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #isDown(nowMs: number): boolean {
    if (this.#recent.almostAllFailed(nowMs)) return true;
    const { isUnlikelyByChance, isOfOneJob, length } = this.#streak;
    if (isOfOneJob) return false;
    const isQuiet = nowMs - this.#newestSuccessMs > windowMs + this.#callMs;
    if (!isUnlikelyByChance && (!isQuiet || nowMs - this.#streak.sinceMs < graceMs)) return false;
    const keys = this.#options.keys();
    if (keys <= 1) return length >= maxFaultsOfOneKey;
    return this.#streak.keysSince(isUnlikelyByChance ? 0 : nowMs - windowMs) >= Math.max(2, keys / 2);
  }

  #isOfOneModel(): boolean {
    const { onlyModel } = this.#streak;
    return onlyModel !== undefined && this.#options.hasOtherModel?.(onlyModel) === true;
  }

  #markModelDown(model: string): void {
    this.#isModelDown = true;
    this.#streak.forget();
    this.#recent.clear();
    this.#reportFaults();
    this.#options.onModelDown?.(model);
  }

  #openBreaker(): void {
    if (!this.#mechanisms.providerBreaker) return;
    this.#open = true;
    this.#openedMs = this.#nowMs;
    this.#probes.restart();
    this.#streak.forget();
    this.#refusals.clear();
    this.#reportFaults();
    this.#options.onChange(true);
  }

  #close(): void {
    this.#open = false;
    this.#recent.clear();
    this.#options.onChange(false);
  }

  #reportFaults(): void {
    this.#options.onProviderFaults?.(this.#options.clock.now() - windowMs);
  }
}

const slotMs = 1_000;
const slots = 10;
const manyCalls = 20;
const almostAll = 0.95;

/** Counts calls and provider faults of the last ten seconds in one-second slots; memory and time are constant. */
export class RecentCalls {
  readonly #calls = new Uint32Array(slots);
  readonly #faults = new Uint32Array(slots);
  /** The second of the clock that each slot counts. */
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

  /** True when at least 95 % of at least 20 calls failed. */
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
