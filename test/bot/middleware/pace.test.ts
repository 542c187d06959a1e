import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pace } from '../../../src/bot/middleware/flood-limit.ts';

const minuteMs = 60_000;

test('Pace.advance() counts messages that arrive at once by the time at which they were written', () => {
  const pace = new Pace(5_000);
  expect([0, 40, 80].map((minutes) => pace.advance(5_000, minutes * minuteMs))).toEqual([
    0,
    40 * minuteMs,
    80 * minuteMs,
  ]);
});

test('Pace.advance() counts presses, which have no date, by their arrival', () => {
  const pace = new Pace(0);
  pace.advance(0, 0);
  pace.advance(0, 40 * minuteMs);
  expect(pace.advance(2_000)).toBe(40 * minuteMs + 2_000);
  expect(pace.advance(3_000, 40 * minuteMs + 3_000)).toBe(40 * minuteMs + 3_000);
});

test('Pace.advance() goes on after a date far ahead, and is not held up by it', () => {
  const pace = new Pace(0);
  pace.advance(0, 0);
  const ahead = pace.advance(1_000, 10 ** 12);
  expect(pace.advance(2_000, 2_000)).toBe(ahead);
  expect(pace.advance(12_000, 12_000)).toBe(ahead + 10_000);
});

test('Pace.advance() never lets more time pass than one of the two clocks says, and never less than before', () => {
  const step = fc.record({ waitMs: fc.nat(10_000), lagMs: fc.nat(3_000), isPress: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), (steps, skewMs) => {
      const pace = new Pace(0);
      let [writtenMs, nowMs, before] = [0, 0, 0];
      for (const { waitMs, lagMs, isPress } of steps) {
        writtenMs += waitMs;
        nowMs = Math.max(nowMs, writtenMs + lagMs);
        const passedMs = pace.advance(nowMs, isPress ? undefined : writtenMs + skewMs);
        expect(passedMs).toBeGreaterThanOrEqual(before);
        expect(passedMs).toBeLessThanOrEqual(nowMs + 2 * 3_000);
        before = passedMs;
      }
    }),
    { numRuns: 100 },
  );
});
