import type { FailureCode } from '../domain/failure.ts';
import type { Outcome, JobKind, Lane } from '../domain/job.ts';
import type { JobView } from '../domain/views.ts';
import { failureRemedy, failureWords, premiumNote } from './failure-words.ts';
import { exampleButton, lines, myRequestsButton, promptLimit, quote, waitWords } from './phrases.ts';
import { callbackData, type Screen, type ScreenButton } from './view.ts';
import { escapeHtml, excerpt, piecesOf } from './shown-text.ts';
import type { Voice } from './catalog.ts';

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
export function refusedScreen(voice: Voice, refusal: Refusal): Screen {
  return {
    text: lines(refusalWords(voice, refusal), premiumNote(voice, refusal.code, refusal.lane)),
    rows: refusedScreenRemedyRows(voice, refusal),
  };
}

/** What the person reads when a command came without words. */
export function usageScreen(voice: Voice, kind: JobKind): Screen {
  return {
    text: voice.say(`usage.${kind}`),
    rows: [[exampleButton(voice, kind)]],
  };
}

function refusalWords(voice: Voice, refusal: Refusal): string {
  const { code, kind, waiting, perDay, promptLimit, nowMs } = refusal;
  if (code === 'queue-full') return voice.say('refused.queue-full', { limit: waiting });
  if (code === 'prompt-too-long') return voice.say('refused.prompt-too-long', { limit: promptLimit });
  if (code === 'empty-prompt') return usageScreen(voice, kind).text;
  if (code === 'quota-reached' && perDay <= 0) return voice.say('refused.quota-none', { kind });
  if (code === 'quota-reached') {
    const wait = waitWords(voice, dayMs - (nowMs % dayMs));
    return voice.say('refused.quota-reached', { kind, limit: perDay, wait });
  }
  return failureWords(voice, code, kind);
}

/** There is no job to ask for again: the person sends the words once more, so only the other remedies have buttons. */
function refusedScreenRemedyRows(voice: Voice, { code, kind }: Refusal): Screen['rows'] {
  switch (failureRemedy[code]) {
    case 'example':
      return [[exampleButton(voice, kind)]];
    case 'status':
      return [[myRequestsButton(voice)]];
    case 'again':
    case 'wait':
      return [];
  }
}
