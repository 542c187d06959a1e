import type { Lane } from '../domain/job.ts';

/** After so many premium jobs in a row one free job goes first. */
export const premiumInARow = 4;

/** The round of a person's next job: never before the lane's now, and after what the person has asked for already. */
export function nextRound(nowRound: number, lastRoundOfPerson: number, cost: number): number {
  return Math.max(nowRound, lastRoundOfPerson) + cost;
}

/** Which lane goes next, given which ones have a job and how many premium jobs went in a row. */
export function nextLane(has: Readonly<Record<Lane, boolean>>, inARow: number): Lane | undefined {
  if (has.premium && !(has.free && inARow >= premiumInARow)) return 'premium';
  return has.free ? 'free' : undefined;
}

/** How many premium jobs went in a row once a job of `lane` goes; counting ends where it no longer matters. */
export function streakAfter(lane: Lane, inARow: number): number {
  return lane === 'premium' ? Math.min(inARow + 1, premiumInARow) : 0;
}

/**
 * How many jobs go before one that has `sameLane` jobs of its lane before it and `otherLane` jobs waiting in the other
 * lane; exact while nobody is at the running cap and nothing is parked.
 */
export function jobsAhead(lane: Lane, sameLane: number, otherLane: number, inARow: number): number {
  const fromOther =
    lane === 'premium'
      ? Math.floor((inARow + sameLane) / premiumInARow)
      : Math.max(0, premiumInARow * (sameLane + 1) - inARow);
  return sameLane + Math.min(otherLane, fromOther);
}
