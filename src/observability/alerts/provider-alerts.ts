import type { RaisedAlert } from '../../domain/admin-api.ts';
import { alertSeverity, type Alert, type AlertFacts } from '../../domain/alert.ts';
import type { Emit, AppEvent } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { AttemptFailure, FailureReason } from '../../domain/failure.ts';
import { type KeyState, acceptsCalls } from '../../domain/key-state.ts';
import type { KeyView, PoolView } from '../../domain/views.ts';

/** What is wrong right now: each trouble is told once when it begins and once when it is over. */
export class AlertBoard {
  readonly #emit: Emit;
  readonly #open = new Map<string, { readonly alert: Alert; readonly raisedAtMs: number }>();

  readonly #now: () => number;

  constructor(emit: Emit, now: () => number) {
    this.#emit = emit;
    this.#now = now;
  }

  /** In the order in which they began. */
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
/** Calls are counted in slices of the window, so that a busy provider takes no more memory than a quiet one. */
const sliceMs = 10_000;

type Slice = { readonly fromMs: number; calls: number; failures: number };

/** How many of a provider's calls of the last five minutes failed. */
export class RecentCalls {
  readonly #slices: Slice[] = [];
  #calls = 0;
  #failures = 0;

  note(ok: boolean, nowMs: number): void {
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
const leastSamples = 50;
/** How much a new sample weighs against all before it. */
const longRun = 1 / 200;

/** How long calls take lately, beside how long they usually take. */
export class UsualLatency {
  readonly #recent: number[] = [];
  #usualMs = 0;
  #samples = 0;

  /** Notes a call; while `frozen`, what is unusual does not become usual. */
  note(ms: number, frozen: boolean): void {
    this.#recent.push(ms);
    if (this.#recent.length <= recentCount) return;
    const leavingMs = this.#recent.shift() ?? 0;
    if (frozen) return;
    this.#samples += 1;
    this.#usualMs += (leavingMs - this.#usualMs) * Math.max(longRun, 1 / this.#samples);
  }

  /** Undefined until enough calls were seen to speak of a habit. */
  compare(): { readonly meanMs: number; readonly usualMs: number } | undefined {
    if (this.#samples < leastSamples) return undefined;
    const meanMs = this.#recent.reduce((sum, ms) => sum + ms, 0) / this.#recent.length;
    return { meanMs, usualMs: this.#usualMs };
  }
}

const leastCalls = 20;
const tooManyErrors = 0.2;
const fewErrors = 0.1;
const slowFactor = 2;
const backFactor = 1.5;

type AttemptEnd = Extract<AppEvent, { event: 'attempt.failed' | 'attempt.succeeded' }>;

/** Looks at how calls end, provider by provider: whether too many fail, and whether a model has become slow. */
export class CallWatch {
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
    } else if (isTheirFault(event)) {
      this.#count(provider, false, nowMs);
    }
  }

  #count(provider: ProviderName, ok: boolean, nowMs: number): void {
    const recent = this.#calls.get(provider) ?? new RecentCalls();
    this.#calls.set(provider, recent);
    recent.note(ok, nowMs);
    const { share, calls } = recent;
    const id = `many-errors:${provider}`;
    if (share < fewErrors) this.#board.resolve(id);
    else if (share > tooManyErrors && calls >= leastCalls) {
      this.#board.raise(id, { kind: 'many-errors', provider, share, calls });
    }
  }

  /** A video takes longer than a picture: each model has its own habit. */
  #time(provider: ProviderName, model: string, ms: number): void {
    const id = `slow:${provider}:${model}`;
    const latency = this.#latencies.get(id) ?? new UsualLatency();
    this.#latencies.set(id, latency);
    latency.note(ms, this.#board.has(id));
    const compared = latency.compare();
    if (compared === undefined) return;
    const { meanMs, usualMs } = compared;
    if (meanMs < usualMs * backFactor) this.#board.resolve(id);
    else if (meanMs > usualMs * slowFactor) {
      this.#board.raise(id, { kind: 'slow', provider, meanMs: Math.round(meanMs), usualMs: Math.round(usualMs) });
    }
  }
}

/** Neither the request's nor the model's; and a taken seat is how the number of seats is learned. */
function isTheirFault({ failure }: Extract<AttemptEnd, { event: 'attempt.failed' }>): boolean {
  return failure.blame !== 'request' && failure.blame !== 'model' && failure.reason !== 'concurrency';
}

const failuresInARow = 3;

/** What is known of one key since its last success. */
type KeyTale = {
  name: string;
  /** Failures that are the key's own. */
  own: number;
  /** Failures that may be the provider's, until it turns out that only this key meets them. */
  doubtful: number;
  reason: FailureReason;
  before: KeyState['kind'] | undefined;
};

type KeyChange = Extract<AppEvent, { event: 'key.changed' }>;

/** Looks at keys: which of them keep failing by their own fault, and whether a provider has none that takes calls. */
export class KeyWatch {
  readonly #board: AlertBoard;
  readonly #pool: () => PoolView;
  readonly #providerOf: (id: KeyId) => ProviderName | undefined;
  readonly #tales = new Map<KeyId, KeyTale>();
  /** The keys that take calls, so that not every change asks the pool for all of it. */
  readonly #takers = new Map<ProviderName, Set<KeyId>>();

  constructor(board: AlertBoard, pool: () => PoolView, providerOf: (id: KeyId) => ProviderName | undefined) {
    this.#providerOf = providerOf;
    this.#board = board;
    this.#pool = pool;
  }

  failed(id: KeyId, name: string, failure: AttemptFailure): void {
    // A taken seat is how the number of seats is learned.
    if (failure.blame === 'request' || failure.blame === 'model' || failure.reason === 'concurrency') return;
    const tale = this.#taleOf(id, name);
    tale.reason = failure.reason;
    if (failure.blame === 'key') tale.own += 1;
    else tale.doubtful += 1;
    if (tale.own >= failuresInARow) this.#raise(id, tale);
  }

  succeeded(id: KeyId): void {
    if (this.#tales.has(id)) this.#clear(id);
  }

  changed({ keyId: id, keyName, state }: KeyChange): void {
    const tale = this.#taleOf(id, keyName);
    const { before } = tale;
    tale.before = state.kind;
    if (state.kind === 'benched' && state.confirmed) {
      tale.own = Math.max(tale.own, state.times, 1);
      tale.reason = state.reason;
      this.#raise(id, tale);
    } else if (state.kind === 'cooling' && state.reason === 'fails-alone') {
      tale.own += Math.max(tale.doubtful, 1);
      tale.doubtful = 0;
      if (tale.own >= failuresInARow) this.#raise(id, tale);
    } else if (state.kind === 'disabled' || (state.kind === 'ready' && before === 'probing')) {
      this.#clear(id);
    }
    const provider = this.#providerOf(id);
    const takers = provider === undefined ? undefined : this.#takers.get(provider);
    if (provider !== undefined && takers !== undefined && acceptsCalls(state)) {
      takers.add(id);
      this.#board.resolve(readyId(provider));
    } else if (takers === undefined || (takers.delete(id) && takers.size === 0)) {
      this.countReady((key) => (key.id === id ? state : key.state));
    }
  }

  /** These keys have gone, or it was never their fault. */
  cleared(names: readonly string[]): void {
    for (const [id, { name }] of this.#tales) if (names.includes(name)) this.#clear(id);
    this.countReady();
  }

  /** A change is sometimes told before the pool shows it: `stateOf` knows better. */
  countReady(stateOf: (key: KeyView) => KeyState = ({ state }) => state): void {
    const byProvider = Map.groupBy(this.#pool().keys, ({ provider }) => provider);
    for (const [provider, keys] of byProvider) {
      const id = readyId(provider);
      const takers = new Set(keys.filter((key) => acceptsCalls(stateOf(key))).map((key) => key.id));
      this.#takers.set(provider, takers);
      if (takers.size > 0) this.#board.resolve(id);
      else this.#board.raise(id, { kind: 'no-key-ready', provider, keys: keys.length });
    }
  }

  #taleOf(id: KeyId, name: string): KeyTale {
    const known = this.#tales.get(id);
    if (known !== undefined) return known;
    const tale: KeyTale = { name, own: 0, doubtful: 0, reason: 'unrecognized', before: undefined };
    this.#tales.set(id, tale);
    return tale;
  }

  #raise(id: KeyId, { name, reason, own }: KeyTale): void {
    this.#board.raise(failingId(id), { kind: 'key-failing', keyName: name, reason, times: own });
  }

  #clear(id: KeyId): void {
    this.#tales.delete(id);
    this.#board.resolve(failingId(id));
  }
}

function failingId(id: KeyId): string {
  return `key-failing:${id}`;
}

function readyId(provider: ProviderName): string {
  return `no-key-ready:${provider}`;
}
