import type { HouseEvent } from '../domain/events.ts';
import type { KeyId } from '../domain/ids.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { AlertBoard } from './alert-board.ts';
import { RecentCalls } from './recent-calls.ts';
import { UsualLatency } from './usual-latency.ts';

const leastCalls = 20;
const tooManyErrors = 0.2;
const fewErrors = 0.1;
const slowFactor = 2;
const backFactor = 1.5;

type AttemptEnd = Extract<HouseEvent, { event: 'attempt.failed' | 'attempt.succeeded' }>;

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
