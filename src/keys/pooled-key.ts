import type { AttemptFailure, FailureReason } from '../domain/failure.ts';
import type { KeyId } from '../domain/ids.ts';
import type { KeyState } from '../domain/key-state.ts';
import type { KeyRecord } from '../domain/key-store.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { KeyView } from '../domain/views.ts';
import type { Secret } from '../kit/secret.ts';
import { stateAt } from './key-life.ts';
import type { KeyChoice } from './strategies.ts';
import { TrackRecord } from './track-record.ts';

/** How much one call moves the smoothed health: about the last eight calls count. */
const healthStep = 0.125;

/** A key as it is put into the pool. */
export type PoolKey = {
  readonly id: KeyId;
  readonly name: string;
  readonly hint: string;
  readonly provider: ProviderName;
  readonly place: number;
  readonly secret: Secret;
  readonly weight: number;
  readonly seats: number;
  /** Only for calls to this model. */
  readonly onlyModel?: string;
};

/** What the pool knows of one key; the pool alone changes it. */
export class PooledKey {
  readonly key: PoolKey;
  state: KeyState = { kind: 'ready' };
  seatLimit: number;
  inFlight = 0;
  calls = 0;
  successes = 0;
  consecutiveErrors = 0;
  limitedInARow = 0;
  health = 1;
  lastUsedMs = 0;
  readonly trackRecord = new TrackRecord();
  readonly errors: Partial<Record<FailureReason, number>> = {};
  #latencySumMs = 0;
  #timed = 0;

  constructor(key: PoolKey, remembered: KeyRecord | undefined) {
    this.key = key;
    this.seatLimit = key.seats;
    if (remembered === undefined) return;
    // A probe that was under way when the process ended is made again at once.
    this.state =
      remembered.state.kind === 'probing'
        ? { kind: 'benched', reason: remembered.state.reason, times: remembered.state.times, probeAtMs: 0 }
        : remembered.state;
    this.limitedInARow = remembered.limitedInARow;
    this.seatLimit = Math.max(1, Math.min(key.seats, remembered.seatLimit));
    this.calls = remembered.calls;
    this.successes = remembered.successes;
  }

  noteSuccess(ms: number): void {
    this.successes += 1;
    this.consecutiveErrors = 0;
    this.limitedInARow = 0;
    this.health += (1 - this.health) * healthStep;
    this.#latencySumMs += ms;
    this.#timed += 1;
  }

  /** Failures that are the request's or the model's own fault say nothing about the key's health. */
  noteFailure(failure: AttemptFailure): void {
    this.errors[failure.reason] = (this.errors[failure.reason] ?? 0) + 1;
    if (failure.blame === 'request' || failure.blame === 'model') return;
    this.consecutiveErrors += 1;
    this.health -= this.health * healthStep;
    if (failure.reason === 'rate-limited' || failure.reason === 'concurrency') this.limitedInARow += 1;
  }

  choice(): KeyChoice {
    const { place, weight } = this.key;
    const { inFlight, calls, health, consecutiveErrors, lastUsedMs } = this;
    return { place, weight, inFlight, seats: this.seatLimit, calls, health, consecutiveErrors, lastUsedMs };
  }

  record(): KeyRecord {
    const { state, limitedInARow, seatLimit, calls, successes } = this;
    return { id: this.key.id, state, limitedInARow, seatLimit, calls, successes };
  }

  view(nowMs: number): KeyView {
    return {
      id: this.key.id,
      name: this.key.name,
      provider: this.key.provider,
      hint: this.key.hint,
      state: stateAt(this.state, nowMs),
      calls: this.calls,
      successes: this.successes,
      errors: { ...this.errors },
      consecutiveErrors: this.consecutiveErrors,
      ...(this.calls > 0 ? { successRate: this.successes / this.calls } : {}),
      ...(this.#timed > 0 ? { meanLatencyMs: this.#latencySumMs / this.#timed } : {}),
      inFlight: this.inFlight,
      seats: this.seatLimit,
      ...(this.lastUsedMs > 0 ? { lastUsedMs: this.lastUsedMs } : {}),
    };
  }
}
