import type { FailureReason } from '../domain/failure.ts';
import type { JobView } from '../domain/views.ts';
import { endedView } from './outcome-view.ts';
import { premiumNote } from './failure-words.ts';
import type { MessageId } from './message-ids.ts';
import { cancelButton, lines, promptLimit, quote, refreshButton, waitWords } from './phrases.ts';
import type { MessageView } from './view.ts';
import type { Localizer } from './catalog.ts';

/** Whatever went wrong, the person hears what it means for the wait. */
const retryMessages = {
  'timed-out': 'receipt.retrying-longer',
  overloaded: 'receipt.retrying-stumbled',
  unreachable: 'receipt.retrying-stumbled',
  malformed: 'receipt.retrying-stumbled',
  unrecognized: 'receipt.retrying-stumbled',
  'failed-run': 'receipt.retrying-stumbled',
  'result-unavailable': 'receipt.retrying-result',
  'result-forbidden': 'receipt.retrying-result',
  'result-unusable': 'receipt.retrying-result',
  'result-too-large': 'receipt.retrying-result',
  rejected: 'receipt.retrying-elsewhere',
  'not-entitled': 'receipt.retrying-elsewhere',
  'out-of-credit': 'receipt.retrying-elsewhere',
  concurrency: 'receipt.retrying-elsewhere',
  'rate-limited': 'receipt.retrying-elsewhere',
  'unknown-model': 'receipt.retrying-elsewhere',
  'bad-request': 'receipt.retrying-elsewhere',
  refused: 'receipt.retrying-elsewhere',
} as const satisfies Record<FailureReason, MessageId>;

/** The status message of a job, whatever its phase. */
export function statusMessageView(localizer: Localizer, view: JobView, nowMs?: number): MessageView {
  const { phase, kind, lane } = view;
  const cancel = cancelButton(localizer, view.id);
  const moving = (headline: string): MessageView => ({
    text: lines(headline, quote(view.prompt, promptLimit)),
    rows: [[cancel]],
  });
  switch (phase.kind) {
    case 'queued':
      return {
        text: lines(localizer.say('receipt.queued', { kind, ahead: phase.ahead }), quote(view.prompt, promptLimit)),
        rows: [[refreshButton(localizer, view.id), cancel]],
      };
    case 'paused':
      return {
        text: lines(
          localizer.say('receipt.paused', { kind }),
          localizer.say('receipt.place-kept', { ahead: phase.ahead }),
          phase.inMs === undefined ? '' : localizer.say('receipt.resumes', { wait: waitWords(localizer, phase.inMs) }),
          quote(view.prompt, promptLimit),
          premiumNote(localizer, 'paused', lane),
        ),
        rows: [[refreshButton(localizer, view.id), cancel]],
      };
    case 'making':
      return moving(
        phase.attempt <= 1
          ? localizer.say('receipt.making', { kind })
          : localizer.say('receipt.making-again', { kind, attempt: phase.attempt }),
      );
    case 'retrying':
      return moving(localizer.say(retryMessages[phase.after], { kind }));
    case 'delivering':
      return moving(localizer.say('receipt.delivering', { kind }));
    case 'ended':
      return endedView(localizer, view, phase.outcome, nowMs);
  }
}
