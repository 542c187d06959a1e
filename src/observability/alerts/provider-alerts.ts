import type { RaisedAlert } from '../../domain/admin-api.ts';
import { alertSeverity, type Alert, type AlertFacts } from '../../domain/alert.ts';
import type { Emit, AppEvent } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { type AttemptFailure, type FailureReason, isDoubtful } from '../../domain/failure.ts';
import { type KeyState, acceptsCalls, coolsForWindow } from '../../domain/key-state.ts';
import type { KeyView, PoolView } from '../../domain/views.ts';

/** The alerts that are raised now: each is emitted once when it is raised and once when it is resolved. */
export class AlertBoard {
  readonly #emit: Emit;
  readonly #open = new Map<string, { readonly alert: Alert; readonly raisedAtMs: number }>();

  readonly #now: () => number;

  constructor(emit: Emit, now: () => number) {
    this.#emit = emit;
    this.#now = now;
  }

  /** Oldest first. */
  raised(): readonly RaisedAlert[] {
    return [...this.#open.values()].map(({ alert, raisedAtMs }) => ({ ...alert, raisedAtMs }));
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  raise(id: string, facts: AlertFacts): void {
    if (this.#open.has(id)) return;
    const alert: Alert = { id, severity: alertSeverity[facts.kind], facts };
    this.#open.set(id, { alert, raisedAtMs: this.#now() });
    this.#emit({ event: 'alert.raised', alert });
  }

  resolve(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    this.#emit({ event: 'alert.resolved', alert: open.alert });
  }
}

const windowMs = 300_000;
/** Calls are counted in slices of the window, so that memory does not grow with the number of calls. */
const sliceMs = 10_000;

type Slice = { readonly fromMs: number; calls: number; failures: number };

/** The share of a provider's calls that failed in the last five minutes. */
export class RecentCalls {
  readonly #slices: Slice[] = [];
  #calls = 0;
  #failures = 0;

  record(ok: boolean, nowMs: number): void {
    const fromMs = nowMs - (nowMs % sliceMs);
    let slice = this.#slices.at(-1);
    if (slice === undefined || slice.fromMs !== fromMs) {
      slice = { fromMs, calls: 0, failures: 0 };
      this.#slices.push(slice);
    }
    slice.calls += 1;
    slice.failures += ok ? 0 : 1;
    this.#calls += 1;
    this.#failures += ok ? 0 : 1;
    while (this.#slices[0] !== undefined && this.#slices[0].fromMs <= nowMs - windowMs) {
      const old = this.#slices.shift();
      this.#calls -= old?.calls ?? 0;
      this.#failures -= old?.failures ?? 0;
    }
  }

  get calls(): number {
    return this.#calls;
  }

  /** 0 to 1. */
  get share(): number {
    return this.#calls === 0 ? 0 : this.#failures / this.#calls;
  }
}

const recentCount = 20;
const minSamples = 50;
/** The weight of a new sample in the long-term mean. */
const sampleWeight = 1 / 200;

/** Compares the mean duration of the last calls with the usual one. */
export class UsualLatency {
  readonly #recent: number[] = [];
  #usualMs = 0;
  #samples = 0;

  /** Records a call; while `frozen`, the usual duration does not change. */
  record(ms: number, frozen: boolean): void {
    this.#recent.push(ms);
    if (this.#recent.length <= recentCount) return;
    const oldestMs = this.#recent.shift() ?? 0;
    if (frozen) return;
    this.#samples += 1;
    this.#usualMs += (oldestMs - this.#usualMs) * Math.max(sampleWeight, 1 / this.#samples);
  }

  /** Undefined until there are enough calls for a usual duration. */
  compare(): { readonly meanMs: number; readonly usualMs: number } | undefined {
    if (this.#samples < minSamples) return undefined;
    const meanMs = this.#recent.reduce((sum, ms) => sum + ms, 0) / this.#recent.length;
    return { meanMs, usualMs: this.#usualMs };
  }
}

const minCalls = 20;
const raiseShare = 0.2;
const resolveShare = 0.1;
const raiseFactor = 2;
const resolveFactor = 1.5;

type AttemptEnd = Extract<AppEvent, { event: 'attempt.failed' | 'attempt.succeeded' }>;

/** Raises alerts about calls: a provider with too many failures, and a model that has become slow. */
export class CallAlerts {
  readonly #board: AlertBoard;
  readonly #providerOf: (id: KeyId) => ProviderName | undefined;
  readonly #calls = new Map<ProviderName, RecentCalls>();
  readonly #latencies = new Map<string, UsualLatency>();

  constructor(board: AlertBoard, providerOf: (id: KeyId) => ProviderName | undefined) {
    this.#board = board;
    this.#providerOf = providerOf;
  }

  ended(event: AttemptEnd, nowMs: number): void {
    const provider = this.#providerOf(event.keyId);
    if (provider === undefined) return;
    if (event.event === 'attempt.succeeded') {
      this.#count(provider, true, nowMs);
      this.#time(provider, event.model, event.ms);
    } else if (countsAsError(event)) {
      this.#count(provider, false, nowMs);
    }
  }

  #count(provider: ProviderName, ok: boolean, nowMs: number): void {
    const recent = this.#calls.get(provider) ?? new RecentCalls();
    this.#calls.set(provider, recent);
    recent.record(ok, nowMs);
    const { share, calls } = recent;
    const id = `many-errors:${provider}`;
    if (share < resolveShare) this.#board.resolve(id);
    // While the provider counts as down, one alert says so.
    else if (share > raiseShare && calls >= minCalls && !this.#board.has(`provider-silent:${provider}`)) {
      this.#board.raise(id, { kind: 'many-errors', provider, share, calls });
    }
  }

  /** Each model has its own usual duration: a video takes longer than a picture. */
  #time(provider: ProviderName, model: string, ms: number): void {
    const id = `slow:${provider}:${model}`;
    const latency = this.#latencies.get(id) ?? new UsualLatency();
    this.#latencies.set(id, latency);
    latency.record(ms, this.#board.has(id));
    const compared = latency.compare();
    if (compared === undefined) return;
    const { meanMs, usualMs } = compared;
    if (meanMs < usualMs * resolveFactor) this.#board.resolve(id);
    else if (meanMs > usualMs * raiseFactor) {
      this.#board.raise(id, { kind: 'slow', provider, meanMs: Math.round(meanMs), usualMs: Math.round(usualMs) });
    }
  }
}

/** Failures of the request or the model do not count; concurrency refusals teach the limit and are expected. */
function countsAsError({ failure }: Extract<AttemptEnd, { event: 'attempt.failed' }>): boolean {
  return failure.blame !== 'request' && failure.blame !== 'model' && failure.reason !== 'concurrency';
}

const failuresInARow = 3;

/** The failures of one key since its last success. */
type KeyFailures = {
  name: string;
  /** Failures that are the key's own. */
  own: number;
  /** Failures that count as the provider's until the key is found to be an outlier. */
  ambiguous: number;
  reason: FailureReason;
  before: KeyState['kind'] | undefined;
};

type KeyChange = Extract<AppEvent, { event: 'key.changed' }>;

/** Raises alerts about keys: one that keeps failing by its own fault, and a provider without a key that accepts calls. */
export class KeyAlerts {
  readonly #board: AlertBoard;
  readonly #pool: () => PoolView;
  readonly #providerOf: (id: KeyId) => ProviderName | undefined;
  readonly #failures = new Map<KeyId, KeyFailures>();
  /** The keys that accept calls, so that not every change needs a snapshot of the pool. */
  readonly #accepting = new Map<ProviderName, Set<KeyId>>();

  constructor(board: AlertBoard, pool: () => PoolView, providerOf: (id: KeyId) => ProviderName | undefined) {
    this.#providerOf = providerOf;
    this.#board = board;
    this.#pool = pool;
  }

  failed(id: KeyId, name: string, failure: AttemptFailure): void {
    // Concurrency refusals teach the limit and are expected.
    if (failure.blame === 'request' || failure.blame === 'model' || failure.reason === 'concurrency') return;
    // The request may be at fault; a key that is comes out of use, which is reported.
    if (isDoubtful(failure)) return;
    const failures = this.#failuresOf(id, name);
    failures.reason = failure.reason;
    if (failure.blame === 'key') failures.own += 1;
    else failures.ambiguous += 1;
    if (failures.own >= failuresInARow) this.#raise(id, failures);
  }

  succeeded(id: KeyId): void {
    if (this.#failures.has(id)) this.#clear(id);
  }

  changed({ keyId: id, keyName, state }: KeyChange): void {
    const failures = this.#failuresOf(id, keyName);
    const { before } = failures;
    failures.before = state.kind;
    if (state.kind === 'benched' && state.confirmed) {
      failures.own = Math.max(failures.own, state.times, 1);
      failures.reason = state.reason;
      this.#raise(id, failures);
    } else if (state.kind === 'cooling' && state.reason === 'fails-alone') {
      failures.own += Math.max(failures.ambiguous, 1);
      failures.ambiguous = 0;
      if (failures.own >= failuresInARow) this.#raise(id, failures);
    } else if (state.kind === 'disabled' || (state.kind === 'ready' && before === 'probing')) {
      this.#clear(id);
    }
    const provider = this.#providerOf(id);
    const accepting = provider === undefined ? undefined : this.#accepting.get(provider);
    if (provider !== undefined && accepting !== undefined && (acceptsCalls(state) || coolsForWindow(state))) {
      accepting.add(id);
      this.#board.resolve(readyId(provider));
    } else if (accepting === undefined || (accepting.delete(id) && accepting.size === 0)) {
      this.countReady((key) => (key.id === id ? state : key.state));
    }
  }

  /** These keys were removed, or their failures were the provider's. */
  cleared(names: readonly string[]): void {
    for (const [id, { name }] of this.#failures) if (names.includes(name)) this.#clear(id);
    this.countReady();
  }

  /** `stateOf` replaces states that are newer than the pool's snapshot. */
  countReady(stateOf: (key: KeyView) => KeyState = ({ state }) => state): void {
    const byProvider = Map.groupBy(this.#pool().keys, ({ provider }) => provider);
    // A provider whose last key was removed from the settings is no longer in the pool.
    for (const provider of this.#accepting.keys()) {
      if (byProvider.has(provider)) continue;
      this.#accepting.get(provider)?.clear();
      this.#board.raise(readyId(provider), { kind: 'no-key-ready', provider, keys: 0 });
    }
    for (const [provider, keys] of byProvider) {
      const id = readyId(provider);
      // A key that has sent all calls of its window needs nobody.
      const works = (state: KeyState) => acceptsCalls(state) || coolsForWindow(state);
      const accepting = new Set(keys.filter((key) => works(stateOf(key))).map((key) => key.id));
      this.#accepting.set(provider, accepting);
      if (accepting.size > 0) this.#board.resolve(id);
      else this.#board.raise(id, { kind: 'no-key-ready', provider, keys: keys.length });
    }
  }

  #failuresOf(id: KeyId, name: string): KeyFailures {
    const known = this.#failures.get(id);
    if (known !== undefined) return known;
    const failures: KeyFailures = { name, own: 0, ambiguous: 0, reason: 'unrecognized', before: undefined };
    this.#failures.set(id, failures);
    return failures;
  }

  #raise(id: KeyId, { name, reason, own }: KeyFailures): void {
    this.#board.raise(failingId(id), { kind: 'key-failing', keyName: name, reason, times: own });
  }

  #clear(id: KeyId): void {
    this.#failures.delete(id);
    this.#board.resolve(failingId(id));
  }
}

function failingId(id: KeyId): string {
  return `key-failing:${id}`;
}

function readyId(provider: ProviderName): string {
  return `no-key-ready:${provider}`;
}
