/** How likely a call is thought to fail by the provider's fault before anything is known. */
const usualFaults = 0.2;
/** Less likely than this, a row of failures is no chance. */
const noChance = 0.05;

export type Standing =
  /** Its failures look like everybody's. */
  | 'like-others'
  /** One failure that nobody else has had: it may be the key. */
  | 'suspect'
  /** Too many in a row where the others succeed. */
  | 'alone';

/**
 * Whether a key that has failed `inARow` times by the provider's fault stands out among its siblings, whose last calls
 * for the same model are the witnesses: the more of those failed too, the more of its own it takes. With a provider
 * that is down, or that fails at random, no key is set apart for it.
 */
export function standingOf(inARow: number, others: { readonly calls: number; readonly faults: number }): Standing {
  const chance = (others.faults + usualFaults) / (others.calls + 1);
  if (inARow < 2) return chance <= usualFaults ? 'suspect' : 'like-others';
  return chance ** inARow < noChance ? 'alone' : 'like-others';
}
