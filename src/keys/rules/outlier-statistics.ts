/** How likely a call is thought to fail by the provider's fault before anything is known. */
const usualFaults = 0.03;
/** When peers fail more often than this, a fault does not point to the key. */
const fewFaults = 0.1;
/** Less likely than this, a row of failures is no chance. */
const noChance = 0.001;

export type PeerVerdict =
  /** Others fail too. */
  | 'like-others'
  /** No other key has succeeded since. */
  | 'unknown'
  /** It failed, and a sibling's call that began later succeeded. */
  | 'suspect'
  /** Too many in a row where the others do not fail. */
  | 'alone';

/**
 * Whether a key that has failed `inARow` times by the provider's fault stands out among its siblings, whose calls for
 * the same model are the peers: the more of those failed too, the more failures of its own it takes. With a provider that
 * goes down, or that fails at random, no key is set apart for it.
 */
export function judgeByPeers(inARow: number, { calls, faults, successesSince, faultsSince }: PeerStats): PeerVerdict {
  const chance = Math.max(faultRate(faults, calls), faultRate(faultsSince, successesSince + faultsSince));
  if (inARow > 1 && chance ** inARow < noChance) return 'alone';
  if (chance > fewFaults) return 'like-others';
  return successesSince > 0 ? 'suspect' : 'unknown';
}

/** How often calls fail, taken rather too high than too low: few calls say little. */
function faultRate(faults: number, calls: number): number {
  const rate = (faults + usualFaults) / (calls + 1);
  const uncertainty = faults === 0 ? 0 : Math.sqrt((rate * (1 - rate)) / (calls + 1));
  return Math.min(1, rate + uncertainty);
}

/** How the other keys fared lately, and since some moment. */
export type PeerStats = {
  readonly calls: number;
  readonly faults: number;
  /** Only calls that started since then: earlier calls may have passed before the outage began. */
  readonly successesSince: number;
  readonly faultsSince: number;
};
