import fc from 'fast-check';
import { expect } from 'vitest';
import type { KeyId } from '../../src/domain/ids.ts';
import type { KeyState } from '../../src/domain/key-state.ts';
import type { KeyRecord } from '../../src/domain/key-store.ts';
import type { KeyView } from '../../src/domain/views.ts';
import type { KeyHappening } from '../../src/keys/key-life.ts';
import { KeyPool } from '../../src/keys/key-pool.ts';
import type { Lease, SeatAnswer } from '../../src/keys/lease.ts';
import type { PoolKey } from '../../src/keys/pooled-key.ts';
import type { StrategyName } from '../../src/keys/strategies.ts';
import { virtualClock } from '../../src/kit/virtual-clock.ts';
import { failures, hour, minute } from '../support/a-pool.ts';
import { aKey } from '../support/builders.ts';

const places = [1, 2, 3, 4, 5] as const;
const mostSeats = 4;
const models = [undefined, 'a', 'b'] as const;
type Ending = keyof typeof failures | 'succeed' | 'leave';

export type Step =
  | {
      readonly do: 'lease';
      readonly model: (typeof models)[number];
      readonly avoid: boolean;
      readonly evenSlow: boolean;
    }
  | { readonly do: 'return'; readonly which: number; readonly ending: Ending; readonly model: 'a' | 'b' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'jump'; readonly byMs: number }
  | { readonly do: 'shift' }
  | { readonly do: 'note'; readonly place: number; readonly happening: KeyHappening }
  | { readonly do: 'clear'; readonly agoMs: number }
  | { readonly do: 'keys'; readonly present: readonly number[] }
  | { readonly do: 'restart' };

export type Setting = {
  readonly strategy: StrategyName;
  readonly seats: readonly number[];
  readonly shared: boolean;
  readonly seed: number;
};

const endings: readonly Ending[] = [
  'succeed',
  'succeed',
  'succeed',
  'leave',
  ...(Object.keys(failures) as (keyof typeof failures)[]),
];
const happenings: readonly KeyHappening[] = [
  { kind: 'probe-begins' },
  { kind: 'probe-passed' },
  { kind: 'probe-failed' },
  { kind: 'probe-unsure' },
  { kind: 'wake' },
  { kind: 'disable' },
  { kind: 'enable' },
];

export const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('lease' as const),
      model: fc.constantFrom(...models),
      avoid: fc.boolean(),
      evenSlow: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('return' as const),
      which: fc.nat(20),
      ending: fc.constantFrom(...endings),
      model: fc.constantFrom('a' as const, 'b' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(3_000), fc.nat(minute), fc.nat(2 * hour)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump' as const), byMs: fc.integer({ min: -hour, max: hour }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'shift' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('note' as const),
      place: fc.constantFrom(...places),
      happening: fc.constantFrom(...happenings),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), agoMs: fc.nat(minute) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('keys' as const), present: fc.subarray([...places]) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

export const aSetting: fc.Arbitrary<Setting> = fc.record({
  strategy: fc.constantFrom('health-based', 'round-robin', 'least-used', 'weighted', 'primary-first'),
  seats: fc.array(fc.integer({ min: 1, max: mostSeats }), { minLength: places.length, maxLength: places.length }),
  shared: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
});

/**
 * A pool and, beside it, the little that must be true of it: when each key may be handed out again, which keys exist,
 * who carries which call. Every step is done to both and compared.
 */
