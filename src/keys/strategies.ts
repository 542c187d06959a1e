import type { ChoiceWhy } from '../domain/attempt-trail.ts';
import type { Random } from '../kit/random.ts';

/** What a strategy may look at; only keys with a free seat are shown to it. */
export type KeyChoice = {
  readonly place: number;
  readonly weight: number;
  readonly calls: number;
};

export type StrategyContext = {
  /** Place of the key that was handed out last; 0 before the first. */
  readonly lastPlace: number;
  readonly random: Random;
};

export type Strategy = (keys: readonly [KeyChoice, ...KeyChoice[]], context: StrategyContext) => KeyChoice;

/** A rule that looks neither at time nor at health. */
export type PlainRule = { readonly why: ChoiceWhy; readonly choose: Strategy };

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

/** How the pool chooses among the keys that have a seat: by expected time, or by one of the plain rules. */
export const strategies = {
  'health-based': 'by-expected-time',
  'round-robin': { why: 'in-turn', choose: roundRobin },
  'least-used': { why: 'least-used', choose: leastUsed },
  weighted: { why: 'by-weight', choose: weighted },
  'primary-first': { why: 'first-in-order', choose: primaryFirst },
} as const satisfies Record<string, 'by-expected-time' | PlainRule>;

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
