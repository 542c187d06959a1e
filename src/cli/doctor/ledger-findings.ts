import { count } from '../../observability/quantities.ts';
import type { DatabaseInspection } from '../../app/maintenance.ts';
import { bad, type Finding, good, note, warning } from './finding.ts';

type Looked = Pick<Extract<DatabaseInspection, { kind: 'read' }>, 'damage' | 'ledger'>;

/** The counts of rows as findings. */
export function ledgerFindings({ damage, ledger }: Looked, isRunning: boolean): readonly Finding[] {
  const { waiting, running, undelivered, expired, unhandled, setAside, unbalanced, miscounted, unsure } = ledger;
  if (damage.length > 0) {
    const fix =
      'stop the bot, then "darkroom restore <file>" puts a backup in its place; "darkroom database set-aside" starts a new one';
    return [bad('integrity', `the database is damaged: ${damage.slice(0, 3).join('; ')}`, fix)];
  }
  const resumed = isRunning ? undefined : 'the next start resumes them';
  return [
    good('integrity', 'the database is whole'),
    note('jobs', `${count(waiting, 'request')} waiting, ${running} running`, running > 0 ? resumed : undefined),
    ...(expired === 0
      ? []
      : [
          isRunning
            ? warning(
                'stuck',
                `${count(expired, 'request')} open for more than a day`,
                '"darkroom keys report" says why; people can /cancel',
              )
            : note('stuck', `${count(expired, 'request')} accepted more than a day ago`, resumed),
        ]),
    ...(undelivered === 0
      ? []
      : [
          warning(
            'undelivered',
            `${count(undelivered, 'request')} ended more than a day ago and could not be delivered`,
            isRunning ? 'look in the log for telegram.error' : 'start the bot, which delivers them',
          ),
        ]),
    ...(unhandled === 0
      ? []
      : [
          warning(
            'inbox',
            `${count(unhandled, 'update')} received more than a day ago and not handled`,
            isRunning ? 'look in the log for update.failed and telegram.error' : 'start the bot, which handles them',
          ),
        ]),
    ...(setAside === 0
      ? []
      : [
          note(
            'set-aside',
            `${count(setAside, 'update')} could not be handled in three tries`,
            'look in the log for update.failed: it is a bug',
          ),
        ]),
    unbalanced === 0
      ? good('credits', 'every credit agrees with the outcome of its request')
      : bad(
          'credits',
          `${count(unbalanced, 'request')} whose credit does not agree with its outcome`,
          'this is a bug: keep a backup and report it',
        ),
    ...(miscounted === 0
      ? []
      : [
          bad(
            'places',
            `${count(miscounted, 'place')} in line counted wrong`,
            'this is a bug: keep a backup and report it',
          ),
        ]),
    ...(unsure === 0
      ? []
      : [
          note(
            'unsure',
            `${count(unsure, 'message')} without a confirmation from Telegram, or sent once more because of that`,
          ),
        ]),
  ];
}

type ResultsInspection = Extract<DatabaseInspection, { kind: 'read' }>['results'];

/** Compares the results on the disk with the requests they belong to. */
export function resultFindings({ kept, unneeded, missing }: ResultsInspection, isRunning: boolean): readonly Finding[] {
  return [
    unneeded === 0
      ? good('results', `${count(kept, 'result')} on the disk`)
      : note(
          'results',
          `${unneeded} of ${count(kept, 'result')} on the disk belong to no request`,
          isRunning ? 'the bot removes them within the hour' : 'the bot removes them once it runs',
        ),
    ...(missing === 0
      ? []
      : [
          bad(
            'missing results',
            `${count(missing, 'result')} not yet delivered and not on the disk`,
            'put the results folder of a backup back, or let the bot tell these people that their result was lost',
          ),
        ]),
  ];
}
