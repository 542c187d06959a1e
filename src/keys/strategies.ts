import type { Random } from '../kit/random.ts';

/** What a strategy may look at; only keys with a free seat are shown to it. */
export type KeyChoice = {
  readonly place: number;
  readonly weight: number;
  readonly inFlight: number;
  readonly seats: number;
  readonly calls: number;
  /** 0 (always fails) to 1, smoothed over the last calls; 1 before the first. */
  readonly health: number;
  readonly consecutiveErrors: number;
  readonly lastUsedMs: number;
};

export type StrategyContext = {
  /** Place of the key that was handed out last; 0 before the first. */
  readonly lastPlace: number;
  readonly random: Random;
};

export type Strategy = (keys: readonly [KeyChoice, ...KeyChoice[]], context: StrategyContext) => KeyChoice;

/** The healthiest first; among equals the least busy, then the one that rested longest. */
const healthBased: Strategy = (keys) =>
  best(
    keys,
    (key) => key.consecutiveErrors,
    (key) => -Math.round(key.health * 10),
    (key) => key.inFlight / key.seats,
    (key) => key.lastUsedMs,
    (key) => key.place,
  );

/** Each in its turn, by place. */
const roundRobin: Strategy = (keys, { lastPlace }) =>
  best(
    keys,
    (key) => (key.place > lastPlace ? 0 : 1),
    (key) => key.place,
  );

/** The one that was called least. */
const leastUsed: Strategy = (keys) =>
  best(
    keys,
    (key) => key.calls,
    (key) => key.place,
  );

/** By chance, in proportion to the weights. */
const weighted: Strategy = (keys, { random }) => {
  let left = random() * keys.reduce((sum, key) => sum + key.weight, 0);
  for (const key of keys) {
    left -= key.weight;
    if (left < 0) return key;
  }
  return keys[0];
};

/** The first in the order of the environment, as long as it has a seat. */
const primaryFirst: Strategy = (keys) => best(keys, (key) => key.place);

export const strategies = {
  'health-based': healthBased,
  'round-robin': roundRobin,
  'least-used': leastUsed,
  weighted,
  'primary-first': primaryFirst,
} as const satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof strategies;

/** The key with the smallest first measure, the second measure deciding among equals, and so on. */
function best(
  keys: readonly [KeyChoice, ...KeyChoice[]],
  ...measures: readonly ((key: KeyChoice) => number)[]
): KeyChoice {
  return keys.reduce((chosen, key) => {
    for (const measure of measures) {
      const difference = measure(key) - measure(chosen);
      if (difference !== 0) return difference < 0 ? key : chosen;
    }
    return chosen;
  });
}
