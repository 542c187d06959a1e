import type { FailureCode, FailureReason } from '../domain/failure.ts';
import type { Outcome } from '../domain/job.ts';
import type { JobKind } from '../domain/kinds.ts';
import type { ProviderQueue } from '../domain/provider.ts';
import type { JobPhase, JobView, NextInLine } from '../domain/views.ts';
import {
  failureRemedy,
  failureWords,
  premiumNote,
  againButton,
  exampleRows,
  myRequestsButton,
  cancelButton,
  refreshButton,
  resultRows,
  lines,
  promptLimit,
  quote,
  clockTime,
  waitWithTime,
} from './phrases.ts';
import {
  callbackData,
  type MessageButton,
  type MessageView,
  escapeHtml,
  excerpt,
  isVisible,
  piecesOf,
} from './view.ts';
import type { Localizer } from './catalog.ts';
import type { MessageId } from './message-ids.ts';

/** A caption shows more of the prompt than a status message. */
const captionPromptLimit = 700;
const modelLimit = 64;
const askedLimit = 160;
/** Leaves room in a message for the caption under the text. */
const textPieceLimit = 3_600;
const maxTextPieces = 10;

/** What the caption of a result shows. */
export type ResultFacts = {
  readonly model: string;
  /** Its name as people know it; without one, its id without its owner. */
  readonly label?: string;
  /** Since the job was accepted. */
  readonly seconds: number;
};

/** A job as its person sees it; admins are not told what premium changes. */
export type PersonalView = JobView & { readonly isAdmin?: boolean; readonly hasAdmins?: boolean };

/** How a job ended: what happened, what the person can do, and a button to do it. */
export function endedView(localizer: Localizer, view: PersonalView, outcome: Outcome, nowMs?: number): MessageView {
  const words = quote(view.prompt, promptLimit);
  if (outcome.kind === 'result') {
    return {
      text: lines(localizer.say('status-message.done', { kind: view.kind }), words),
      rows: [[againButton(localizer, view.id, 'button.again')]],
    };
  }
  const code = outcome.kind === 'failed' ? outcome.code : 'cancelled';
  const againAtMs = outcome.kind === 'failed' ? outcome.againAtMs : undefined;
  const againInMs = againAtMs === undefined || nowMs === undefined ? undefined : againAtMs - nowMs;
  return {
    text: lines(failureWords(localizer, code, view.kind, againInMs), givenBackWords(localizer, view), words),
    rows: [...remedyRows(localizer, view, code), ...feedbackRows(localizer, view, code)],
  };
}

/** What a request without a result has not cost; a premium person usually has no limit to speak of. */
function givenBackWords(localizer: Localizer, { lane, isFromPack }: PersonalView): string {
  if (isFromPack === true) return localizer.say('pack.given-back');
  return lane === 'free' ? localizer.say('failure.credit-back') : '';
}

/** An outcome that may not have arrived: only the person can know, and ask for it again. */
export function heldView(localizer: Localizer, view: JobView): MessageView {
  return {
    text: lines(localizer.say('held'), quote(view.prompt, promptLimit)),
    rows: [[{ text: localizer.plain('button.show'), data: callbackData('show', view.id) }]],
  };
}

/** The caption of a result. */
export function captionView(localizer: Localizer, view: JobView, result: ResultFacts): MessageView {
  return {
    text: lines(
      quote(view.prompt, captionPromptLimit),
      askedWords(localizer, view),
      styleLabel(localizer, view),
      madeWords(localizer, view, result),
    ),
    rows: resultRows(localizer, view.id, view.kind),
  };
}

/** What the model was told where that is more than the prompt, shortened. */
function askedWords(localizer: Localizer, { asked }: JobView): string {
  return asked === undefined ? '' : localizer.say('caption.asked', { words: excerpt(asked, askedLimit) });
}

function styleLabel(localizer: Localizer, { preset }: JobView): string {
  return preset === undefined ? '' : localizer.say(`button.style-${preset}`);
}

/** A text result: the first message carries the caption; a long text continues in further messages. */
export function textResultView(
  localizer: Localizer,
  view: JobView,
  result: ResultFacts,
  { text, isCut = false }: { readonly text: string; readonly isCut?: boolean },
): readonly [MessageView, ...MessageView[]] {
  const [first, ...others] = piecesOf(text, textPieceLimit, maxTextPieces);
  return [
    {
      text: lines(
        escapeHtml(first),
        isCut ? `\n${localizer.say('answer-cut')}` : '',
        `\n${madeWords(localizer, view, result)}`,
      ),
      rows: [[againButton(localizer, view.id, isCut ? 'button.try-again' : 'button.again')]],
    },
    ...others.map((piece) => ({ text: escapeHtml(piece), rows: [] })),
  ];
}

/** Which model made it, named as people know it, and in how many seconds. */
function madeWords(localizer: Localizer, { seed }: JobView, { model, label, seconds }: ResultFacts): string {
  const name = excerpt(label ?? (model.slice(model.lastIndexOf('/') + 1) || model), modelLimit);
  const facts = { model: name, seconds: Math.max(1, Math.round(seconds)) };
  return seed === undefined
    ? localizer.say('caption.made', facts)
    : localizer.say('caption.made-seed', { ...facts, seed: String(seed) });
}

/** The person can say what went wrong where an admin reads it, and where the reason is not plain. */
function feedbackRows(localizer: Localizer, { id, hasAdmins }: PersonalView, code: FailureCode): MessageView['rows'] {
  const isPlain = code === 'cancelled' || code === 'stopped' || failureRemedy[code] === 'status';
  if (isPlain || hasAdmins !== true) return [];
  return [[{ text: localizer.plain('button.feedback'), data: callbackData('tell', id) }]];
}

