import type { KeyId } from '../../src/domain/ids.ts';
import type { KeyState, KeyRecord } from '../../src/domain/key-state.ts';
import type { KeyView, PoolView } from '../../src/domain/views.ts';
import type { ChangeListener } from '../../src/keys/pool/transitions.ts';
import { nextKeyState } from '../../src/keys/rules/key-state.ts';
import type { Clock } from '../../src/kit/clock.ts';
import type { PoolKey } from '../../src/keys/sources/identify-keys.ts';
import type { KeysReplaced } from '../../src/keys/pool/key-registry.ts';
import type { PoolPort } from '../../src/keys/maintenance/pool-port.ts';

const health = { calls: 0, successes: 0, errors: {}, consecutiveErrors: 0, callsToday: 0, day: 0 } as const;

export type FakePool = PoolPort & {
  /** Every word that was said of a key. */
  readonly noted: string[];
  readonly shifts: number[];
  readonly replaced: { readonly keys: readonly string[]; readonly records: readonly KeyRecord[] }[];
  state(place: number): KeyState;
  /** What a real call does to a key, told to the listeners. */
  become(place: number, state: KeyState, urgent?: boolean): void;
  view(place: number, view: Partial<KeyView>): void;
};

/** A pool without seats: it notes what it is told and lets its keys live. */
export function fakePool(first: readonly PoolKey[], clock: Clock): FakePool {
  let keys = [...first];
  const noted: string[] = [];
  const shifts: number[] = [];
  const replaced: FakePool['replaced'] = [];
  const states = new Map<KeyId, KeyState>();
  const views = new Map<KeyId, Partial<KeyView>>();
  const listeners = new Map<ChangeListener, 'all' | 'benched'>();
  const stateOf = (id: KeyId): KeyState => states.get(id) ?? { kind: 'ready' };
  const keyAt = (place: number) => {
    const key = keys.find((one) => one.place === place);
    if (key === undefined) throw new Error(`Cannot find key ${place}`);
    return key;
  };
  const emit = (key: PoolKey, urgent: boolean) => {
    const { id, provider, name } = key;
    const record = { id, provider, name, savedAtMs: 0, limitedInARow: 0, seats: { limit: 1 }, inFlight: 0, health };
    for (const [listener, which] of listeners) {
      const isHeard = which === 'all' || (urgent && stateOf(id).kind === 'benched');
      if (isHeard) listener(id, () => ({ ...record, state: stateOf(id) }), urgent);
    }
  };
  return {
    noted,
    tellBalance: (id, { amount }) => void noted.push(`${id} has ${amount}`),
    shifts,
    replaced,
    state: (place) => stateOf(keyAt(place).id),
    become: (place, state, urgent = true) => {
      const key = keyAt(place);
      states.set(key.id, state);
      emit(key, urgent);
    },
    tellSeats: (id, seats) => void noted.push(`${id}: ${seats} seats`),
    view: (place, view) => void views.set(keyAt(place).id, view),
    snapshot: (): PoolView => ({
      total: keys.length,
      ready: 0,
      cooling: 0,
      benched: 0,
      disabled: 0,
      keys: keys.map(({ id, name, provider, hint }) => ({
        ...health,
        id,
        name,
        provider,
        hint,
        state: stateOf(id),
        inFlight: 0,
        seats: 1,
        ...views.get(id),
      })),
    }),
    keys: () => keys.map((key) => ({ key, state: stateOf(key.id) })),
    note: (id, event) => {
      const key = keys.find((one) => one.id === id);
      if (key === undefined) return;
      noted.push(`${key.name} ${event.kind}`);
      states.set(id, nextKeyState(stateOf(id), event, { nowMs: clock.now(), inARow: 1, random: () => 0.5 }));
      emit(key, true);
    },
    onChange: (listener, which = 'all') => {
      listeners.set(listener, which);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    shift: (byMs) => void shifts.push(byMs),
    replaceKeys: (next, records): KeysReplaced => {
      replaced.push({ keys: next.map(({ name }) => name), records });
      const added = next.filter(({ id }) => keys.every((key) => key.id !== id)).map(({ name }) => name);
      const removed = keys.filter(({ id }) => next.every((key) => key.id !== id)).map(({ name }) => name);
      keys = [...next];
      return { added, removed };
    },
  };
}
