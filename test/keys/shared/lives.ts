import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { KeyId } from '../../../src/domain/ids.ts';
import type { Lease } from '../../../src/domain/key-leases.ts';
import type { KeyEvent } from '../../../src/keys/rules/key-state.ts';
import { availabilityOf } from '../../../src/domain/views.ts';
import { failures, minute } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';
import { agreed, deathMs, type Process, somePools } from './pools.ts';

type Ending = keyof typeof failures | 'succeed' | 'leave';

const endings: readonly Ending[] = ['succeed', 'succeed', 'leave', ...(Object.keys(failures) as Ending[])];
const words: readonly KeyEvent[] = [
  { kind: 'wake' },
  { kind: 'disable' },
  { kind: 'enable' },
  { kind: 'probe-failed' },
  { kind: 'probe-passed' },
];

/** Two beats and what they bring. */
const hearingMs = 6_000;
const who = fc.nat(3);
export const aStep = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('acquire' as const), who, twice: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      which: fc.nat(20),
      ending: fc.constantFrom(...endings),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(100), fc.nat(3_000), fc.nat(20_000), fc.nat(minute)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('note' as const), who, key: fc.nat(2), event: fc.constantFrom(...words) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
);
export type Step = typeof aStep extends fc.Arbitrary<infer Value> ? Value : never;

export const aSetting = fc.record({
  processes: fc.integer({ min: 2, max: 4 }),
  seats: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
  isOneAccount: fc.boolean(),
  maxDelayMs: fc.constantFrom(0, 5, 300),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
});
export type Setting = typeof aSetting extends fc.Arbitrary<infer Value> ? Value : never;

type Out = { readonly process: Process; readonly lease: Lease };

/** Some processes that live through the steps; what must hold whatever happens is looked at after each of them. */
export class Lives {
  readonly #setting: Setting;
  readonly #world: ReturnType<typeof somePools>;
  readonly #accounts: readonly (readonly KeyId[])[];
  readonly #cut = new Set<Process>();
  /** Cut off, or restored and without the time to hear that its seats are lost. */
  readonly #unsure = new Set<Process>();
  #living: Process[] = [];
  #out: Out[] = [];
  #asking: Promise<void>[] = [];

