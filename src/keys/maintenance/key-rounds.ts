import { acceptsCalls } from '../../domain/key-state.ts';
import type { KeyId } from '../../domain/ids.ts';
import type { KeyView } from '../../domain/views.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { KeyInPool, PoolPort } from './pool-port.ts';

const lookForDueEveryMs = 5_000;

export type KeyRoundsOptions = {
  readonly pool: PoolPort;
  readonly clock: Clock;
  /** How often refused and idle keys are probed, in milliseconds; 0 is never. */
  readonly checkEveryMs: number;
  /** Leaves out keys that some process has probed within `restMs`. */
  readonly probe: (ids: readonly KeyId[], wanted: (entry: KeyInPool) => boolean, restMs: number) => void;
  /** Another process may die while it probes. */
  readonly isShared?: boolean;
};

/** A probe of another process that is over by then will be heard of. */
const heardAfterMs = 10_000;
/** Processes do not begin their checks at the same time. */
const restShare = 0.8;

/**
 * Probes keys on a schedule: a refused key when it is due, and at each check every refused or idle key, spread over the
 * time until the next check. A key with calls in flight is not probed: its calls are the better evidence.
 */
export class KeyRounds implements Disposable {
  readonly #options: KeyRoundsOptions;
  readonly #rounds: Disposable[];
  #turns: readonly Disposable[] = [];

  constructor(options: KeyRoundsOptions) {
    const { clock, checkEveryMs } = options;
    this.#options = options;
    this.#rounds = [
      every(clock, lookForDueEveryMs, () => this.#probeDue()),
      ...(checkEveryMs > 0 ? [every(clock, checkEveryMs, () => this.#check())] : []),
    ];
  }

  [Symbol.dispose](): void {
    for (const one of [...this.#rounds, ...this.#turns]) one[Symbol.dispose]();
  }

  #probeDue(): void {
    const { pool, clock, probe, isShared = false } = this.#options;
    const isDue = ({ state }: KeyInPool) =>
      isRefused(state) ? state.probeAtMs <= clock.now() : isShared && state.kind === 'probing';
    const due = pool.keys().filter(isDue);
    if (due.length > 0) {
      probe(
        due.map(({ key }) => key.id),
        isDue,
        heardAfterMs,
      );
    }
  }

  #check(): void {
    const { pool, clock, checkEveryMs } = this.#options;
    for (const turn of this.#turns) turn[Symbol.dispose]();
    const ids = pool
      .snapshot()
      .keys.filter((view) => this.#wantsCheck(view))
      .map(({ id }) => id);
    this.#turns = ids.map((id, index) => clock.schedule((index * checkEveryMs) / ids.length, () => this.#checkOne(id)));
  }

  #checkOne(id: KeyId): void {
    const view = this.#options.pool.snapshot().keys.find((one) => one.id === id);
    if (view !== undefined && this.#wantsCheck(view)) {
      this.#options.probe([id], () => true, this.#options.checkEveryMs * restShare);
    }
  }

  #wantsCheck({ state, inFlight, lastUsedMs = 0 }: KeyView): boolean {
    if (isRefused(state)) return true;
    const { clock, checkEveryMs } = this.#options;
    return acceptsCalls(state) && inFlight === 0 && lastUsedMs <= clock.now() - checkEveryMs;
  }
}

function isRefused(state: KeyView['state']): state is Extract<KeyView['state'], { kind: 'benched' }> {
  return state.kind === 'benched' && state.reason === 'rejected';
}
