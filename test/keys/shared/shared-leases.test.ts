import { keyLeasesConformance } from '../../conformance/key-leases-conformance.ts';
import { aKey } from '../../support/builders.ts';
import { somePools } from './pools.ts';

keyLeasesConformance('KeyPool over shared keys', async (seats) => {
  const keys = seats.map((count, index) => aKey(index + 1, { seats: count }));
  const { clock, open } = somePools({ keys, maxSeats: () => Math.max(...seats) });
  const { pool, sharing } = await open();
  return {
    leases: pool,
    nowMs: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: async () => {
      pool[Symbol.dispose]();
      await sharing[Symbol.asyncDispose]();
    },
  };
});
