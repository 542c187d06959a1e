import { existsSync } from 'node:fs';
import { jobsWithResults } from '../../media/kept-results.ts';
import type { Database } from '../../storage/database.ts';
import { untoldResults, unneededResults } from '../../storage/result-checks.ts';
import { bad, counted, type Finding, good, note } from './finding.ts';

/** Results on the disk against the requests that they belong to. */
export async function resultFindings(
  database: Database,
  folder: string,
  isRunning: boolean,
): Promise<readonly Finding[]> {
  const kept = await jobsWithResults(folder);
  const orphaned = unneededResults(database, kept).length;
  const missing = untoldResults(database).filter((path) => !existsSync(path)).length;
  return [
    orphaned === 0
      ? good('results', `${counted(kept.length, 'result')} on the disk`)
      : note(
          'results',
          `${orphaned} of ${counted(kept.length, 'result')} on the disk belong to no request`,
          isRunning ? 'the bot removes them within the hour' : 'the bot removes them once it runs',
        ),
    ...(missing === 0
      ? []
      : [
          bad(
            'missing results',
            `${counted(missing, 'result')} that nobody has been shown yet, not on the disk`,
            'put the results folder of a backup back, or let the bot tell these people that the result was lost',
          ),
        ]),
  ];
}
