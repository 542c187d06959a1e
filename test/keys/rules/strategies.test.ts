import { expect, test } from 'vitest';
import { strategies, type KeyChoice } from '../../../src/keys/rules/strategies.ts';

const context = { lastPlace: 0, random: () => 0 };

function choice(place: number, more: Partial<KeyChoice> = {}): KeyChoice {
  return { place, weight: 1, calls: 0, ...more };
}

test('round-robin goes on after the last place and starts over', () => {
  const keys = [choice(5), choice(2), choice(1)];
  const places = [0, 1, 2, 5].map(
    (lastPlace) => strategies['round-robin'].choose(keys, { ...context, lastPlace })?.place,
  );
  expect(places).toEqual([1, 2, 5, 1]);
});

test('least-used takes the key with the fewest calls, among equals the first', () => {
  const keys = [choice(3, { calls: 3 }), choice(1, { calls: 4 }), choice(2, { calls: 3 })];
  expect(strategies['least-used'].choose(keys, context)?.place).toBe(2);
});

test('weighted gives each key its share', () => {
  const keys = [choice(1, { weight: 3 }), choice(2), choice(3)];
  const places = [0, 0.59, 0.61, 0.79, 0.81, 0.999].map(
    (chance) => strategies.weighted.choose(keys, { ...context, random: () => chance })?.place,
  );
  expect(places).toEqual([1, 1, 2, 2, 3, 3]);
});

test('primary-first takes the first place that has a seat', () => {
  expect(strategies['primary-first'].choose([choice(4), choice(2), choice(3)], context)?.place).toBe(2);
});

test('no rule chooses where there is nothing to choose', () => {
  const { 'health-based': _byTime, ...plain } = strategies;
  expect(Object.values(plain).map(({ choose }) => choose([], context))).toEqual(Array(4).fill(undefined));
});