  constructor(setting: Setting) {
    this.#setting = setting;
    let seed = setting.seed;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const keys = setting.seats.map((seats, index) => aKey(index + 1, { seats }));
    const ids = keys.map(({ id }) => id);
    this.#accounts = setting.isOneAccount ? [ids] : ids.map((id) => [id]);
    this.#world = somePools({
      keys,
      random,
      maxSeats: () => 3,
      ...(setting.isOneAccount ? { groups: new Map(keys.map(({ id }) => [id, aKey(1).id])) } : {}),
      delayMs: () => Math.floor(random() * setting.maxDelayMs),
    });
  }

  async begin(): Promise<void> {
    for (let count = 0; count < this.#setting.processes; count += 1) this.#living.push(await this.#world.open());
  }

  async step(step: Step): Promise<void> {
    await this.#do(step);
    await this.#world.settled();
    for (const account of this.#accounts) {
      const inAll = this.#world.store.heldOf(account);
      assert.ok(inAll <= 3, 'More seats are held than any account may have');
      // One that is cut off may not have heard yet that it lost its seats.
      const sure = this.#out.filter(
        ({ process, lease }) => !this.#unsure.has(process) && account.includes(lease.keyId),
      );
      const held = await Promise.all(sure.map(({ lease }) => lease.renew()));
      assert.ok(held.filter(Boolean).length <= 3, 'A seat was given twice');
    }
    this.#checkFaces();
  }

  /** All can hear again, and time passes: they agree, and no seat is lost. Returns what each is given then. */
  async end(): Promise<readonly string[]> {
    const given: string[] = [];
    for (const process of this.#cut) process.wire.restore();
    this.#cut.clear();
    if (this.#living.length === 0) this.#living.push(await this.#world.open());
    await this.#world.clock.advance(2 * deathMs);
    await Promise.all(this.#asking);
    const [first, ...others] = this.#living.map(agreed);
    for (const other of others) assert.deepEqual(other, first);
    for (const { lease } of this.#out.splice(0)) lease.release({ kind: 'unused' });
    await this.#world.clock.advance(2 * deathMs);
    assert.equal(this.#world.store.livelyOf(this.#accounts.flat()), 0, 'A seat is lost');
    for (const process of this.#living) {
      assert.deepEqual(
        process.pool.snapshot().keys.map(({ inFlight }) => inFlight),
        [0, 0, 0],
      );
    }
    const [last] = this.#living;
    for (const { id } of last?.pool.snapshot().keys ?? []) {
      last?.pool.note(id, { kind: 'enable' });
      last?.pool.note(id, { kind: 'wake' });
    }
    await this.#world.clock.advance(deathMs);
    for (const { pool } of this.#living) {
      const taking = pool.acquire('bytez', { evenSlow: true });
      await this.#world.clock.advance(deathMs);
      const answer = await taking;
      given.push(answer.kind);
      if (answer.kind === 'seat') answer.lease.release({ kind: 'unused' });
      await this.#world.clock.advance(deathMs);
    }
    return given;
  }

  async #do(step: Step): Promise<void> {
    const process = 'who' in step ? this.#living[step.who % Math.max(1, this.#living.length)] : undefined;
    switch (step.do) {
      case 'acquire':
        if (process === undefined) return;
        this.#acquire(process);
        if (step.twice) this.#acquire(process);
        return;
      case 'release':
        return this.#release(step.which, step.ending);
      case 'wait':
        await this.#world.clock.advance(step.ms);
        if (step.ms < hearingMs) return;
        for (const one of this.#unsure) if (!this.#cut.has(one)) this.#unsure.delete(one);
        return;
      case 'note':
        return process?.pool.note(aKey(step.key + 1).id, step.event);
      case 'cut':
        process?.wire.cut();
        if (process === undefined) return;
        this.#cut.add(process);
        this.#unsure.add(process);
        return;
      case 'restore':
        process?.wire.restore();
        if (process !== undefined) this.#cut.delete(process);
        return;
      case 'die':
        if (process === undefined) return;
        process.die();
        return this.#gone(process);
      case 'leave':
        if (process === undefined || this.#cut.has(process)) return;
        process.pool[Symbol.dispose]();
        void process.sharing[Symbol.asyncDispose]();
        return this.#gone(process);
    }
  }

  #gone(process: Process): void {
    this.#living = this.#living.filter((one) => one !== process);
    this.#out = this.#out.filter((one) => one.process !== process);
    this.#cut.delete(process);
    this.#unsure.delete(process);
  }

  #acquire(process: Process): void {
    const asking = process.pool.acquire('bytez', { evenSlow: true }).then((answer) => {
      if (answer.kind !== 'seat') return;
      if (this.#living.includes(process)) this.#out.push({ process, lease: answer.lease });
    });
    this.#asking.push(asking);
  }

  #release(which: number, ending: Ending): void {
    const [out] = this.#out.splice(which % Math.max(1, this.#out.length), 1);
    if (out === undefined) return;
    if (ending === 'leave') return out.lease.release({ kind: 'unused' });
    if (ending === 'succeed') return out.lease.release({ kind: 'succeeded', ms: 40, model: 'a', job: 'image' });
    out.lease.release({ kind: 'failed', failure: failures[ending], ms: 5, model: 'a', job: 'image' });
  }

  /** The line, the view and the reason for no seat are one and the same function of the states here. */
  #checkFaces(): void {
    for (const { pool } of this.#living) {
      const availability = availabilityOf(pool.snapshot().keys);
      assert.equal(pool.seats('bytez') > 0, availability.kind === 'taking');
    }
  }
}
