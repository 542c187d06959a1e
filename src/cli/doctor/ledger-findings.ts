import type { DatabaseLook } from '../../app/maintenance.ts';
import { bad, counted, type Finding, good, note, warning } from './finding.ts';

type LedgerFindings = Extract<DatabaseLook, { kind: 'read' }>['ledger'];

/** What the rows say, in an operator's words. */
export function ledgerFindings(look: LedgerFindings, isRunning: boolean): readonly Finding[] {
  const { damage, waiting, running, undelivered, expired, unhandled, setAside, unbalanced, miscounted, unsure } = look;
  if (damage.length > 0) {
    const fix = 'stop the bot and put a backup in its place; "darkroom database set-aside" starts a new one';
    return [bad('integrity', `the database is damaged: ${damage.slice(0, 3).join('; ')}`, fix)];
  }
  const takenUp = isRunning ? undefined : 'the next start takes them up';
  return [
    good('integrity', 'the database is whole'),
    note('jobs', `${counted(waiting, 'request')} waiting, ${running} running`, running > 0 ? takenUp : undefined),
    ...(expired === 0
      ? []
      : [
          isRunning
            ? warning(
                'stuck',
                `${counted(expired, 'request')} under way for more than a day`,
                '"darkroom keys report" says why; people can /cancel',
              )
            : note('stuck', `${counted(expired, 'request')} accepted more than a day ago`, takenUp),
        ]),
    ...(undelivered === 0
      ? []
      : [
          warning(
            'undelivered',
            `${counted(undelivered, 'request')} ended more than a day ago, and the person could not be told`,
            isRunning ? 'look in the log for trouble with Telegram' : 'start the bot, which tells them',
          ),
        ]),
    ...(unhandled === 0
      ? []
      : [
          warning(
            'inbox',
            `${counted(unhandled, 'update')} kept more than a day ago and not handled`,
            isRunning
              ? 'look in the log for update.failed and trouble with Telegram'
              : 'start the bot, which handles them',
          ),
        ]),
    ...(setAside === 0
      ? []
      : [
          note(
            'set-aside',
            `${counted(setAside, 'update')} could not be handled in three tries`,
            'look in the log for update.failed: it is a bug',
          ),
        ]),
    unbalanced === 0
      ? good('credits', 'every credit agrees with what became of its request')
      : bad(
          'credits',
          `${counted(unbalanced, 'request')} whose credit does not agree with its outcome`,
          'this is a bug: keep a backup and report it',
        ),
    ...(miscounted === 0
      ? []
      : [
          bad(
            'places',
            `${counted(miscounted, 'place')} in line counted wrong`,
            'this is a bug: keep a backup and report it',
          ),
        ]),
    ...(unsure === 0
      ? []
      : [
          note(
            'unsure',
            `${counted(unsure, 'message')} of which Telegram never said whether it arrived, or sent once more because of that`,
          ),
        ]),
  ];
}

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
