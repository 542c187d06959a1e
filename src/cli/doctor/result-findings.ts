import type { DatabaseLook } from '../../app/maintenance.ts';
import { bad, counted, type Finding, good, note } from './finding.ts';

type ResultsLook = Extract<DatabaseLook, { kind: 'read' }>['results'];

/** Results on the disk against the requests that they belong to. */
export function resultFindings({ kept, unneeded, missing }: ResultsLook, isRunning: boolean): readonly Finding[] {
  return [
    unneeded === 0
      ? good('results', `${counted(kept, 'result')} on the disk`)
      : note(
          'results',
          `${unneeded} of ${counted(kept, 'result')} on the disk belong to no request`,
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