function remedyRows(localizer: Localizer, view: JobView, code: FailureCode): MessageView['rows'] {
  switch (failureRemedy[code]) {
    case 'again':
      return [[againButton(localizer, view.id, 'button.try-again')]];
    case 'example': {
      const examples = exampleRows(localizer, [view.kind]);
      return examples.length > 0 ? examples : [[againButton(localizer, view.id, 'button.try-again')]];
    }
    case 'status':
      return [[myRequestsButton(localizer)]];
  }
}

/** What a failed attempt means for the person who waits. */
const retryMessages = {
  'timed-out': 'status-message.retrying-timed-out',
  overloaded: 'status-message.retrying-service-error',
  unreachable: 'status-message.retrying-service-error',
  malformed: 'status-message.retrying-service-error',
  'blocks-this-machine': 'status-message.retrying-service-error',
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

/** A shorter wait is not worth a line that changes all the time. */
export const shownFromMs = 20_000;

function startsWords(localizer: Localizer, inMs = 0, nowMs?: number): string {
  if (inMs < shownFromMs) return '';
  return localizer.say('status-message.starts', { wait: waitWithTime(localizer, inMs, nowMs) });
}

/** Since when it is being made, kept up to date by the client. */
function beganWords(localizer: Localizer, { beganAtMs }: JobView, nowMs?: number): string {
  if (beganAtMs === undefined || nowMs === undefined) return '';
  return localizer.say('status-message.began', { time: clockTime(localizer, beganAtMs, 'r') });
}

/** How many more the person may ask for today; nothing where there is no limit. */
function leftWords(localizer: Localizer, { left }: JobView): string {
  return left === undefined ? '' : localizer.say('status-message.left-today', left);
}

const nextMessages = {
  starts: undefined,
  slot: 'status-message.next-slot',
  'own-request': 'status-message.next-own',
  'group-request': 'status-message.next-group',
  again: 'status-message.next-again',
} as const satisfies Record<NextInLine, MessageId | undefined>;

/** Where in the line a job is; the first one is told what it waits for. */
function queuedWords(localizer: Localizer, kind: JobKind, phase: Extract<JobPhase, { kind: 'queued' }>): string {
  const message = phase.next === undefined ? undefined : nextMessages[phase.next];
  return message === undefined
    ? localizer.say('status-message.queued', { kind, ahead: phase.ahead })
    : localizer.say(message, { kind });
}

/** Where it stands with a provider that has a queue of its own; empty where that is soon over. */
function queueWords(localizer: Localizer, { ahead = 0, inMs = 0 }: ProviderQueue = {}, nowMs?: number): string {
  const wait = waitWithTime(localizer, inMs, nowMs);
  return lines(
    ahead === 0 ? '' : localizer.say('status-message.provider-queue', { ahead }),
    inMs < shownFromMs ? '' : localizer.say('status-message.done-in', { wait }),
  );
}

/** An answer while it is written: its newest part, where it is too long for one message. */
function writingView(text: string, cancel: MessageButton): MessageView {
  const isLong = text.length > textPieceLimit;
  const shown = isLong ? `… ${text.slice(-textPieceLimit)}` : text;
  return { text: `${escapeHtml(shown.trimEnd().toWellFormed())} …`, rows: [[cancel]] };
}

/** The status message of a job, whatever its phase; without `nowMs` no time of day stands in it. */
export function statusMessageView(localizer: Localizer, view: PersonalView, nowMs?: number): MessageView {
  const { phase, kind } = view;
  const cancel = cancelButton(localizer, view.id);
  const album = view.album && localizer.say('status-message.album', view.album);
  const foot = lines(album, quote(view.prompt, promptLimit), leftWords(localizer, view));
  const withCancel = (headline: string): MessageView => ({
    text: lines(headline, beganWords(localizer, view, nowMs), foot),
    rows: [[cancel]],
  });
  switch (phase.kind) {
    case 'queued':
      return {
        text: lines(queuedWords(localizer, kind, phase), startsWords(localizer, phase.inMs, nowMs), foot),
        rows: [[refreshButton(localizer, view.id), cancel]],
      };
    case 'paused':
      return {
        text: lines(
          localizer.say('status-message.paused', { kind }),
          localizer.say('status-message.place-kept', { ahead: phase.ahead }),
          phase.inMs === undefined
            ? ''
            : localizer.say('status-message.resumes', { wait: waitWithTime(localizer, phase.inMs, nowMs) }),
          foot,
          phase.ahead === 0 ? '' : premiumNote(localizer, 'paused', view),
        ),
        rows: [[refreshButton(localizer, view.id), cancel]],
      };
    case 'making':
      if (phase.text !== undefined && isVisible(phase.text)) return writingView(phase.text, cancel);
      return withCancel(
        lines(
          phase.attempt <= 1
            ? localizer.say('status-message.making', { kind })
            : localizer.say('status-message.making-again', { kind, attempt: phase.attempt }),
          queueWords(localizer, phase.queue, nowMs),
        ),
      );
    case 'retrying':
      return withCancel(localizer.say(retryMessages[phase.after], { kind }));
    case 'delivering':
      return withCancel(localizer.say('status-message.delivering', { kind }));
    case 'ended':
      return endedView(localizer, view, phase.outcome, nowMs);
  }
}
