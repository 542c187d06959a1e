import assert from 'node:assert/strict';
import type { KeyId } from '../../src/domain/ids.ts';
import type { KeyRecord } from '../../src/domain/key-state.ts';
import type { KeyEvent } from '../../src/keys/rules/key-state.ts';
import type { KeyView } from '../../src/domain/views.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import type { Lease } from '../../src/domain/key-leases.ts';
import type { PoolKey } from '../../src/keys/sources/identify-keys.ts';
import { virtualClock } from '../../src/kit/virtual-clock.ts';
import { failures, hour } from '../support/a-pool.ts';
import { aKey } from '../support/builders.ts';
import { checkRefusal, checkRests, isSame, sum, acceptsCalls, type Views } from './pool-promises.ts';
import { maxSeats, places, type Setting, type Step } from './pool-steps.ts';

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

  #after: Views | undefined;

  constructor(setting: Setting) {
    this.#setting = setting;
    let seed = setting.seed;
    this.#random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const account = aKey(1).id;
    this.#groups = new Map(setting.shared ? [1, 2, 3].map((place) => [aKey(place).id, account]) : []);
    this.#pool = this.#open();
  }

  async step(step: Step): Promise<void> {
    // Nothing happens between two steps.
    const before = this.#after ?? this.#views();
    await this.#do(step, before);
    const after = this.#views();
    this.#after = after;
    const isWord = step.do === 'note' || step.do === 'shift' || step.do === 'restart' || step.do === 'clear';
    if (!isWord) checkRests(before, after, this.#nowMs);
    const inFlightAtEnd = Map.groupBy(this.#out, ({ keyId }) => keyId);
    for (const view of after.values()) {
      assert.equal(view.inFlight, inFlightAtEnd.get(view.id)?.length ?? 0, 'A call is counted twice, or not at all');
    }
    const hasTaker = [...after.values()].some(acceptsCalls);
    assert.equal(this.#pool.seats('bytez') > 0, hasTaker, 'The line is open although no key takes calls, or closed');
  }

  /** Gives everything back and waits for a day; answers the keys that did not come back. */
  async end(): Promise<readonly KeyView[]> {
    for (const lease of this.#out.splice(0)) lease.release({ kind: 'unused' });
    this.#after = undefined;
    await this.step({ do: 'keys', present: places });
    await this.step({ do: 'shift' });
    for (const { id, state } of this.#views().values()) {
      this.#pool.note(id, { kind: state.kind === 'disabled' ? 'enable' : 'probe-passed' });
    }
    await this.#clock.advance(25 * hour);
    const lost = [...this.#views().values()].filter((view) => !acceptsCalls(view) || view.inFlight > 0);
    assert.equal(this.#pool.lease('bytez').kind, 'seat');
    return lost;
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
      maxSeats: () => maxSeats,
      strategy: this.#setting.strategy,
      clock: this.#clock,
      random: this.#random,
      emit: () => undefined,
    });
    pool.onChange((id, record) => this.#records.set(id, record()));
    pool.onSeat(() => (this.#rings += 1));
    return pool;
  }

  #views(): Views {
    return new Map(this.#pool.snapshot().keys.map((view) => [view.id, view]));
  }

  async #do(step: Step, before: Views): Promise<void> {
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
        return this.#note(aKey(step.place).id, step.event, before);
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

  #lease({ model, avoid, evenSlow }: Extract<Step, { do: 'lease' }>, before: Views): void {
    const failedWith = new Set(avoid ? this.#out.map(({ keyId }) => keyId) : []);
    const answer = this.#pool.lease('bytez', {
      ...(model === undefined ? {} : { model }),
      avoid: failedWith,
      evenSlow,
    });
    if (answer.kind === 'seat') this.#checkLease(answer.lease, model, before);
    else checkRefusal(answer, model, [...before.values()], this.#nowMs);
  }

  #checkLease(lease: Lease, model: string | undefined, before: Views): void {
    const view = before.get(lease.keyId);
    if (view === undefined) throw new Error(`"${lease.keyName}" was handed out, but is not in the pool`);
    assert.ok(acceptsCalls(view), `A key that is ${view.state.kind} was handed out`);
    assert.ok(!this.#disabled.has(view.id), 'A disabled key was handed out');
    assert.ok(this.#nowMs >= (this.#notBeforeMs.get(view.id) ?? -Infinity), 'A key was handed out before its time');
    assert.ok(view.state.kind !== 'half-open' || view.inFlight === 0, 'A key that wakes got more than one call');
    assert.ok(model === undefined || lease.serves(model), 'A key was handed out for a model that it does not serve');
    const account = [...before.values()].filter((other) => other.id === view.id || isSame(other, view));
    const inFlight = sum(account.map((each) => each.inFlight));
    assert.ok(inFlight < Math.min(view.seats, maxSeats), 'A seat was given twice');
    this.#out.push(lease);
  }

  #return(step: Extract<Step, { do: 'return' }>, before: Views): void {
    const [lease] = this.#out.splice(step.which % Math.max(1, this.#out.length), 1);
    if (lease === undefined) return;
    const { ending, model } = step;
    if (ending === 'leave') return lease.release({ kind: 'unused' });
    if (ending === 'succeed') return lease.release({ kind: 'succeeded', ms: 40, model, job: 'image' });
    this.#expectRest(lease.keyId, ending, before);
    lease.release({ kind: 'failed', failure: failures[ending], ms: 5, model, job: 'image' });
    lease.release({ kind: 'failed', failure: failures[ending], ms: 5, model, job: 'image' });
  }

  #expectRest(id: KeyId, ending: keyof typeof failures, before: Views): void {
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
    assert.ok(could !== false || this.#couldLease() !== true || rings > 0, 'A key woke and nobody heard');
  }

  /** Undefined when it depends on how many jobs wait. */
  #couldLease(): boolean | undefined {
    const answer = this.#pool.lease('bytez');
    if (answer.kind === 'seat') answer.lease.release({ kind: 'unused' });
    return answer.kind === 'slow' ? undefined : answer.kind === 'seat';
  }

  #note(id: KeyId, event: KeyEvent, before: Views): void {
    const state = before.get(id)?.state;
    if (state !== undefined) {
      if (event.kind === 'disable') this.#disabled.add(id);
      if (event.kind === 'enable') this.#disabled.delete(id);
      // Of credit the free probe knows nothing.
      const isRefused = 'reason' in state && state.reason === 'rejected';
      const isBenched = isRefused && (state.kind === 'benched' || state.kind === 'probing');
      const isWoken = event.kind === 'enable' || (event.kind === 'wake' && state.kind !== 'disabled');
      if (isWoken || (event.kind === 'probe-passed' && isBenched)) this.#notBeforeMs.delete(id);
    }
    this.#pool.note(id, event);
  }

  /** A record that lies in the store does not hear of a clock that is set forward; set back, it is seen. */
  #shift(before: Views): void {
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
}
