import type { FailureReason } from '../domain/failure.ts';
import type { JobView } from '../domain/views.ts';
import { endedScreen } from './outcome-view.ts';
import { premiumNote } from './failure-words.ts';
import type { MessageId } from './message-ids.ts';
import { cancelButton, lines, promptLimit, quote, refreshButton, waitWords } from './phrases.ts';
import type { Screen } from './view.ts';
import type { Voice } from './catalog.ts';

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
export function receiptScreen(voice: Voice, view: JobView, nowMs?: number): Screen {
  const { phase, kind, lane } = view;
  const cancel = cancelButton(voice, view.id);
  const moving = (headline: string): Screen => ({
    text: lines(headline, quote(view.prompt, promptLimit)),
    rows: [[cancel]],
  });
  switch (phase.kind) {
    case 'queued':
      return {
        text: lines(voice.say('receipt.queued', { kind, ahead: phase.ahead }), quote(view.prompt, promptLimit)),
        rows: [[refreshButton(voice, view.id), cancel]],
      };
    case 'paused':
      return {
        text: lines(
          voice.say('receipt.paused', { kind }),
          voice.say('receipt.place-kept', { ahead: phase.ahead }),
          phase.inMs === undefined ? '' : voice.say('receipt.resumes', { wait: waitWords(voice, phase.inMs) }),
          quote(view.prompt, promptLimit),
          premiumNote(voice, 'paused', lane),
        ),
        rows: [[refreshButton(voice, view.id), cancel]],
      };
    case 'making':
      return moving(
        phase.attempt <= 1
          ? voice.say('receipt.making', { kind })
          : voice.say('receipt.making-again', { kind, attempt: phase.attempt }),
      );
    case 'retrying':
      return moving(voice.say(retryMessages[phase.after], { kind }));
    case 'delivering':
      return moving(voice.say('receipt.delivering', { kind }));
    case 'ended':
      return endedScreen(voice, view, phase.outcome, nowMs);
  }
}
