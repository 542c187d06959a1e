import type { KeyId } from '../domain/ids.ts';
import type { Clock } from '../kit/clock.ts';

const windowMs = 60_000;
const manyCalls = 20;
const almostAll = 0.95;

type Call = { readonly atMs: number; readonly keyId: KeyId; readonly ok: boolean };

/**
 * Tells a provider that is down from keys that are bad. Closed; opens when within a minute at least half of the keys
 * failed by the provider's own fault and no call succeeded, or when 95 % of at least twenty calls failed; the next
 * success closes it. While it is open its line is one job wide: that job is the probe, and the others keep their place.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #keys: () => number;
  readonly #onChange: (open: boolean) => void;
  #calls: Call[] = [];
  #open = false;

  /** `keys` tells how many keys the provider has that are not benched or disabled. */
  constructor(options: {
    readonly clock: Clock;
    readonly keys: () => number;
    readonly onChange: (open: boolean) => void;
  }) {
    this.#clock = options.clock;
    this.#keys = options.keys;
    this.#onChange = options.onChange;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  noteSuccess(keyId: KeyId): void {
    this.#note(keyId, true);
    // While almost all calls fail, one that succeeds does not mean that the provider is back.
    if (this.#open) this.#set(this.#almostAllFail());
  }

  /** Only for failures that are the provider's own fault. */
  noteFault(keyId: KeyId): void {
    this.#note(keyId, false);
    if (!this.#open) this.#set(this.#allFail() || this.#almostAllFail());
  }

  #note(keyId: KeyId, ok: boolean): void {
    const nowMs = this.#clock.now();
    this.#calls = this.#calls.filter(({ atMs }) => nowMs - atMs <= windowMs);
    this.#calls.push({ atMs: nowMs, keyId, ok });
  }

  #allFail(): boolean {
    const failing = new Set(this.#calls.map(({ keyId }) => keyId)).size;
    return !this.#calls.some(({ ok }) => ok) && failing * 2 >= Math.max(2, this.#keys());
  }

  #almostAllFail(): boolean {
    const failed = this.#calls.filter(({ ok }) => !ok).length;
    return this.#calls.length >= manyCalls && failed >= almostAll * this.#calls.length;
  }

  #set(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    if (!open) this.#calls = [];
    this.#onChange(open);
  }
}
