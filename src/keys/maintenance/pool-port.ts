import type { KeyId } from '../../domain/ids.ts';
import type { KeyState, KeyRecord } from '../../domain/key-state.ts';
import type { PoolView } from '../../domain/views.ts';
import type { KeyEvent } from '../rules/key-state.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import type { KeysReplaced } from '../pool/key-registry.ts';

export type KeyInPool = { readonly key: PoolKey; readonly state: KeyState };

/** What those who look after the keys ask of the pool. */
export type TendedPool = {
  snapshot(): PoolView;
  keys(): readonly KeyInPool[];
  /** A word on one key; a key that is not in the pool is ignored. */
  note(id: KeyId, event: KeyEvent): void;
  /** `urgent` when more than counters changed; `record` tells how things are when it is called. */
  onChange(listener: (id: KeyId, record: () => KeyRecord, urgent: boolean) => void): Disposable;
  /** The machine's clock was set: every remembered time moves with it. */
  shift(byMs: number): void;
  /** Keys known before keep everything that was learned of them; `groups` leads from a key to the first of its account. */
  replaceKeys(
    keys: readonly PoolKey[],
    records: readonly KeyRecord[],
    groups?: ReadonlyMap<KeyId, KeyId>,
  ): KeysReplaced;
};
