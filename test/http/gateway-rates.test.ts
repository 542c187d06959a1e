import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimits } from '../../src/http/gateway/rate-limits.ts';

test('RateLimits lets no more calls through in a minute than twice the limit, and the wait that it tells is enough', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }),
      (limit, gaps) => {
        let nowMs = 0;
        const rates = new RateLimits({ monotonicMs: () => nowMs });
        const taken: number[] = [];
        for (const gap of gaps) {
          nowMs += gap;
          const waitMs = rates.take(-1, limit);
          if (waitMs === 0) taken.push(nowMs);
          else {
            nowMs += Math.ceil(waitMs);
            expect(rates.take(-1, limit)).toBe(0);
            taken.push(nowMs);
          }
        }
        for (const at of taken)
          expect(taken.filter((one) => one >= at && one < at + 60_000).length).toBeLessThanOrEqual(2 * limit);
        // Another client has calls of its own.
        expect(rates.take(-2, limit)).toBe(0);
      },
    ),
    // Parts of calls that are summed up in binary fractions.
    { examples: [[3, [0, 0, 0, 13_131, 4_163]]] },
  );
});
