import { keyLeasesConformance } from '../conformance/key-leases-conformance.ts';
import { aPool } from '../support/a-pool.ts';
import { aKey } from '../support/builders.ts';

keyLeasesConformance('KeyPool', async (seats) => {
  const keys = seats.map((count, index) => aKey(index + 1, { seats: count }));
  const { pool, clock } = aPool({ keys, maxSeats: () => Math.max(...seats) });
  return {
    leases: pool,
    nowMs: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: async () => pool[Symbol.dispose](),
  };
});
