import { setImmediate as turn } from 'node:timers/promises';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { Lease, SeatRequest } from '../../../src/domain/key-leases.ts';
import { KeyPool, type KeyPoolOptions } from '../../../src/keys/pool/key-pool.ts';
import { Sharing } from '../../../src/keys/shared/sharing.ts';
import type { KeyView } from '../../../src/domain/views.ts';
import { virtualClock } from '../../../src/kit/virtual-clock.ts';
import { MemorySharedKeys } from '../../support/memory-shared-keys.ts';
import { aKey } from '../../support/builders.ts';

/** Longer than a lease lasts, and than the others take to notice. */
export const deathMs = 15_000;
const stepMs = 50;

type PoolsOptions = Partial<Omit<KeyPoolOptions, 'sharing' | 'clock' | 'emit'>> & {
  /** For each way of a question, an answer or news, in milliseconds. */
  readonly delayMs?: () => number;
};

/** One process of several: its pool, and its way to the store. */
export type Process = Awaited<ReturnType<ReturnType<typeof somePools>['open']>>;

/** A store in memory, and processes that work with the keys over it. */
export function somePools(options: PoolsOptions = {}) {
  const { delayMs, ...pools } = options;
  const clock = virtualClock(undefined, () => turn());
  const store = new MemorySharedKeys(clock);
  let ids = 0;
  const settled = () => turn();
  /** `aheadMs`: how far the clock of its machine is ahead. */
  const open = async ({ aheadMs = 0 }: { readonly aheadMs?: number } = {}) => {
    const wire = store.connect(delayMs === undefined ? {} : { delayMs });
    const machineClock = { ...clock, now: () => clock.now() + aheadMs };
    const sharing = new Sharing({ shared: wire, clock: machineClock, newId: () => `id-${(ids += 1)}` });
    const events: AppEvent[] = [];
    const pool = new KeyPool({
      keys: [aKey(1), aKey(2), aKey(3)],
      remembered: [],
      strategy: 'health-based',
      random: () => 0.5,
      ...pools,
      clock: machineClock,
      emit: (event) => events.push(event),
      sharing,
    });
    const heard: string[] = [];
    pool.onSeat((provider) => heard.push(provider));
    const starting = { isOver: false };
    const started = sharing.start().finally(() => (starting.isOver = true));
    for (await settled(); !starting.isOver; await settled()) await clock.advance(stepMs);
    await started;
    return {
      wire,
      sharing,
      pool,
      events,
      heard,
      /** A seat; throws when there is none. */
      seat: async (request: SeatRequest = {}): Promise<Lease> => {
        const answer = await pool.acquire('bytez', request);
        if (answer.kind !== 'seat') throw new Error(`Expected a seat, got "${answer.kind}"`);
        return answer.lease;
      },
      states: () => pool.snapshot().keys.map(({ state }) => state.kind),
      /** Ends without a word to anybody. */
      die: () => {
        wire.cut();
        pool[Symbol.dispose]();
      },
    };
  };
  return { clock, store, open, settled };
}

/**
 * What all processes have to agree on. That two keys share an account is guessed by one process, and tried by it alone: until
 * the trial is over, the others do not go by it.
 */
export function agreed({ pool }: Process) {
  const { keys } = pool.snapshot();
  const isTried = keys.some(({ state }) => state.kind === 'half-open' && state.after === 'concurrency');
  return keys.map(({ id, state, seats, account }: KeyView) => ({ id, state, ...(isTried ? {} : { seats, account }) }));
}
