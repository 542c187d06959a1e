import { type Job, turnOf } from '../../../domain/job.ts';
import { type Lane, lanes, premiumInARow, streakAfter } from '../../../domain/kinds.ts';
import type { ProviderName } from '../../../domain/ids.ts';
import type { Database, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';
import { type StoredJob, toShownJob } from './job-rows.ts';

/**
 * The round of a person's next job: not before the lane's virtual time, and after the person's earlier jobs. Here and below
 * a group counts as one person (see `turnOf`): what its members ask for there takes the turns of the group.
 */
export function nextRound(nowRound: number, lastRoundOfPerson: number, cost: number): number {
  return Math.max(nowRound, lastRoundOfPerson) + cost;
}

/**
 * Returns how many jobs go before one that has `sameLane` jobs of its lane before it and `otherLane` jobs in the other
 * lane. It is exact while no person is at the running cap and no job is parked.
 */
export function jobsAhead(lane: Lane, sameLane: number, otherLane: number, inARow: number): number {
  const fromOther =
    lane === 'premium'
      ? Math.floor((inARow + sameLane) / premiumInARow)
      : Math.max(0, premiumInARow * (sameLane + 1) - inARow);
  return sameLane + Math.min(otherLane, fromOther);
}

/**
 * Stores the round of the person's next job. All lines share the rounds of a lane, so that a job which moves to another
 * line gets the position that it would have had there from the start.
 */
export function* keepRound(database: Database, lane: Lane, turn: number, round: number): Steps<void> {
  yield* database.run(
    `INSERT INTO person_rounds (lane, user_id, last_round) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET last_round = excluded.last_round`,
    lane,
    turn,
    round,
  );
}

/**
 * Advances the lane's virtual time to the round of a job that starts. All lines share it: who changes it holds up the starts
 * in other lines until the transaction ends, so a start that changes nothing does not touch it, and others do it last.
 */
export function* advanceVirtualTime(database: Database, lane: Lane, round: number): Steps<void> {
  yield* database.run(
    `INSERT INTO lane_rounds (lane, now_round)
     SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM lane_rounds WHERE lane = ? AND now_round >= ?)
     ON CONFLICT DO UPDATE SET now_round = excluded.now_round WHERE excluded.now_round > lane_rounds.now_round`,
    lane,
    round,
    lane,
    round,
  );
}

/** Returns how many consecutive premium jobs of the line have started. */
export function* premiumStreak(database: Database, line: ProviderName): Steps<number> {
  return numberOf(
    yield* database.get('SELECT premium_in_a_row FROM line_streaks WHERE line = ?', line),
    'premium_in_a_row',
  );
}

/** Counts a job that starts into the premium streak of its line. */
export function* countStart(database: Database, line: ProviderName, lane: Lane, streak: number): Steps<void> {
  if (streakAfter(lane, streak) === streak) return;
  yield* database.run(
    `INSERT INTO line_streaks (line, premium_in_a_row) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET premium_in_a_row = excluded.premium_in_a_row`,
    line,
    streakAfter(lane, streak),
  );
}

/** Returns how many jobs of its line are claimed before this one. */
export function* placeAhead(database: Database, { job, tier, round, seq }: Placed): Steps<number> {
  if (job.state.kind !== 'waiting') return 0;
  const { line, lane } = job;
  const rows = yield* database.all(
    `SELECT lane, tier, sum(jobs) AS jobs, sum(iif(round <= ?, jobs, 0)) AS upToRound, sum(iif(round = ?, jobs, 0)) AS inRound
     FROM waiting_counts WHERE line = ? GROUP BY lane, tier`,
    round,
    round,
    line,
  );
  const rowOf = (lane: Lane, tier: number) => rows.find((row) => row['lane'] === lane && row['tier'] === tier);
  const requeued = (of: Lane) => numberOf(rowOf(of, 0), 'jobs');
  const own = rowOf(lane, tier);
  // A job that is alone in its round has nobody behind it there.
  const notBefore = numberOf(own, 'inRound') <= 1 ? 1 : yield* jobsFrom(database, line, lane, tier, round, seq);
  const sameLane = numberOf(own, 'upToRound') - notBefore;
  if (tier === 0) return sameLane + (lane === 'free' ? requeued('premium') : 0);
  const otherLane = numberOf(rowOf(lane === 'free' ? 'premium' : 'free', 1), 'jobs');
  const streak = otherLane === 0 ? 0 : yield* premiumStreak(database, line);
  return requeued('premium') + requeued('free') + jobsAhead(lane, sameLane, otherLane, streak);
}

type Placed = Pick<StoredJob, 'job' | 'tier' | 'round' | 'seq'>;

/** Counts the jobs of a round from this one on, because callers mostly ask for the position of the newest job. */
function* jobsFrom(
  database: Database,
  line: string,
  lane: Lane,
  tier: number,
  round: number,
  seq: number,
): Steps<number> {
  const row = yield* database.get(
    `SELECT count(*) AS jobs FROM jobs
     WHERE state = 'waiting' AND line = ? AND lane = ? AND tier = ? AND round = ? AND seq >= ?`,
    line,
    lane,
    tier,
    round,
    seq,
  );
  return numberOf(row, 'jobs');
}

const maxHeldShown = 5;

/** Returns the person's undelivered jobs, the last held ones and the last delivered one, newest first. */
export function* openJobsOf(database: Database, userId: number): Steps<readonly Job[]> {
  const rows = yield* database.all(
    `SELECT * FROM jobs WHERE user_id = ? AND state <> 'told'
     UNION ALL
     SELECT * FROM (SELECT * FROM jobs WHERE user_id = ? AND state = 'told' ORDER BY told_at_ms DESC, seq DESC LIMIT 1) AS last
     UNION ALL
     SELECT * FROM (SELECT * FROM jobs WHERE user_id = ? AND held IS NOT NULL ORDER BY seq DESC LIMIT ${maxHeldShown}) AS held`,
    userId,
    userId,
    userId,
  );
  const bySeq = new Map(rows.map((row) => [row['seq'], row]));
  return [...bySeq.values()]
    .map((row) => toShownJob(row))
    .sort((a, b) => b.seq - a.seq)
    .map((stored) => stored.job);
}

/** A person's entry in the ready list: their job that may start next in a lane. */
export type Turn = {
  readonly seq: number;
  /** 0 for a requeued job, which goes before all others; otherwise 1. */
  readonly tier: number;
  /** Whose turn it is, as of `turnOf`. */
  readonly turn: number;
};

/** Until the transaction ends nobody else changes the order of these people; in one order, so that nobody waits in a circle. */
export function* lockTurns(database: Database, turns: readonly number[]): Steps<void> {
  for (const turn of [...new Set(turns)].sort((one, other) => one - other)) yield* database.lock(`turn:${turn}`);
}

/** The same for the person of a job: meanwhile nobody erases what is known of them. */
export function* lockPersonOf(database: Database, id: string): Steps<void> {
  const row = yield* database.get('SELECT user_id FROM jobs WHERE id = ?', id);
  if (row !== undefined) yield* lockTurns(database, [numberOf(row, 'user_id')]);
}

/**
 * Updates the person's entry in the ready list; every transaction that changes which of their jobs are ready must call
 * it. One entry per person keeps a claim fast when one person has thousands of jobs behind the running cap.
 */
export function* refreshTurn(database: Database, line: string, lane: string, turn: number): Steps<void> {
  yield* database.lock(`turn:${turn}`);
  yield* database.run('DELETE FROM turns WHERE line = ? AND lane = ? AND user_id = ?', line, lane, turn);
  yield* database.run(
    `INSERT INTO turns (line, lane, user_id, tier, round, seq)
     SELECT line, lane, turn_id, tier, round, seq FROM jobs
     WHERE state = 'waiting' AND parked = 0 AND line = ? AND lane = ? AND turn_id = ?
     ORDER BY tier, round, seq LIMIT 1`,
    line,
    lane,
    turn,
  );
}

/** As `refreshTurn`, for a new job: those that the person has in the line go before it. */
export function* addTurn(database: Database, { job, tier, round, seq }: Placed): Steps<void> {
  yield* database.run(
    'INSERT INTO turns (line, lane, user_id, tier, round, seq) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    job.line,
    job.lane,
    turnOf(job.origin),
    tier,
    round,
    seq,
  );
}

/** Makes parked jobs ready whose time has come. */
export function* wakeParked(database: Database, line: ProviderName, nowMs: number): Steps<void> {
  yield* wakeWhere(database, line, 'parked = 0', 'ready_at_ms <= ?', nowMs);
}

/** Makes the jobs ready that are parked because the keys of the line cool, whatever their time; it is forgotten. */
export function* wakeCooling(database: Database, line: ProviderName): Steps<void> {
  yield* wakeWhere(database, line, 'parked = 0, ready_at_ms = accepted_at_ms', 'reason = ?', 'keys-cooling');
}

function* wakeWhere(
  database: Database,
  line: ProviderName,
  change: string,
  which: string,
  value: number | string,
): Steps<void> {
  const parked = `state = 'waiting' AND parked = 1 AND line = ? AND ${which}`;
  const due = yield* database.all(`SELECT DISTINCT turn_id FROM jobs WHERE ${parked}`, line, value);
  if (due.length === 0) return;
  yield* lockTurns(
    database,
    due.map((row) => numberOf(row, 'turn_id')),
  );
  const sql = `UPDATE jobs SET ${change} WHERE ${parked} RETURNING lane, turn_id`;
  const woken = { premium: new Set<number>(), free: new Set<number>() };
  for (const { lane, turn_id: turn } of yield* database.all(sql, line, value)) {
    woken[lane === 'premium' ? 'premium' : 'free'].add(Number(turn));
  }
  for (const lane of lanes) for (const turn of woken[lane]) yield* refreshTurn(database, line, lane, turn);
}

/** What a claim has to know of its line. */
export type NextTurns = {
  /** The first ready entry of each lane whose person runs fewer jobs in that lane than the cap. */
  readonly premium: Turn | undefined;
  readonly free: Turn | undefined;
  readonly streak: number;
  /** The time of a parked job has come. */
  readonly isParkedDue: boolean;
};

const firstTurnOf = (lane: Lane) => `(
  SELECT seq, tier, user_id FROM turns
  WHERE line = ? AND lane = '${lane}' AND (
    SELECT count(*) FROM jobs
    WHERE jobs.state = 'running' AND jobs.turn_id = turns.user_id AND jobs.lane = turns.lane
  ) < ?
  ORDER BY tier, round, seq LIMIT 1
) AS ${lane}`;

const nextTurnsSql = `SELECT due, streak, premium.seq AS premiumSeq, premium.tier AS premiumTier,
    premium.user_id AS premiumTurn, free.seq AS freeSeq, free.tier AS freeTier, free.user_id AS freeTurn
  FROM (SELECT
    EXISTS (SELECT 1 FROM jobs WHERE state = 'waiting' AND parked = 1 AND line = ? AND ready_at_ms <= ?) AS due,
    (SELECT premium_in_a_row FROM line_streaks WHERE line = ?) AS streak
  ) AS line
  LEFT JOIN ${firstTurnOf('premium')} ON TRUE LEFT JOIN ${firstTurnOf('free')} ON TRUE`;

/** Reads, in one statement, what may be claimed from the line. */
export function* nextTurns(
  database: Database,
  line: ProviderName,
  cap: Readonly<Record<Lane, number>>,
  nowMs: number,
): Steps<NextTurns> {
  const row = yield* database.get(nextTurnsSql, line, nowMs, line, line, cap.premium, line, cap.free);
  const turn = (lane: Lane): Turn | undefined => {
    const seq = row?.[`${lane}Seq`];
    if (typeof seq !== 'number') return undefined;
    return { seq, tier: numberOf(row, `${lane}Tier`), turn: numberOf(row, `${lane}Turn`) };
  };
  const isParkedDue = numberOf(row, 'due') === 1;
  return { premium: turn('premium'), free: turn('free'), streak: numberOf(row, 'streak'), isParkedDue };
}
