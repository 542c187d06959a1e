import type { KeyId } from '../domain/ids.ts';
import type { KeyDeskView } from '../domain/key-desk.ts';
import type { KeyRecord, KeyStore } from '../domain/key-store.ts';
import type { Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { PoolView } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';
import type { KeyPool } from './key-pool.ts';

const probeTimeoutMs = 15_000;
const probeEveryMs = 5_000;
const saveAfterMs = 250;

export type KeyDeskOptions = {
  readonly pool: KeyPool;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly store: KeyStore;
  readonly clock: Clock;
};

/**
 * Looks after the keys while nobody asks for a seat: probes the refused ones when they are due, remembers what was
 * learned, and does what an admin wishes.
 */
export class KeyDesk implements KeyDeskView {
  readonly #pool: KeyPool;
  readonly #providers: ReadonlyMap<ProviderName, Provider>;
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #dirty = new Map<KeyId, KeyRecord>();
  readonly #listening: Disposable;
  #rounds: Disposable | undefined;
  #saving: Disposable | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: KeyDeskOptions) {
    this.#pool = options.pool;
    this.#providers = options.providers;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#listening = this.#pool.onChange((record) => this.#remember(record));
    this.#nextRound();
  }

  snapshot(): PoolView {
    return this.#pool.snapshot();
  }

  /** Probes every key that is not disabled, all at once, without spending anything. */
  async testAll(): Promise<readonly { readonly ok: boolean }[]> {
    return await Promise.all(
      this.#pool
        .keys()
        .filter(({ state }) => state.kind !== 'disabled')
        .map(async ({ key }) => ({ ok: await this.#probe(key.id) })),
    );
  }

  /** Puts every benched or cooling key back to work on a human's word; answers how many. */
  wakeAll(): number {
    const resting = this.#pool
      .keys()
      .filter(({ state }) => state.kind === 'benched' || state.kind === 'cooling' || state.kind === 'probing');
    for (const { key } of resting) this.#pool.note(key.id, { kind: 'wake' });
    return resting.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds?.[Symbol.dispose]();
    this.#saving?.[Symbol.dispose]();
    this.#stop.abort(new Error('The house is closing'));
    this.#listening[Symbol.dispose]();
    await this.#work.catch(() => undefined);
    await this.#save();
  }

  #nextRound(): void {
    this.#rounds = this.#clock.schedule(probeEveryMs, () => {
      this.#work = this.#probeDue().finally(() => {
        if (!this.#stop.signal.aborted) this.#nextRound();
      });
      this.#work.catch(() => undefined);
    });
  }

  async #probeDue(): Promise<void> {
    const nowMs = this.#clock.now();
    const due = this.#pool
      .keys()
      .filter(({ state }) => state.kind === 'benched' && state.reason === 'rejected' && state.probeAtMs <= nowMs);
    await Promise.all(due.map(({ key }) => this.#probe(key.id)));
  }

  async #probe(id: KeyId): Promise<boolean> {
    const entry = this.#pool.keys().find(({ key }) => key.id === id);
    const provider = entry && this.#providers.get(entry.key.provider);
    if (entry === undefined || provider === undefined) return false;
    // The free probe knows nothing of credit: only a key that was refused can be woken by it.
    const wakes = entry.state.kind === 'benched' && entry.state.reason === 'rejected';
    if (wakes) this.#pool.note(id, { kind: 'probe-begins' });
    const reply = await provider
      .probe(entry.key.secret, this.#clock.deadline(probeTimeoutMs, this.#stop.signal))
      .catch(() => undefined);
    if (reply === undefined) {
      this.#pool.note(id, { kind: 'probe-unsure' });
      return false;
    }
    if (reply.ok) {
      if (wakes) this.#pool.note(id, { kind: 'probe-passed' });
      return true;
    }
    const refused = reply.failure.reason === 'rejected';
    if (wakes) this.#pool.note(id, { kind: refused ? 'probe-failed' : 'probe-unsure' });
    else if (refused) this.#pool.note(id, { kind: 'bench', reason: 'rejected' });
    return false;
  }

  #remember(record: KeyRecord): void {
    this.#dirty.set(record.id, record);
    this.#saving ??= this.#clock.schedule(saveAfterMs, () => {
      this.#saving = undefined;
      this.#work = this.#save();
      this.#work.catch(() => undefined);
    });
  }

  async #save(): Promise<void> {
    const records = [...this.#dirty.values()];
    this.#dirty.clear();
    if (records.length > 0) await this.#store.save(records);
  }
}
