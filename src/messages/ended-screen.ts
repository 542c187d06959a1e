import type { FailureCode } from '../domain/failure.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { JobView } from '../domain/views.ts';
import { failureRemedy, failureWords, premiumNote } from './failure-words.ts';
import { exampleButton, lines, myRequestsButton, promptLimit, quote } from './phrases.ts';
import { callbackData, type Screen, type ScreenButton } from './screen.ts';
import { escapeHtml } from './safe-html.ts';
import { excerpt, piecesOf } from './shown-text.ts';
import type { Voice } from './voice.ts';

/** A caption has room for more of the prompt than a status message wants to show. */
const captionPromptLimit = 700;
const modelLimit = 64;
/** Leaves room in a message for what stands under the text. */
const textPieceLimit = 3_600;
const mostTextPieces = 10;

/** What stands under a result. */
export type ResultFacts = {
  readonly model: string;
  /** From acceptance or from the first attempt, as the caller likes to count. */
  readonly seconds: number;
};

/** How a job ended: what happened, what the person can do, and a button to do it. */
export function endedScreen(voice: Voice, view: JobView, outcome: Outcome, nowMs?: number): Screen {
  const words = quote(view.prompt, promptLimit);
  if (outcome.kind === 'result') {
    return {
      text: lines(voice.say('receipt.done', { kind: view.kind }), words),
      rows: [[againButton(voice, view, 'button.again')]],
    };
  }
  const code = outcome.kind === 'failed' ? outcome.code : 'cancelled';
  const againAtMs = outcome.kind === 'failed' ? outcome.againAtMs : undefined;
  const againInMs = againAtMs === undefined || nowMs === undefined ? undefined : againAtMs - nowMs;
  return {
    text: lines(
      failureWords(voice, code, view.kind, againInMs),
      view.lane === 'free' ? voice.say('failure.credit-back') : '',
      words,
      premiumNote(voice, code, view.lane),
    ),
    rows: remedyRows(voice, view, code),
  };
}

/** The words under the result itself. */
export function captionScreen(voice: Voice, view: JobView, result: ResultFacts): Screen {
  const model = excerpt(result.model, modelLimit);
  const seconds = Math.max(1, Math.round(result.seconds));
  return {
    text: lines(quote(view.prompt, captionPromptLimit), voice.say('caption.made', { model, seconds })),
    rows: [[againButton(voice, view, 'button.again')]],
  };
}

/** A result that is words: the first message with what stands under it, then the others where it is long. */
export function textResultScreens(
  voice: Voice,
  view: JobView,
  result: ResultFacts,
  text: string,
): readonly [Screen, ...Screen[]] {
  const [first, ...others] = piecesOf(text, textPieceLimit, mostTextPieces);
  const made = voice.say('caption.made', {
    model: excerpt(result.model, modelLimit),
    seconds: Math.max(1, Math.round(result.seconds)),
  });
  return [
    { text: lines(escapeHtml(first), `\n${made}`), rows: [[againButton(voice, view, 'button.again')]] },
    ...others.map((piece) => ({ text: escapeHtml(piece), rows: [] })),
  ];
}

function remedyRows(voice: Voice, view: JobView, code: FailureCode): Screen['rows'] {
  switch (failureRemedy[code]) {
    case 'again':
      return [[againButton(voice, view, 'button.try-again')]];
    case 'example':
      return [[exampleButton(voice, view.kind)]];
    case 'status':
      return [[myRequestsButton(voice)]];
    case 'wait':
      return [];
  }
}

function againButton(voice: Voice, view: JobView, label: 'button.again' | 'button.try-again'): ScreenButton {
  return { text: voice.plain(label), data: callbackData('again', view.id) };
}
