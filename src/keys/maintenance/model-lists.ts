import type { Emit } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import { acceptsCalls } from '../../domain/key-state.ts';
import type { ListedModel, Provider } from '../../domain/provider.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { PoolPort } from './pool-port.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const timeoutMs = 15_000;
/** A list that was read a moment ago is not read again: several models may be found gone at once. */
const freshMs = 60_000;
const maxKeysAsked = 2;

export type ModelListsOptions = {
  readonly pool: Pick<PoolPort, 'keys'>;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Whether all lists are read at the start and once a day; those of empty providers are read every hour anyway. */
  readonly readsAll: boolean;
  readonly isEmpty: (provider: ProviderName) => boolean;
  readonly onList: (provider: ProviderName, models: readonly ListedModel[]) => void;
};

type Read = { readonly done: Promise<void>; readonly atMonotonicMs: number };

/** Reads which models providers serve, with a key of theirs that accepts calls. What goes wrong says nothing of a key. */
export class ModelLists implements AsyncDisposable {
  readonly #options: ModelListsOptions;
  readonly #reads = new Map<ProviderName, Read>();
  readonly #stop = new AbortController();
  #rounds: Disposable | undefined;

  constructor(options: ModelListsOptions) {
    this.#options = options;
  }

  /** Begins to read lists. */
  start(): void {
    const { readsAll, clock, providers } = this.#options;
    if (readsAll) for (const provider of providers.keys()) void this.read(provider);
    this.#rounds = every(clock, hourMs, () => this.#readDue());
  }

  /** Reads the list of one provider, unless it was read within the last minute; never rejects. */
  read(provider: ProviderName): Promise<void> {
    const { clock } = this.#options;
    const last = this.#reads.get(provider);
    const nowMs = clock.monotonicMs();
    if (last !== undefined && nowMs - last.atMonotonicMs < freshMs) return last.done;
    const done = this.#readNow(provider);
    this.#reads.set(provider, { done, atMonotonicMs: nowMs });
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds?.[Symbol.dispose]();
    this.#stop.abort(new Error('The app is closing'));
    await Promise.all([...this.#reads.values()].map(({ done }) => done));
  }

  #readDue(): void {
    const { providers, isEmpty, clock, readsAll } = this.#options;
    for (const provider of providers.keys()) {
      const readAtMs = this.#reads.get(provider)?.atMonotonicMs ?? -Infinity;
      const isOld = readsAll && clock.monotonicMs() - readAtMs >= dayMs;
      if (isEmpty(provider) || isOld) void this.read(provider);
    }
  }

  async #readNow(name: ProviderName): Promise<void> {
    const { pool, providers, clock, emit, onList } = this.#options;
    const provider = providers.get(name);
    if (provider?.listModels === undefined) return;
    const usable = pool.keys().filter(({ key, state }) => key.provider === name && acceptsCalls(state));
    for (const { key } of usable.slice(0, maxKeysAsked)) {
      try {
        using deadline = clock.deadline(timeoutMs, this.#stop.signal);
        const reply = await provider.listModels(key.secret, deadline);
        if (!reply.ok) continue;
        emit({ event: 'models.listed', provider: name, models: reply.models.length });
        return onList(name, reply.models);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        emit({ event: 'app.error', what: `read the models of ${name}`, error });
      }
    }
  }
}
