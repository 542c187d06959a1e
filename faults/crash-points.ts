import { type CrashReport, crashAtEveryPoint } from '../test/processes/crash-at-point.ts';
import { none, type PartReport, same, info } from './check.ts';

const killsEach = 10;

/** Kills the bot at every checkpoint of a job's life, a millisecond later each time. */
export async function crashPoints(): Promise<PartReport> {
  const reports = await crashAtEveryPoint(killsEach);
  const sum = (field: Exclude<keyof CrashReport, 'point'>) =>
    reports.reduce((total, report) => total + report[field], 0);
  const answeredAt = reports.findIndex(({ point }) => point === 'answered');
  const madeAgain = reports.slice(answeredAt).reduce((total, report) => total + report.madeAgain, 0);
  return {
    checks: [
      same(
        `kills at ${reports.length} points (${reports.map(({ point }) => point).join(', ')})`,
        sum('kills'),
        reports.length * killsEach,
      ),
      none('requests lost', sum('lost')),
      none('results seen twice', sum('twice')),
      none('made again after the answer was stored', madeAgain),
      none('credits that do not balance', sum('unbalanced')),
      none('requests left open', sum('open')),
      none('status messages left unfinished', sum('stale')),
      info('status messages that were being sent at the kill', sum('unsure')),
    ],
  };
}
