import type { Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { Provider } from '../../domain/provider.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { InTurn, KeyInPool, PoolPort } from './pool-port.ts';

export type BalancesOptions = {
  readonly pool: PoolPort;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Whether accounts are asked about at the start. */
  readonly testOnStart?: boolean;
  /** 0 where nothing is asked in the background. */
  readonly checkEveryMs?: number;
  /** Does the work where no other process does it; absent where one process works with the keys. */
  readonly inTurn?: InTurn | undefined;
};

/** An account that was found empty is asked again this soon: money arrives while people wait. */
const emptyEveryMs = 5 * 60_000;
const othersEveryMs = 3_600_000;
const askTimeoutMs = 15_000;
/** Processes do not ask at the same time. */
const restShare = 0.8;

/**
 * Asks providers what is left on the accounts of keys, free of charge: of keys that are out of credit every five minutes,
 * of the others every hour. A key without credit wakes when its account has some again, and is not tried by a paid call
 * while its provider says that there is none.
 */
export class Balances implements AsyncDisposable {
  readonly #options: BalancesOptions;
  readonly #rounds: readonly Disposable[];
  readonly #stop = new AbortController();
  #asking: Promise<void> = Promise.resolve();

  constructor(options: BalancesOptions) {
    const { clock, testOnStart = false, checkEveryMs = 0 } = options;
    this.#options = options;
    if (testOnStart) this.#askBehind(() => true, emptyEveryMs);
    this.#rounds =
      checkEveryMs === 0
        ? []
        : [
            every(clock, emptyEveryMs, () => this.#askBehind(lacksCredit, emptyEveryMs)),
            every(clock, othersEveryMs, () => this.#askBehind((entry) => !lacksCredit(entry), othersEveryMs)),
          ];
  }

  /** Asks about these keys, unless some process did within this time; a key whose provider does not tell is left out. */
  async ask(ids: readonly KeyId[], everyMs = 0): Promise<void> {
    const { pool, providers, inTurn } = this.#options;
    const wanted = new Set(ids);
    for (const entry of pool.keys()) {
      const provider = providers.get(entry.key.provider);
      if (this.#stop.signal.aborted) return;
      if (!wanted.has(entry.key.id) || provider === undefined) continue;
      if (inTurn === undefined) await this.#askOne(entry, provider);
      else {
        const turn = { forMs: 2 * askTimeoutMs, restMs: everyMs * restShare };
        await inTurn(`balance ${entry.key.id}`, turn, () => this.#askOne(entry, provider));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const round of this.#rounds) round[Symbol.dispose]();
    this.#stop.abort(new Error('The app is closing'));
    await this.#asking;
  }

  #askBehind(wanted: (entry: KeyInPool) => boolean, everyMs: number): void {
    const { pool, emit } = this.#options;
    const ids = pool
      .keys()
      .filter((entry) => entry.state.kind !== 'disabled' && wanted(entry))
      .map(({ key }) => key.id);
    this.#asking = this.#asking
      .then(() => this.ask(ids, everyMs))
      .catch((error: unknown) => emit({ event: 'app.error', what: 'ask for the balances of keys', error }));
  }

  async #askOne({ key }: KeyInPool, provider: Provider): Promise<void> {
    if (provider.balance === undefined) return;
    const { pool, clock } = this.#options;
    using deadline = clock.deadline(askTimeoutMs, this.#stop.signal);
    const reply = await provider.balance(key.secret, deadline).catch((error: unknown) => {
      if (this.#stop.signal.aborted) return undefined;
      throw error;
    });
    if (reply?.ok !== true) return;
    const { amount, unit } = reply;
    pool.tellBalance(key.id, { amount, unit, atMs: clock.now() });
    const isOut = pool.keys().some((entry) => entry.key.id === key.id && lacksCredit(entry));
    if (isOut) pool.note(key.id, { kind: amount > 0 ? 'credit-found' : 'credit-missing' });
  }
}

function lacksCredit({ state }: KeyInPool): boolean {
  return (state.kind === 'benched' || state.kind === 'probing') && state.reason === 'out-of-credit';
}
