import type { KeyId } from '../domain/ids.ts';
import { takesCalls } from '../domain/key-state.ts';
import type { KeyView } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';
import { every } from '../kit/every.ts';
import type { KeyInPool, TendedPool } from './tended-pool.ts';

const lookForDueEveryMs = 5_000;

export type KeyRoundsOptions = {
  readonly pool: TendedPool;
  readonly clock: Clock;
  /** How often refused and idle keys are looked after; 0 is never. */
  readonly checkEveryMs: number;
  readonly probe: (ids: readonly KeyId[], wanted: (entry: KeyInPool) => boolean) => void;
};

/**
 * Goes round the keys: a refused one is probed when its time has come, and at each check every refused or idle one is,
 * spread over the time until the next check. A key that carries calls is never probed: its calls say more.
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
    const { pool, clock, probe } = this.#options;
    const isDue = ({ state }: KeyInPool) => isRefused(state) && state.probeAtMs <= clock.now();
    const due = pool.keys().filter(isDue);
    if (due.length > 0) {
      probe(
        due.map(({ key }) => key.id),
        isDue,
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
    if (view !== undefined && this.#wantsCheck(view)) this.#options.probe([id], () => true);
  }

  #wantsCheck({ state, inFlight, lastUsedMs = 0 }: KeyView): boolean {
    if (isRefused(state)) return true;
    const { clock, checkEveryMs } = this.#options;
    return takesCalls(state) && inFlight === 0 && lastUsedMs <= clock.now() - checkEveryMs;
  }
}

function isRefused(state: KeyView['state']): state is Extract<KeyView['state'], { kind: 'benched' }> {
  return state.kind === 'benched' && state.reason === 'rejected';
}
