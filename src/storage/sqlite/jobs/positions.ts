import type { EngineStats, LineStats } from '../../../domain/job-engine.ts';
import { type Job, type Lane, lanes } from '../../../domain/job.ts';
import type { ProviderName } from '../../../domain/ids.ts';
import type { Database, Row } from '../connection.ts';
import { jobsAhead, premiumStreak } from './fair-queue.ts';
import { type StoredJob, toShownJob } from './job-rows.ts';
import { numberOf } from '../rows.ts';

/** How many jobs of its line are handed out before this one. */
export function placeAhead(database: Database, { job, tier, round, seq }: StoredJob): number {
  if (job.state.kind !== 'waiting') return 0;
  const { line, lane } = job;
  const handedBack = (of: Lane) => waiting(database, line, of, 0);
  if (tier === 0) {
    return before(database, line, lane, tier, round, seq) + (lane === 'free' ? handedBack('premium') : 0);
  }
  const sameLane = before(database, line, lane, tier, round, seq);
  const otherLane = waiting(database, line, lane === 'free' ? 'premium' : 'free', 1);
  const first = handedBack('premium') + handedBack('free');
  return first + jobsAhead(lane, sameLane, otherLane, premiumStreak(database, line));
}

function before(database: Database, line: ProviderName, lane: Lane, tier: number, round: number, seq: number): number {
  const upToRound = database.get(
    'SELECT sum(jobs) AS jobs FROM waiting_counts WHERE line = ? AND lane = ? AND tier = ? AND round <= ?',
    line,
    lane,
    tier,
    round,
  );
  // Counted from behind, since mostly it is the newest job whose place is asked for.
  const notBefore = database.get(
    `SELECT count(*) AS jobs FROM jobs
     WHERE state = 'waiting' AND line = ? AND lane = ? AND tier = ? AND round = ? AND seq >= ?`,
    line,
    lane,
    tier,
    round,
    seq,
  );
  return numberOf(upToRound, 'jobs') - numberOf(notBefore, 'jobs');
}

function waiting(database: Database, line: ProviderName, lane: Lane, tier: number): number {
  const row = database.get(
    'SELECT sum(jobs) AS jobs FROM waiting_counts WHERE line = ? AND lane = ? AND tier = ?',
    line,
    lane,
    tier,
  );
  return numberOf(row, 'jobs');
}

/** The person's jobs that are not told yet, and the one told last; newest first. */
export function openJobsOf(database: Database, userId: number): readonly Job[] {
  const open = database.all(`SELECT * FROM jobs WHERE user_id = ? AND state <> 'told'`, userId);
  const told = database.all(
    `SELECT * FROM jobs WHERE user_id = ? AND state = 'told' ORDER BY told_at_ms DESC, seq DESC LIMIT 1`,
    userId,
  );
  return [...open, ...told]
    .map((row) => toShownJob(row))
    .sort((a, b) => b.seq - a.seq)
    .map((stored) => stored.job);
}

/** Counts of the lines in which anything waits or runs. */
export function engineStats(database: Database): EngineStats {
  const counted = database.all(
    `SELECT line, lane, tier, sum(jobs) AS jobs FROM waiting_counts GROUP BY line, lane, tier
     UNION ALL
     SELECT line, lane, NULL AS tier, count(*) AS jobs FROM jobs WHERE state = 'running' GROUP BY line, lane`,
  );
  return {
    lines: [...new Set(counted.map((row) => String(row['line'])))]
      .toSorted()
      .map((line) => lineStats(database, line, counted)),
    undelivered: numberOf(database.get(`SELECT count(*) AS jobs FROM jobs WHERE state = 'ended'`), 'jobs'),
  };
}

function lineStats(database: Database, line: ProviderName, counted: readonly Row[]): LineStats {
  const count = (of: readonly Lane[], tiers: readonly (number | null)[]) =>
    counted
      .filter((row) => row['line'] === line && of.some((lane) => lane === row['lane']))
      .filter((row) => tiers.some((tier) => tier === row['tier']))
      .reduce((sum, row) => sum + numberOf(row, 'jobs'), 0);
  const waiting = (lane: Lane) => count([lane], [0, 1]);
  const streak = premiumStreak(database, line);
  const ahead = (lane: Lane, other: Lane) =>
    count(lanes, [0]) + jobsAhead(lane, count([lane], [1]), count([other], [1]), streak);
  return {
    line,
    waiting: { premium: waiting('premium'), free: waiting('free') },
    ahead: { premium: ahead('premium', 'free'), free: ahead('free', 'premium') },
    running: count(lanes, [null]),
  };
}
