import type { KeyChoice, KeyTest, KeyTestOptions } from '../../domain/admin-api.ts';
import type { Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { KeyRecord, KeyStore } from '../../domain/key-state.ts';
import type { Provider } from '../../domain/provider.ts';
import type { PoolView } from '../../domain/views.ts';
import { type Clock, every, clockJumps } from '../../kit/clock.ts';
import { Balances } from './balances.ts';
import { KeyProber, type ProbeOptions } from './prober.ts';
import { KeyRounds } from './key-rounds.ts';
import { WriteBehindStore } from './write-behind.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import type { InTurn, KeyInPool, PoolPort } from './pool-port.ts';

const watchClockEveryMs = 1_000;
/** Keys that another process has tested since then are not tested for being new here. */
const lateTestMs = 60_000;
/** A smaller difference is clock synchronisation. */
const minJumpMs = 2_000;

export type KeyMaintenanceOptions = {
  readonly pool: PoolPort;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Called when a provider refuses every key alike: it refuses this machine. */
  readonly onBlocked?: (provider: ProviderName) => void;
  /** Tests all keys in the background at the start; off by default. */
  readonly testOnStart?: boolean;
  /** How often refused and idle keys are tested, in milliseconds; 0, the default, is never. */
  readonly checkEveryMs?: number;
  /** Does the work where no other process does it; absent where one process works with the keys. */
  readonly inTurn?: InTurn | undefined;
};

/**
 * Looks after the keys while nobody asks for a seat: tests them, confirms refusals, remembers what was learned, does what
 * operators ask for, follows the machine's clock, and takes in other keys at run time.
 */
export class KeyMaintenance implements AsyncDisposable {
  readonly #pool: PoolPort;
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #testsNewKeys: boolean;
  readonly #saver: WriteBehindStore;
  readonly #prober: KeyProber;
  readonly #balances: Balances;
  readonly #listening: readonly Disposable[];
  readonly #rounds: readonly Disposable[];
  readonly #background = new Set<Promise<void>>();
  #replacing: Promise<void> = Promise.resolve();

  constructor(options: KeyMaintenanceOptions) {
    const { pool, store, clock, emit, testOnStart = false, checkEveryMs = 0 } = options;
    this.#pool = pool;
    this.#store = store;
    this.#clock = clock;
    this.#emit = emit;
    this.#testsNewKeys = testOnStart;
    this.#saver = new WriteBehindStore(options);
    this.#prober = new KeyProber(options);
    this.#balances = new Balances(options);
    this.#listening = [
      pool.onChange(this.#saver.remember),
      pool.onChange((id, record) => this.#confirm(id, record()), 'benched'),
    ];
    const jumpedMs = clockJumps(clock);
    this.#rounds = [
      every(clock, watchClockEveryMs, () => {
        const byMs = jumpedMs();
        if (Math.abs(byMs) > minJumpMs) pool.shift(byMs);
      }),
      new KeyRounds({
        pool,
        clock,
        checkEveryMs,
        probe: (ids, wanted, restMs) => this.#probeBehind(ids, wanted, restMs),
        isShared: options.inTurn !== undefined,
      }),
    ];
    if (testOnStart) this.#behind(this.#test(isTestedAtStart, { restMs: lateTestMs }).then(() => undefined));
  }

  snapshot(): PoolView {
    return this.#pool.snapshot();
  }

  async test(keys: KeyChoice, { onTest, signal }: KeyTestOptions = {}): Promise<readonly KeyTest[]> {
    signal?.throwIfAborted();
    const chosen = keys === 'all' ? undefined : new Set(keys);
    const testing = this.#test(
      ({ key, state }) => (chosen === undefined ? state.kind !== 'disabled' : chosen.has(key.id)),
      onTest === undefined ? {} : { onTest },
    );
    return signal === undefined ? testing : Promise.race([testing, abortOf(signal)]);
  }

  /** Asks the free probes of these keys whether they are accepted; a key that cannot be asked is left out. */
  async probeKeys(ids: readonly KeyId[]): Promise<ReadonlyMap<KeyId, 'accepted' | 'refused'>> {
    const tests = await this.#prober.probe(ids, ({ state }) => state.kind !== 'disabled', {});
    const verdicts = new Map<KeyId, 'accepted' | 'refused'>();
    for (const { id, ok, reason } of tests) {
      if (ok) verdicts.set(id, 'accepted');
      else if (reason === 'rejected') verdicts.set(id, 'refused');
    }
    return verdicts;
  }

  wake(keys: KeyChoice): number {
    return this.#change(keys, 'wake');
  }

  disable(keys: KeyChoice): number {
    return this.#change(keys, 'disable');
  }

  enable(keys: KeyChoice): number {
    return this.#change(keys, 'enable');
  }

  /** Resolves when all pending records are stored, or storing them failed. */
  async saved(): Promise<void> {
    await this.#saver.flush();
  }

  /** Replaces the keys; a key that returns gets its stored record back. */
  async replaceKeys(keys: readonly PoolKey[], groups?: ReadonlyMap<KeyId, KeyId>): Promise<void> {
    const turn = this.#replacing.then(() => this.#replace(keys, groups));
    this.#replacing = turn.catch(() => undefined);
    await turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const round of this.#rounds) round[Symbol.dispose]();
    await this.#replacing;
    await this.#prober.stop();
    await this.#balances[Symbol.asyncDispose]();
    await Promise.all(this.#background);
    for (const listening of this.#listening) listening[Symbol.dispose]();
    await this.#saver.flush();
  }

  #confirm(id: KeyId, record: KeyRecord): void {
    // A running probe already covers it.
    if (isUnconfirmed(record) && !this.#prober.isProbing(id)) this.#probeBehind([id], isUnconfirmed, 0);
  }

  async #test(wanted: (entry: KeyInPool) => boolean, options: ProbeOptions): Promise<readonly KeyTest[]> {
    const startMs = this.#clock.monotonicMs();
    // An unwanted key is left out even while another caller probes it.
    const ids = this.#pool
      .keys()
      .filter((entry) => wanted(entry))
      .map(({ key }) => key.id);
    const tests = await this.#prober.probe(ids, wanted, options);
    const working = tests.filter(({ ok }) => ok).length;
    const ms = Math.round(this.#clock.monotonicMs() - startMs);
    if (tests.length > 0) this.#emit({ event: 'keys.tested', working, total: tests.length, ms });
    return tests;
  }

  #probeBehind(ids: readonly KeyId[], wanted: (entry: KeyInPool) => boolean, restMs: number): void {
    this.#behind(this.#prober.probe(ids, wanted, { restMs }).then(() => undefined));
  }

  #behind(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => this.#emit({ event: 'app.error', what: 'probe the keys', error }))
      .finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }

  /** Applies the change to the chosen keys that it concerns. Returns their number. */
  #change(keys: KeyChoice, change: keyof typeof concerns): number {
    const chosen = keys === 'all' ? undefined : new Set(keys);
    const concerned = this.#pool
      .keys()
      .filter(({ key, state }) => chosen?.has(key.id) !== false && concerns[change](state));
    for (const { key } of concerned) this.#pool.note(key.id, { kind: change });
    return concerned.length;
  }

  async #replace(keys: readonly PoolKey[], groups: ReadonlyMap<KeyId, KeyId> | undefined): Promise<void> {
    const known = new Set(this.#pool.keys().map(({ key }) => key.id));
    const isNew = keys.some(({ id }) => !known.has(id));
    // Stores the records of removed keys before they are loaded again.
    if (isNew) await this.#saver.flush();
    const records = isNew ? await this.#store.load() : [];
    const { added, removed } = this.#pool.replaceKeys(keys, records, groups);
    if (added.length + removed.length === 0) return;
    this.#emit({ event: 'keys.reloaded', added, removed });
    const newcomers = keys.filter(({ id }) => !known.has(id)).map(({ id }) => id);
    if (this.#testsNewKeys && newcomers.length > 0) this.#probeBehind(newcomers, isTestedAtStart, lateTestMs);
  }
}

/** Refused by a real call and not probed since. */
function isUnconfirmed({ state }: Pick<KeyInPool, 'state'>): boolean {
  return state.kind === 'benched' && state.reason === 'rejected' && !state.confirmed;
}

function isWakeable(state: KeyInPool['state']): boolean {
  return state.kind === 'benched' || state.kind === 'cooling' || state.kind === 'probing';
}

const concerns = {
  wake: isWakeable,
  disable: ({ kind }) => kind !== 'disabled',
  enable: (state) => state.kind === 'disabled' && state.ended !== true,
} as const satisfies Record<string, (state: KeyInPool['state']) => boolean>;

/** Rejects with the signal's reason once it aborts. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Keys in a stated cooldown are not tested. */
function isTestedAtStart({ state }: KeyInPool): boolean {
  return state.kind !== 'disabled' && !(state.kind === 'cooling' && state.stated);
}
