import type { FailureCode } from '../domain/failure.ts';
import type { JobKind, Lane } from '../domain/job.ts';
import { failureRemedy, failureWords, premiumNote } from './failure-words.ts';
import { exampleButton, lines, myRequestsButton, waitWords } from './phrases.ts';
import type { Screen } from './screen.ts';
import type { Voice } from './voice.ts';

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
    rows: remedyRows(voice, refusal),
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
function remedyRows(voice: Voice, { code, kind }: Refusal): Screen['rows'] {
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
