import { expect, test } from 'vitest';
import { strategies, type KeyChoice } from '../../src/keys/strategies.ts';

const context = { lastPlace: 0, random: () => 0 };

function choice(place: number, more: Partial<KeyChoice> = {}): KeyChoice {
  return { place, weight: 1, inFlight: 0, seats: 1, calls: 0, health: 1, consecutiveErrors: 0, lastUsedMs: 0, ...more };
}

test('health-based prefers the key that rested longest among healthy ones', () => {
  const keys = [choice(1, { lastUsedMs: 30 }), choice(2, { lastUsedMs: 10 }), choice(3, { lastUsedMs: 20 })] as const;
  expect(strategies['health-based'](keys, context).place).toBe(2);
});

test('health-based leaves a failing key until its siblings have no seat', () => {
  const keys = [choice(1, { consecutiveErrors: 1 }), choice(2, { health: 0.4, lastUsedMs: 99 })] as const;
  expect(strategies['health-based'](keys, context).place).toBe(2);
  expect(strategies['health-based']([keys[0]], context).place).toBe(1);
});

test('health-based prefers the key with more of its seats free', () => {
  const keys = [choice(1, { inFlight: 2, seats: 4 }), choice(2, { inFlight: 1, seats: 4 })] as const;
  expect(strategies['health-based'](keys, context).place).toBe(2);
});

test('round-robin goes on after the last place and starts over', () => {
  const keys = [choice(1), choice(2), choice(5)] as const;
  const places = [0, 1, 2, 5].map((lastPlace) => strategies['round-robin'](keys, { ...context, lastPlace }).place);
  expect(places).toEqual([1, 2, 5, 1]);
});

test('least-used takes the key with the fewest calls, whatever they brought', () => {
  const keys = [choice(1, { calls: 4 }), choice(2, { calls: 3, consecutiveErrors: 9 })] as const;
  expect(strategies['least-used'](keys, context).place).toBe(2);
});

test('weighted gives each key its share', () => {
  const keys = [choice(1, { weight: 3 }), choice(2), choice(3)] as const;
  const places = [0, 0.59, 0.61, 0.79, 0.81, 0.999].map(
    (chance) => strategies.weighted(keys, { ...context, random: () => chance }).place,
  );
  expect(places).toEqual([1, 1, 2, 2, 3, 3]);
});

test('primary-first takes the first place that has a seat', () => {
  expect(strategies['primary-first']([choice(4), choice(2), choice(3)], context).place).toBe(2);
});
