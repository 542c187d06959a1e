import type { JobKind, Lane } from '../domain/job.ts';
import { kindTraits } from '../domain/kind-traits.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { Database } from './connection.ts';
import { nextRound, streakAfter } from './fair-order.ts';
import { numberOf } from './parse-row.ts';

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
