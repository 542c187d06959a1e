import type { AppEvent } from '../../domain/events.ts';
import type { AttemptFailure, FailureReason } from '../../domain/failure.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { type KeyState, acceptsCalls } from '../../domain/key-state.ts';
import type { KeyView, PoolView } from '../../domain/views.ts';
import type { AlertBoard } from './alert-board.ts';

const failuresInARow = 3;

/** What is known of one key since its last success. */
type KeyTale = {
  name: string;
  /** Failures that are the key's own. */
  own: number;
  /** Failures that may be the provider's, until it turns out that only this key meets them. */
  doubtful: number;
  reason: FailureReason;
  before: KeyState['kind'] | undefined;
};

type KeyChange = Extract<AppEvent, { event: 'key.changed' }>;

/** Looks at keys: which of them keep failing by their own fault, and whether a provider has none that takes calls. */
export class KeyWatch {
  readonly #board: AlertBoard;
  readonly #pool: () => PoolView;
  readonly #providerOf: (id: KeyId) => ProviderName | undefined;
  readonly #tales = new Map<KeyId, KeyTale>();
  /** The keys that take calls, so that not every change asks the pool for all of it. */
  readonly #takers = new Map<ProviderName, Set<KeyId>>();

  constructor(board: AlertBoard, pool: () => PoolView, providerOf: (id: KeyId) => ProviderName | undefined) {
    this.#providerOf = providerOf;
    this.#board = board;
    this.#pool = pool;
  }

  failed(id: KeyId, name: string, failure: AttemptFailure): void {
    // A taken seat is how the number of seats is learned.
    if (failure.blame === 'request' || failure.blame === 'model' || failure.reason === 'concurrency') return;
    const tale = this.#taleOf(id, name);
    tale.reason = failure.reason;
    if (failure.blame === 'key') tale.own += 1;
    else tale.doubtful += 1;
    if (tale.own >= failuresInARow) this.#raise(id, tale);
  }

  succeeded(id: KeyId): void {
    if (this.#tales.has(id)) this.#clear(id);
  }

  changed({ keyId: id, keyName, state }: KeyChange): void {
    const tale = this.#taleOf(id, keyName);
    const { before } = tale;
    tale.before = state.kind;
    if (state.kind === 'benched' && state.confirmed) {
      tale.own = Math.max(tale.own, state.times, 1);
      tale.reason = state.reason;
      this.#raise(id, tale);
    } else if (state.kind === 'cooling' && state.reason === 'fails-alone') {
      tale.own += Math.max(tale.doubtful, 1);
      tale.doubtful = 0;
      if (tale.own >= failuresInARow) this.#raise(id, tale);
    } else if (state.kind === 'disabled' || (state.kind === 'ready' && before === 'probing')) {
      this.#clear(id);
    }
    const provider = this.#providerOf(id);
    const takers = provider === undefined ? undefined : this.#takers.get(provider);
    if (provider !== undefined && takers !== undefined && acceptsCalls(state)) {
      takers.add(id);
      this.#board.resolve(readyId(provider));
    } else if (takers === undefined || (takers.delete(id) && takers.size === 0)) {
      this.countReady((key) => (key.id === id ? state : key.state));
    }
  }

  /** These keys have gone, or it was never their fault. */
  cleared(names: readonly string[]): void {
    for (const [id, { name }] of this.#tales) if (names.includes(name)) this.#clear(id);
    this.countReady();
  }

  /** A change is sometimes told before the pool shows it: `stateOf` knows better. */
  countReady(stateOf: (key: KeyView) => KeyState = ({ state }) => state): void {
    const byProvider = Map.groupBy(this.#pool().keys, ({ provider }) => provider);
    for (const [provider, keys] of byProvider) {
      const id = readyId(provider);
      const takers = new Set(keys.filter((key) => acceptsCalls(stateOf(key))).map((key) => key.id));
      this.#takers.set(provider, takers);
      if (takers.size > 0) this.#board.resolve(id);
      else this.#board.raise(id, { kind: 'no-key-ready', provider, keys: keys.length });
    }
  }

  #taleOf(id: KeyId, name: string): KeyTale {
    const known = this.#tales.get(id);
    if (known !== undefined) return known;
    const tale: KeyTale = { name, own: 0, doubtful: 0, reason: 'unrecognized', before: undefined };
    this.#tales.set(id, tale);
    return tale;
  }

  #raise(id: KeyId, { name, reason, own }: KeyTale): void {
    this.#board.raise(failingId(id), { kind: 'key-failing', keyName: name, reason, times: own });
  }

  #clear(id: KeyId): void {
    this.#tales.delete(id);
    this.#board.resolve(failingId(id));
  }
}

function failingId(id: KeyId): string {
  return `key-failing:${id}`;
}

function readyId(provider: ProviderName): string {
  return `no-key-ready:${provider}`;
}
