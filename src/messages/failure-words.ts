import type { FailureCode } from '../domain/failure.ts';
import type { JobKind, Lane } from '../domain/job.ts';
import { waitWords } from './phrases.ts';
import type { Localizer } from './catalog.ts';

/** Codes with other words where the time of the next try is known. */
const untilMessages: Partial<Record<FailureCode, `failure-until.${'out-of-credit' | 'busy' | 'provider-down'}`>> = {
  'out-of-credit': 'failure-until.out-of-credit',
  busy: 'failure-until.busy',
  'provider-down': 'failure-until.provider-down',
};

/** What the person can do about it: ask the same again, see how others ask, look at what waits, or only wait. */
export const failureRemedy = {
  'keys-being-set-up': 'again',
  'out-of-credit': 'again',
  busy: 'again',
  'taking-longer': 'again',
  'provider-down': 'again',
  'model-unavailable': 'again',
  'result-unavailable': 'again',
  refused: 'example',
  'bad-request': 'example',
  'empty-prompt': 'example',
  'prompt-too-long': 'example',
  'too-large': 'again',
  'quota-reached': 'wait',
  'queue-full': 'status',
  'not-allowed': 'wait',
  'set-aside': 'again',
  cancelled: 'again',
  stopped: 'again',
} as const satisfies Record<FailureCode, 'again' | 'example' | 'status' | 'wait'>;

/** Only where premium changes something. */
const premiumNotes: Partial<Record<FailureCode | 'paused', 'goes-first' | 'more-waiting' | 'higher-limit'>> = {
  busy: 'goes-first',
  paused: 'goes-first',
  'taking-longer': 'goes-first',
  'queue-full': 'more-waiting',
  'quota-reached': 'higher-limit',
};

/** What happened, what happens next and what the person can do; in how long, where that is known. */
export function failureWords(localizer: Localizer, code: FailureCode, kind: JobKind, againInMs?: number): string {
  const until = untilMessages[code];
  if (until !== undefined && againInMs !== undefined && againInMs > 0) {
    return localizer.say(until, { kind, wait: waitWords(localizer, againInMs) });
  }
  return localizer.say(`failure.${code}`, { kind });
}

/** One line on what premium changes; empty for people who have it. */
export function premiumNote(localizer: Localizer, code: FailureCode | 'paused', lane: Lane): string {
  const note = premiumNotes[code];
  return note === undefined || lane === 'premium' ? '' : localizer.say(`premium-note.${note}`);
}
