import type { KeyId } from '../../domain/ids.ts';
import type { KeyBalance, KeyState, KeyRecord } from '../../domain/key-state.ts';
import type { PoolView } from '../../domain/views.ts';
import type { KeyEvent } from '../rules/key-state.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import type { KeysReplaced } from '../pool/key-registry.ts';

/** Does the work when it is the turn of this process; undefined when it is another one's, or has been lately. */
export type InTurn = <Result>(
  name: string,
  turn: { readonly forMs: number; readonly restMs: number },
  work: () => Promise<Result>,
) => Promise<Result | undefined>;

export type KeyInPool = { readonly key: PoolKey; readonly state: KeyState };

/** The part of the pool that the maintenance uses. */
export type PoolPort = {
  snapshot(): PoolView;
  keys(): readonly KeyInPool[];
  /** Applies an event to one key; an unknown key is ignored. */
  note(id: KeyId, event: KeyEvent): void;
  /** The provider says how many calls at once the account of this key may carry. */
  tellSeats(id: KeyId, seats: number): void;
  /** The provider says what is left on the account of this key. */
  tellBalance(id: KeyId, balance: KeyBalance): void;
  /** `urgent` when more than counters changed; `record` builds the current record. `benched` hears of the urgent ones of benched keys. */
  onChange(
    listener: (id: KeyId, record: () => KeyRecord, urgent: boolean) => void,
    which?: 'all' | 'benched',
  ): Disposable;
  /** Moves every stored time by `byMs`, after the system clock was set. */
  shift(byMs: number): void;
  /** Replaces all keys; known keys keep their state. `groups` maps a key to the first key of its account. */
  replaceKeys(
    keys: readonly PoolKey[],
    records: readonly KeyRecord[],
    groups?: ReadonlyMap<KeyId, KeyId>,
  ): KeysReplaced;
};
