import type { ProviderName } from '../../../domain/ids.ts';
import type { EngineStats, LineStats } from '../../../domain/job-engine.ts';
import { type Lane, lanes } from '../../../domain/kinds.ts';
import type { Database, Row, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';
import { jobsAhead, premiumStreak } from './fair-queue.ts';

/** Counts the jobs of each line in which jobs wait or run. */
export function* engineStats(database: Database): Steps<EngineStats> {
  const counted = yield* database.all(
    `SELECT line, lane, tier, sum(jobs) AS jobs FROM waiting_counts GROUP BY line, lane, tier
     UNION ALL
     SELECT line, lane, NULL AS tier, count(*) AS jobs FROM jobs WHERE state = 'running' GROUP BY line, lane`,
  );
  const lines: LineStats[] = [];
  for (const line of [...new Set(counted.map((row) => String(row['line'])))].toSorted()) {
    lines.push({
      ...(yield* lineStats(database, line, counted)),
      people: {
        premium: yield* peopleReady(database, line, 'premium'),
        free: yield* peopleReady(database, line, 'free'),
      },
    });
  }
  const undelivered = yield* database.get(`SELECT count(*) AS jobs FROM jobs WHERE state = 'ended'`);
  return { lines, undelivered: numberOf(undelivered, 'jobs') };
}

/** Counts the jobs that wait in a line, parked ones included. */
export function* countWaiting(database: Database, line: ProviderName): Steps<number> {
  return numberOf(yield* database.get('SELECT sum(jobs) AS jobs FROM waiting_counts WHERE line = ?', line), 'jobs');
}

/** Counts the jobs that wait in a line, and those that would go before a new one; asked at every submission. */
export function* waitingIn(database: Database, line: ProviderName): Steps<Pick<LineStats, 'waiting' | 'ahead'>> {
  const sql = 'SELECT line, lane, tier, sum(jobs) AS jobs FROM waiting_counts WHERE line = ? GROUP BY line, lane, tier';
  const { waiting, ahead } = yield* lineStats(database, line, yield* database.all(sql, line));
  return { waiting, ahead };
}

function* lineStats(database: Database, line: ProviderName, counted: readonly Row[]): Steps<Omit<LineStats, 'people'>> {
  const count = (of: readonly Lane[], tiers: readonly (number | null)[]) =>
    counted
      .filter((row) => row['line'] === line && of.some((lane) => lane === row['lane']))
      .filter((row) => tiers.some((tier) => tier === row['tier']))
      .reduce((sum, row) => sum + numberOf(row, 'jobs'), 0);
  const waiting = (lane: Lane) => count([lane], [0, 1]);
  const streak = count(lanes, [0, 1]) === 0 ? 0 : yield* premiumStreak(database, line);
  const ahead = (lane: Lane, other: Lane) =>
    count(lanes, [0]) + jobsAhead(lane, count([lane], [1]), count([other], [1]), streak);
  return {
    line,
    waiting: { premium: waiting('premium'), free: waiting('free') },
    ahead: { premium: ahead('premium', 'free'), free: ahead('free', 'premium') },
    running: count(lanes, [null]),
  };
}

function* peopleReady(database: Database, line: ProviderName, lane: Lane): Steps<number> {
  const row = yield* database.get('SELECT count(*) AS people FROM turns WHERE line = ? AND lane = ?', line, lane);
  return numberOf(row, 'people');
}
