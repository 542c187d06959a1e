import type { FailureCode } from '../domain/failure.ts';
import type { Outcome } from '../domain/job.ts';
import type { JobView } from '../domain/views.ts';
import { failureRemedy, failureWords, premiumNote } from './failure-words.ts';
import { againButton, exampleButton, myRequestsButton } from './buttons.ts';
import { lines, promptLimit, quote } from './phrases.ts';
import type { MessageView } from './view.ts';
import { escapeHtml, excerpt, piecesOf } from './shown-text.ts';
import type { Localizer } from './catalog.ts';

/** A caption shows more of the prompt than a status message. */
const captionPromptLimit = 700;
const modelLimit = 64;
/** Leaves room in a message for the caption under the text. */
const textPieceLimit = 3_600;
const maxTextPieces = 10;

/** What the caption of a result shows. */
export type ResultFacts = {
  readonly model: string;
  /** Since the job was accepted. */
  readonly seconds: number;
};

/** How a job ended: what happened, what the person can do, and a button to do it. */
export function endedView(localizer: Localizer, view: JobView, outcome: Outcome, nowMs?: number): MessageView {
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
    text: lines(
      failureWords(localizer, code, view.kind, againInMs),
      view.lane === 'free' ? localizer.say('failure.credit-back') : '',
      words,
      premiumNote(localizer, code, view.lane),
    ),
    rows: remedyRows(localizer, view, code),
  };
}

/** The caption of a result. */
export function captionView(localizer: Localizer, view: JobView, result: ResultFacts): MessageView {
  return {
    text: lines(quote(view.prompt, captionPromptLimit), madeWords(localizer, result)),
    rows: [[againButton(localizer, view.id, 'button.again')]],
  };
}

/** A text result: the first message carries the caption; a long text continues in further messages. */
export function textResultView(
  localizer: Localizer,
  view: JobView,
  result: ResultFacts,
  text: string,
): readonly [MessageView, ...MessageView[]] {
  const [first, ...others] = piecesOf(text, textPieceLimit, maxTextPieces);
  return [
    {
      text: lines(escapeHtml(first), `\n${madeWords(localizer, result)}`),
      rows: [[againButton(localizer, view.id, 'button.again')]],
    },
    ...others.map((piece) => ({ text: escapeHtml(piece), rows: [] })),
  ];
}

/** Which model made it, named without its owner as people know it, and in how many seconds. */
function madeWords(localizer: Localizer, { model, seconds }: ResultFacts): string {
  const name = model.slice(model.lastIndexOf('/') + 1) || model;
  return localizer.say('caption.made', { model: excerpt(name, modelLimit), seconds: Math.max(1, Math.round(seconds)) });
}

function remedyRows(localizer: Localizer, view: JobView, code: FailureCode): MessageView['rows'] {
  switch (failureRemedy[code]) {
    case 'again':
      return [[againButton(localizer, view.id, 'button.try-again')]];
    case 'example':
      return [[exampleButton(localizer, view.kind)]];
    case 'status':
      return [[myRequestsButton(localizer)]];
    case 'wait':
      return [];
  }
}
