import { expect, test } from 'vitest';
import { restUntilMs } from '../../src/domain/safety/safety.ts';

const rules = { max: 3, windowMs: 1_000, restMs: 5_000 };

test.each([
  ['too few', [100, 200], undefined],
  ['enough within the window, in any order', [900, 100, 200], 5_900],
  ['one of them before the window', [0, 500, 1_000], undefined],
  ['more than enough: the last one counts', [100, 200, 300, 400], 5_400],
  ['none', [], undefined],
] as const)('restUntilMs(): %s', (_what, refusedAtMs, untilMs) => {
  expect(restUntilMs(refusedAtMs, rules)).toBe(untilMs);
});

test('restUntilMs() rests nobody where strikes are off (A20)', () => {
  expect(restUntilMs([1, 2, 3], { ...rules, max: 0 })).toBeUndefined();
});
