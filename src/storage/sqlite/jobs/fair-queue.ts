import type { Lane, JobKind } from '../../../domain/job.ts';
import { kindTraits } from '../../../domain/kind-traits.ts';
import type { ProviderName } from '../../../domain/ids.ts';
import type { Database } from '../connection.ts';
import { numberOf } from '../rows.ts';

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

/**
 * Gives the person's next job its round and remembers it. A lane's rounds are shared by all lines, so that a job which
 * goes on to another line stands among its jobs where it would have stood from the beginning.
 */
export function takeRound(database: Database, lane: Lane, userId: number, kind: JobKind): number {
  const now = database.get('SELECT now_round FROM lane_rounds WHERE lane = ?', lane);
  const last = database.get('SELECT last_round FROM person_rounds WHERE lane = ? AND user_id = ?', lane, userId);
  const round = nextRound(numberOf(now, 'now_round'), numberOf(last, 'last_round'), kindTraits[kind].cost);
  database.run(
    `INSERT INTO person_rounds (lane, user_id, last_round) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET last_round = excluded.last_round`,
    lane,
    userId,
    round,
  );
  return round;
}

/** Moves the lane's now up to the round of a job that starts. */
export function moveNow(database: Database, lane: Lane, round: number): void {
  database.run(
    `INSERT INTO lane_rounds (lane, now_round) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET now_round = max(now_round, excluded.now_round)`,
    lane,
    round,
  );
}

/** How many premium jobs of the line went in a row. */
export function premiumStreak(database: Database, line: ProviderName): number {
  return numberOf(database.get('SELECT premium_in_a_row FROM line_streaks WHERE line = ?', line), 'premium_in_a_row');
}

export function countStart(database: Database, line: ProviderName, lane: Lane, streak: number): void {
  database.run(
    `INSERT INTO line_streaks (line, premium_in_a_row) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET premium_in_a_row = excluded.premium_in_a_row`,
    line,
    streakAfter(lane, streak),
  );
}
