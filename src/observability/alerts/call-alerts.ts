import type { AppEvent } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { AlertBoard } from './alert-board.ts';

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
