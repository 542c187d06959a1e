import type { FailureReason } from '../domain/failure.ts';
import type { JobView } from '../domain/views.ts';
import { endedView } from './outcome-view.ts';
import { premiumNote } from './failure-words.ts';
import type { MessageId } from './message-ids.ts';
import { cancelButton, refreshButton } from './buttons.ts';
import { lines, promptLimit, quote, waitWords } from './phrases.ts';
import type { MessageView } from './view.ts';
import type { Localizer } from './catalog.ts';

/** What a failed attempt means for the person who waits. */
const retryMessages = {
  'timed-out': 'status-message.retrying-timed-out',
  overloaded: 'status-message.retrying-service-error',
  unreachable: 'status-message.retrying-service-error',
  malformed: 'status-message.retrying-service-error',
  unrecognized: 'status-message.retrying-service-error',
  'failed-run': 'status-message.retrying-service-error',
  'result-unavailable': 'status-message.retrying-damaged-result',
  'result-forbidden': 'status-message.retrying-damaged-result',
  'result-unusable': 'status-message.retrying-damaged-result',
  'result-too-large': 'status-message.retrying-damaged-result',
  rejected: 'status-message.retrying-elsewhere',
  'not-entitled': 'status-message.retrying-elsewhere',
  'out-of-credit': 'status-message.retrying-elsewhere',
  concurrency: 'status-message.retrying-elsewhere',
  'rate-limited': 'status-message.retrying-elsewhere',
  'unknown-model': 'status-message.retrying-elsewhere',
  'bad-request': 'status-message.retrying-elsewhere',
  refused: 'status-message.retrying-elsewhere',
} as const satisfies Record<FailureReason, MessageId>;

/** The status message of a job, whatever its phase. */
export function statusMessageView(localizer: Localizer, view: JobView, nowMs?: number): MessageView {
  const { phase, kind, lane } = view;
  const cancel = cancelButton(localizer, view.id);
  const withCancel = (headline: string): MessageView => ({
    text: lines(headline, quote(view.prompt, promptLimit)),
    rows: [[cancel]],
  });
  switch (phase.kind) {
    case 'queued':
      return {
        text: lines(
          localizer.say('status-message.queued', { kind, ahead: phase.ahead }),
          quote(view.prompt, promptLimit),
        ),
        rows: [[refreshButton(localizer, view.id), cancel]],
      };
    case 'paused':
      return {
        text: lines(
          localizer.say('status-message.paused', { kind }),
          localizer.say('status-message.place-kept', { ahead: phase.ahead }),
          phase.inMs === undefined
            ? ''
            : localizer.say('status-message.resumes', { wait: waitWords(localizer, phase.inMs) }),
          quote(view.prompt, promptLimit),
          premiumNote(localizer, 'paused', lane),
        ),
        rows: [[refreshButton(localizer, view.id), cancel]],
      };
    case 'making':
      return withCancel(
        phase.attempt <= 1
          ? localizer.say('status-message.making', { kind })
          : localizer.say('status-message.making-again', { kind, attempt: phase.attempt }),
      );
    case 'retrying':
      return withCancel(localizer.say(retryMessages[phase.after], { kind }));
    case 'delivering':
      return withCancel(localizer.say('status-message.delivering', { kind }));
    case 'ended':
      return endedView(localizer, view, phase.outcome, nowMs);
  }
}