export class ModelledPool {
  readonly #setting: Setting;
  readonly #clock = virtualClock(undefined, async () => undefined);
  readonly #random: () => number;
  readonly #records = new Map<KeyId, KeyRecord>();
  readonly #groups: ReadonlyMap<KeyId, KeyId>;
  /** A key must not be handed out before; by the pool's time. */
  readonly #notBeforeMs = new Map<KeyId, number>();
  readonly #disabled = new Set<KeyId>();
  #present: readonly number[] = places;
  #out: Lease[] = [];
  #pool: KeyPool;
  /** By how much the machine's clock was set without the pool being told. */
  #untoldMs = 0;
  #rings = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
    let seed = setting.seed;
    this.#random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const account = aKey(1).id;
    this.#groups = new Map(setting.shared ? [1, 2, 3].map((place) => [aKey(place).id, account]) : []);
    this.#pool = this.#open();
  }

  async step(step: Step): Promise<void> {
    const before = this.#views();
    await this.#do(step, before);
    const after = this.#views();
    this.#checkStates(step, before, after);
    const carried = Map.groupBy(this.#out, ({ keyId }) => keyId);
    for (const view of after.values()) expect(view.inFlight).toBe(carried.get(view.id)?.length ?? 0);
    const hasTaker = [...after.values()].some(takes);
    expect(this.#pool.seats('bytez') > 0).toBe(hasTaker);
  }

  /** Every seat comes back, and every key in the end. */
  async end(): Promise<void> {
    for (const lease of this.#out.splice(0)) lease.release({ kind: 'unused' });
    await this.step({ do: 'keys', present: places });
    await this.step({ do: 'shift' });
    for (const view of this.#views().values()) {
      this.#pool.note(view.id, { kind: 'enable' });
      this.#pool.note(view.id, { kind: 'probe-passed' });
    }
    await this.#clock.advance(25 * hour);
    const views = [...this.#views().values()];
    expect(views.filter((view) => !takes(view) || view.inFlight > 0)).toEqual([]);
    expect(this.#pool.lease('bytez').kind).toBe('seat');
  }

  get #nowMs(): number {
    return this.#clock.now() - this.#untoldMs;
  }

  #keys(): readonly PoolKey[] {
    return this.#present.map((place) =>
      aKey(place, { seats: this.#setting.seats[place - 1] ?? 1, ...(place === 5 ? { onlyModel: 'a' } : {}) }),
    );
  }

  #open(): KeyPool {
    const pool = new KeyPool({
      keys: this.#keys(),
      remembered: structuredClone([...this.#records.values()]),
      groups: this.#groups,
      mostSeats: () => mostSeats,
      strategy: this.#setting.strategy,
      clock: this.#clock,
      random: this.#random,
      tell: () => undefined,
    });
    pool.onChange((record) => this.#records.set(record.id, record));
    pool.onSeat(() => (this.#rings += 1));
    return pool;
  }

  #views(): ReadonlyMap<KeyId, KeyView> {
    return new Map(this.#pool.snapshot().keys.map((view) => [view.id, view]));
  }

  async #do(step: Step, before: ReadonlyMap<KeyId, KeyView>): Promise<void> {
    switch (step.do) {
      case 'lease':
        return this.#lease(step, before);
      case 'return':
        return this.#return(step, before);
      case 'wait':
        return await this.#wait(step.ms);
      case 'jump':
        this.#clock.jump(step.byMs);
        this.#untoldMs += step.byMs;
        return;
      case 'shift':
        return this.#shift(before);
      case 'note':
        return this.#note(aKey(step.place).id, step.happening, before);
      case 'clear':
        this.#pool.clearGuesses('bytez', this.#nowMs - step.agoMs);
        return;
      case 'keys':
        this.#present = step.present;
        this.#pool.replaceKeys(this.#keys(), structuredClone([...this.#records.values()]), this.#groups);
        return;
      case 'restart':
        return this.#restart();
    }
  }

  #lease({ model, avoid, evenSlow }: Extract<Step, { do: 'lease' }>, before: ReadonlyMap<KeyId, KeyView>): void {
    const failedWith = new Set(avoid ? this.#out.map(({ keyId }) => keyId) : []);
    const answer = this.#pool.lease('bytez', {
      ...(model === undefined ? {} : { model }),
      avoid: failedWith,
      evenSlow,
    });
    if (answer.kind === 'seat') this.#checkLease(answer.lease, model, before);
    else this.#checkRefusal(answer, model, before);
  }

  #checkLease(lease: Lease, model: string | undefined, before: ReadonlyMap<KeyId, KeyView>): void {
    const view = before.get(lease.keyId);
    if (view === undefined) throw new Error(`"${lease.keyName}" was handed out, but is not in the pool`);
    expect(takes(view)).toBe(true);
    expect(this.#disabled.has(view.id)).toBe(false);
    expect(this.#nowMs).toBeGreaterThanOrEqual(this.#notBeforeMs.get(view.id) ?? -Infinity);
    if (view.state.kind === 'half-open') expect(view.inFlight).toBe(0);
    if (model !== undefined) expect(lease.serves(model)).toBe(true);
    const account = [...before.values()].filter((other) => other.id === view.id || isSame(other, view));
    expect(sum(account.map(({ inFlight }) => inFlight))).toBeLessThan(Math.min(view.seats, mostSeats));
    this.#out.push(lease);
  }

  #checkRefusal(answer: SeatAnswer, model: string | undefined, before: ReadonlyMap<KeyId, KeyView>): void {
    const views = [...before.values()];
    if (model === undefined && answer.kind === 'no-keys') expect(views).toEqual([]);
    // A key that carries nothing, and whose account carries nothing, would have had a seat.
    const idle = views.filter(
      (view) => takes(view) && view.inFlight === 0 && !views.some((other) => isSame(other, view) && other.inFlight > 0),
    );
    if (model === undefined && answer.kind !== 'slow') expect(idle).toEqual([]);
    if (answer.kind === 'cooling') expect(answer.untilMs).toBeGreaterThan(this.#nowMs);
    if (model !== undefined || answer.kind === 'slow' || answer.kind === 'no-keys') return;
    expect(answer.kind === 'busy').toBe(views.some((view) => takes(view) || view.state.kind === 'probing'));
  }

  #return(step: Extract<Step, { do: 'return' }>, before: ReadonlyMap<KeyId, KeyView>): void {
    const [lease] = this.#out.splice(step.which % Math.max(1, this.#out.length), 1);
    if (lease === undefined) return;
    const { ending, model } = step;
    if (ending === 'leave') return lease.release({ kind: 'unused' });
    if (ending === 'succeed') return lease.release({ kind: 'succeeded', ms: 40, model, job: 'image' });
    this.#expectRest(lease.keyId, ending, before);
    lease.release({ kind: 'failed', failure: failures[ending], ms: 5, model, job: 'image' });
    lease.release({ kind: 'failed', failure: failures[ending], ms: 5, model, job: 'image' });
  }

  #expectRest(id: KeyId, ending: keyof typeof failures, before: ReadonlyMap<KeyId, KeyView>): void {
    const stateOf = (key: KeyId) => before.get(key)?.state.kind ?? this.#records.get(key)?.state.kind ?? 'ready';
    const rest = (key: KeyId, untilMs: number) => {
      this.#notBeforeMs.set(key, Math.max(untilMs, this.#notBeforeMs.get(key) ?? -Infinity));
    };
    const isAsked = (key: KeyId) => !['benched', 'probing', 'disabled'].includes(stateOf(key));
    if (ending === 'limited' && isAsked(id)) rest(id, this.#nowMs + 30_000);
    if (ending === 'rejected' && isAsked(id)) rest(id, Infinity);
    if (ending !== 'poor') return;
    const account = this.#groups.get(id);
    const others = before.has(id) ? [...before.keys()].filter((key) => this.#groups.get(key) === account) : [];
    for (const key of account === undefined ? [id] : [id, ...others]) {
      if (isAsked(key)) rest(key, this.#nowMs + hour);
    }
  }

  /** What becomes possible by time alone is heard. */
  async #wait(ms: number): Promise<void> {
    const could = this.#couldLease();
    this.#rings = 0;
    await this.#clock.advance(ms);
    const rings = this.#rings;
    if (could === false && this.#couldLease() === true) expect(rings).toBeGreaterThan(0);
  }

  /** Undefined when it depends on how many jobs wait. */
  #couldLease(): boolean | undefined {
    const answer = this.#pool.lease('bytez');
    if (answer.kind === 'seat') answer.lease.release({ kind: 'unused' });
    return answer.kind === 'slow' ? undefined : answer.kind === 'seat';
  }

  #note(id: KeyId, happening: KeyHappening, before: ReadonlyMap<KeyId, KeyView>): void {
    const state = before.get(id)?.state;
    if (state !== undefined) {
      if (happening.kind === 'disable') this.#disabled.add(id);
      if (happening.kind === 'enable') this.#disabled.delete(id);
      // Of credit the free probe knows nothing.
      const isRefused = 'reason' in state && state.reason === 'rejected';
      const isBenched = isRefused && (state.kind === 'benched' || state.kind === 'probing');
      const isWoken = happening.kind === 'enable' || (happening.kind === 'wake' && state.kind !== 'disabled');
      if (isWoken || (happening.kind === 'probe-passed' && isBenched)) this.#notBeforeMs.delete(id);
    }
    this.#pool.note(id, happening);
  }

  /** A record that lies in the store does not hear of a clock that is set forward; set back, it is seen. */
  #shift(before: ReadonlyMap<KeyId, KeyView>): void {
    const byMs = this.#untoldMs;
    this.#pool.shift(byMs);
    for (const [id, ms] of this.#notBeforeMs) {
      this.#notBeforeMs.set(id, ms + (before.has(id) ? byMs : Math.min(0, byMs)));
    }
    this.#untoldMs = 0;
  }

  /** The process ends without a word: its calls are gone, its records are there, and so is the machine's clock. */
  #restart(): void {
    this.#pool[Symbol.dispose]();
    this.#out = [];
    const backMs = Math.min(0, this.#untoldMs);
    for (const [id, ms] of this.#notBeforeMs) this.#notBeforeMs.set(id, ms + backMs);
    this.#untoldMs = 0;
    this.#pool = this.#open();
  }

  #checkStates(step: Step, before: ReadonlyMap<KeyId, KeyView>, after: ReadonlyMap<KeyId, KeyView>): void {
    if (step.do === 'note' || step.do === 'shift' || step.do === 'restart' || step.do === 'clear') return;
    for (const [id, view] of after) {
      const was = before.get(id)?.state;
      if (was === undefined) continue;
      const { state } = view;
      if (wakesAtMs(state) < wakesAtMs(was)) expect(this.#nowMs).toBeGreaterThanOrEqual(soonestMs(was));
      if (was.kind === 'benched' && was.reason === 'rejected') expect(state).toEqual(was);
      if (was.kind === 'disabled') expect(state).toEqual(was);
    }
  }
}

function takes({ state }: KeyView): boolean {
  return state.kind === 'ready' || state.kind === 'suspect' || state.kind === 'half-open';
}

function isSame(one: KeyView, other: KeyView): boolean {
  return one.account !== undefined && one.account === other.account;
}

function wakesAtMs(state: KeyState): number {
  if (state.kind === 'cooling') return state.untilMs;
  return state.kind === 'benched' ? state.probeAtMs : 0;
}

/** A guessed rest may be tried at half of it. */
function soonestMs(state: KeyState): number {
  return state.kind === 'cooling' && !state.stated ? (state.sinceMs + state.untilMs) / 2 : wakesAtMs(state);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
