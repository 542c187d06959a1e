import type { FailureCode } from '../domain/failure.ts';
import type { Outcome, JobKind, Lane } from '../domain/job.ts';
import type { JobView } from '../domain/views.ts';
import { failureRemedy, failureWords, premiumNote } from './failure-words.ts';
import { exampleButton, lines, myRequestsButton, promptLimit, quote, waitWords } from './phrases.ts';
import { callbackData, type MessageView, type MessageButton } from './view.ts';
import { escapeHtml, excerpt, piecesOf } from './shown-text.ts';
import type { Localizer } from './catalog.ts';

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
export function endedView(localizer: Localizer, view: JobView, outcome: Outcome, nowMs?: number): MessageView {
  const words = quote(view.prompt, promptLimit);
  if (outcome.kind === 'result') {
    return {
      text: lines(localizer.say('receipt.done', { kind: view.kind }), words),
      rows: [[againButton(localizer, view, 'button.again')]],
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

/** The words under the result itself. */
export function captionView(localizer: Localizer, view: JobView, result: ResultFacts): MessageView {
  const model = excerpt(result.model, modelLimit);
  const seconds = Math.max(1, Math.round(result.seconds));
  return {
    text: lines(quote(view.prompt, captionPromptLimit), localizer.say('caption.made', { model, seconds })),
    rows: [[againButton(localizer, view, 'button.again')]],
  };
}

/** A result that is words: the first message with what stands under it, then the others where it is long. */
export function textResultView(
  localizer: Localizer,
  view: JobView,
  result: ResultFacts,
  text: string,
): readonly [MessageView, ...MessageView[]] {
  const [first, ...others] = piecesOf(text, textPieceLimit, mostTextPieces);
  const made = localizer.say('caption.made', {
    model: excerpt(result.model, modelLimit),
    seconds: Math.max(1, Math.round(result.seconds)),
  });
  return [
    { text: lines(escapeHtml(first), `\n${made}`), rows: [[againButton(localizer, view, 'button.again')]] },
    ...others.map((piece) => ({ text: escapeHtml(piece), rows: [] })),
  ];
}

function remedyRows(localizer: Localizer, view: JobView, code: FailureCode): MessageView['rows'] {
  switch (failureRemedy[code]) {
    case 'again':
      return [[againButton(localizer, view, 'button.try-again')]];
    case 'example':
      return [[exampleButton(localizer, view.kind)]];
    case 'status':
      return [[myRequestsButton(localizer)]];
    case 'wait':
      return [];
  }
}

function againButton(localizer: Localizer, view: JobView, label: 'button.again' | 'button.try-again'): MessageButton {
  return { text: localizer.plain(label), data: callbackData('again', view.id) };
}

/** A request that was not taken, and the numbers that its reason speaks of. */
export type Refusal = {
  readonly code: FailureCode;
  readonly kind: JobKind;
  readonly lane: Lane;
  /** How many requests of this person may wait at once. */
  readonly waiting: number;
  /** How many of the kind this person may ask for in a UTC day; 0 is none. */
  readonly perDay: number;
  /** The longest prompt taken, in UTF-16 units. */
  readonly promptLimit: number;
  readonly nowMs: number;
};

const dayMs = 86_400_000;

/** Why a request was not taken; nothing was stored, so there is nothing to cancel and nothing to give back. */
export function refusedView(localizer: Localizer, refusal: Refusal): MessageView {
  return {
    text: lines(refusalWords(localizer, refusal), premiumNote(localizer, refusal.code, refusal.lane)),
    rows: refusedScreenRemedyRows(localizer, refusal),
  };
}

/** What the person reads when a command came without words. */
export function usageView(localizer: Localizer, kind: JobKind): MessageView {
  return {
    text: localizer.say(`usage.${kind}`),
    rows: [[exampleButton(localizer, kind)]],
  };
}

function refusalWords(localizer: Localizer, refusal: Refusal): string {
  const { code, kind, waiting, perDay, promptLimit, nowMs } = refusal;
  if (code === 'queue-full') return localizer.say('refused.queue-full', { limit: waiting });
  if (code === 'prompt-too-long') return localizer.say('refused.prompt-too-long', { limit: promptLimit });
  if (code === 'empty-prompt') return usageView(localizer, kind).text;
  if (code === 'quota-reached' && perDay <= 0) return localizer.say('refused.quota-none', { kind });
  if (code === 'quota-reached') {
    const wait = waitWords(localizer, dayMs - (nowMs % dayMs));
    return localizer.say('refused.quota-reached', { kind, limit: perDay, wait });
  }
  return failureWords(localizer, code, kind);
}

/** There is no job to ask for again: the person sends the words once more, so only the other remedies have buttons. */
function refusedScreenRemedyRows(localizer: Localizer, { code, kind }: Refusal): MessageView['rows'] {
  switch (failureRemedy[code]) {
    case 'example':
      return [[exampleButton(localizer, kind)]];
    case 'status':
      return [[myRequestsButton(localizer)]];
    case 'again':
    case 'wait':
      return [];
  }
}
