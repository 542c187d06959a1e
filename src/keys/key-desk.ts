import type { Tell } from '../domain/events.ts';
import type { KeyId } from '../domain/ids.ts';
import type { KeyDeskView, KeyTest } from '../domain/key-desk.ts';
import type { KeyRecord, KeyStore, KeyWish } from '../domain/key-store.ts';
import type { Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { PoolView } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';
import { every } from '../kit/every.ts';
import { clockJumps } from './clock-jumps.ts';
import { KeyProber } from './key-prober.ts';
import { KeyRounds } from './key-rounds.ts';
import { KeySaver } from './key-saver.ts';
import type { PoolKey } from './pooled-key.ts';
import type { KeyInPool, TendedPool } from './tended-pool.ts';
import { WishDesk } from './wish-desk.ts';

const watchClockEveryMs = 1_000;
/** A smaller difference is the clock being kept right, not being set. */
const smallestJumpMs = 2_000;

export type KeyDeskOptions = {
  readonly pool: TendedPool;
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly tell: Tell;
  /** Tests all keys in the background as soon as the desk opens; not without being told. */
  readonly testOnStart?: boolean;
  /** How often refused and idle keys are tested; 0, and without being told, never. */
  readonly checkEveryMs?: number;
};

/**
 * Looks after the keys while nobody asks for a seat: tests them, confirms refusals, remembers what was learned, does what
 * admins wish here and from beside, follows the machine's clock, and takes in other keys at run time.
 */
export class KeyDesk implements KeyDeskView, AsyncDisposable {
  readonly #pool: TendedPool;
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #tell: Tell;
  readonly #testsNewKeys: boolean;
  readonly #saver: KeySaver;
  readonly #prober: KeyProber;
  readonly #wishes: WishDesk;
  readonly #listening: Disposable;
  readonly #rounds: readonly Disposable[];
  readonly #background = new Set<Promise<void>>();
  #replacing: Promise<void> = Promise.resolve();

  constructor(options: KeyDeskOptions) {
    const { pool, store, clock, tell, testOnStart = false, checkEveryMs = 0 } = options;
    this.#pool = pool;
    this.#store = store;
    this.#clock = clock;
    this.#tell = tell;
    this.#testsNewKeys = testOnStart;
    this.#saver = new KeySaver(options);
    this.#prober = new KeyProber(options);
    this.#wishes = new WishDesk({ store, clock, tell, carryOut: (wish) => this.#carryOut(wish) });
    this.#listening = pool.onChange((id, record, urgent) => this.#onChange(id, record, urgent));
    const jumpedMs = clockJumps(clock);
    this.#rounds = [
      every(clock, watchClockEveryMs, () => {
        const byMs = jumpedMs();
        if (Math.abs(byMs) > smallestJumpMs) pool.shift(byMs);
      }),
      new KeyRounds({ pool, clock, checkEveryMs, probe: (ids, wanted) => this.#probeBehind(ids, wanted) }),
    ];
    if (testOnStart) this.#behind(this.#test(isTestedAtStart).then(() => undefined));
  }

  snapshot(): PoolView {
    return this.#pool.snapshot();
  }

  async testAll(): Promise<readonly KeyTest[]> {
    return await this.#test(({ state }) => state.kind !== 'disabled');
  }

  wakeAll(): number {
    const resting = this.#pool.keys().filter(({ state }) => isResting(state));
    for (const { key } of resting) this.#pool.note(key.id, { kind: 'wake' });
    return resting.length;
  }

  wake(id: KeyId): boolean {
    return this.#withKey(id, ({ state }) => {
      if (isResting(state)) this.#pool.note(id, { kind: 'wake' });
    });
  }

  disable(id: KeyId): boolean {
    return this.#withKey(id, () => this.#pool.note(id, { kind: 'disable' }));
  }

  enable(id: KeyId): boolean {
    return this.#withKey(id, ({ state }) => {
      if (state.kind === 'disabled') this.#pool.note(id, { kind: 'enable' });
    });
  }

  /** Goes on with these keys; what is remembered of a key that was here before comes back with it. */
  async replaceKeys(keys: readonly PoolKey[], groups?: ReadonlyMap<KeyId, KeyId>): Promise<void> {
    const turn = this.#replacing.then(() => this.#replace(keys, groups));
    this.#replacing = turn.catch(() => undefined);
    await turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const round of this.#rounds) round[Symbol.dispose]();
    await this.#replacing;
    await this.#prober.stop();
    await this.#wishes[Symbol.asyncDispose]();
    await Promise.all(this.#background);
    this.#listening[Symbol.dispose]();
    await this.#saver.flush();
  }

  #onChange(id: KeyId, record: () => KeyRecord, urgent: boolean): void {
    this.#saver.remember(id, record, urgent);
    // A probe that is under way gives the answer already.
    if (urgent && isUnconfirmed(record()) && !this.#prober.isProbing(id)) this.#probeBehind([id], isUnconfirmed);
  }

  async #test(wanted: (entry: KeyInPool) => boolean): Promise<readonly KeyTest[]> {
    const startMs = this.#clock.uptimeMs();
    const ids = this.#pool.keys().map(({ key }) => key.id);
    const tests = await this.#prober.probe(ids, wanted);
    const working = tests.filter(({ ok }) => ok).length;
    const ms = Math.round(this.#clock.uptimeMs() - startMs);
    if (tests.length > 0) this.#tell({ event: 'keys.tested', working, total: tests.length, ms });
    return tests;
  }

  #probeBehind(ids: readonly KeyId[], wanted: (entry: KeyInPool) => boolean): void {
    this.#behind(this.#prober.probe(ids, wanted).then(() => undefined));
  }

  #behind(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => this.#tell({ event: 'house.trouble', what: 'Cannot look after the keys', error }))
      .finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }

  #withKey(id: KeyId, act: (entry: KeyInPool) => void): boolean {
    const entry = this.#pool.keys().find(({ key }) => key.id === id);
    if (entry !== undefined) act(entry);
    return entry !== undefined;
  }

  async #carryOut({ wish, id }: KeyWish): Promise<void> {
    if (wish === 'test') {
      await this.#test(({ key, state }) => (id === undefined ? state.kind !== 'disabled' : key.id === id));
      return;
    }
    const ids = id === undefined ? this.#pool.keys().map(({ key }) => key.id) : [id];
    for (const one of ids) this[wish](one);
  }

  async #replace(keys: readonly PoolKey[], groups: ReadonlyMap<KeyId, KeyId> | undefined): Promise<void> {
    const known = new Set(this.#pool.keys().map(({ key }) => key.id));
    const isNew = keys.some(({ id }) => !known.has(id));
    // What the pool learned of a key that left it is in the store by then.
    if (isNew) await this.#saver.flush();
    const records = isNew ? await this.#store.load() : [];
    const { added, removed } = this.#pool.replaceKeys(keys, records, groups);
    if (added.length + removed.length === 0) return;
    this.#tell({ event: 'keys.reloaded', added, removed });
    const newcomers = keys.filter(({ id }) => !known.has(id)).map(({ id }) => id);
    if (this.#testsNewKeys && newcomers.length > 0) this.#probeBehind(newcomers, isTestedAtStart);
  }
}

/** Refused by a real call, and nobody has asked again yet. */
function isUnconfirmed({ state }: Pick<KeyInPool, 'state'>): boolean {
  return state.kind === 'benched' && state.reason === 'rejected' && !state.confirmed;
}

function isResting(state: KeyInPool['state']): boolean {
  return state.kind === 'benched' || state.kind === 'cooling' || state.kind === 'probing';
}

/** A time that the provider named is waited for. */
function isTestedAtStart({ state }: KeyInPool): boolean {
  return state.kind !== 'disabled' && !(state.kind === 'cooling' && state.stated);
}
