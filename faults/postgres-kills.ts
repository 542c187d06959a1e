import { killPostgres } from '../test/processes/postgres-kills.ts';
import { hasPostgres } from '../test/support/postgres-server.ts';
import { atMost, none, type PartReport, same } from './check.ts';

const campaign = { jobs: 2_000, kills: 10, people: 40 };
/** From a server that answers again until the next job begins. */
const maxPauseMs = 5_000;

/** Kills PostgreSQL under three processes that work on one store, and starts it again. */
export async function postgresKills(): Promise<PartReport> {
  if (!hasPostgres) return { checks: [], skipped: 'PostgreSQL is not installed' };
  const { kills, lost, twice, refused, unbalanced, mostRunning, longestPauseMs } = await killPostgres(campaign);
  return {
    checks: [
      same('kills of PostgreSQL and of everything that it had started', kills, campaign.kills),
      none('jobs without an end', lost),
      none('jobs that ended twice', twice),
      none('ends that were refused to the only owner', refused),
      none('credits that do not balance', unbalanced),
      atMost('jobs of one person at the same time', mostRunning, 1),
      atMost('longest time until a job began again', longestPauseMs, maxPauseMs, ' ms'),
    ],
  };
}
