import type { ChoiceWhy } from '../../domain/attempt-trail.ts';
import type { Random } from '../../kit/backoff.ts';

/** What a plain rule may look at; only keys with a free seat are shown to it. */
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

/** Chooses one of the keys; undefined only when there is none. */
export type Strategy = <Key extends KeyChoice>(keys: readonly Key[], context: StrategyContext) => Key | undefined;

/** A rule that looks neither at time nor at health. */
export type PlainRule = { readonly why: ChoiceWhy; readonly choose: Strategy };

/** Each in its turn, by place. */
const roundRobin: Strategy = (keys, { lastPlace }) =>
  first(keys, (a, b) => Number(a.place <= lastPlace) - Number(b.place <= lastPlace) || a.place - b.place);

/** The one that was called least. */
const leastUsed: Strategy = (keys) => first(keys, (a, b) => a.calls - b.calls || a.place - b.place);

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
const primaryFirst: Strategy = (keys) => first(keys, (a, b) => a.place - b.place);

/** How the pool chooses among the keys that have a seat: by expected time, or by one of the plain rules. */
export const strategies = {
  'health-based': 'by-expected-time',
  'round-robin': { why: 'in-turn', choose: roundRobin },
  'least-used': { why: 'least-used', choose: leastUsed },
  weighted: { why: 'by-weight', choose: weighted },
  'primary-first': { why: 'first-in-order', choose: primaryFirst },
} as const satisfies Record<string, 'by-expected-time' | PlainRule>;

export type StrategyName = keyof typeof strategies;

/** The key that comes first in an order. */
function first<Key>(keys: readonly Key[], order: (a: Key, b: Key) => number): Key | undefined {
  let foremost = keys[0];
  for (const key of keys) if (foremost !== undefined && order(key, foremost) < 0) foremost = key;
  return foremost;
}
