import type { FailureCode } from '../domain/failure.ts';
import type { JobKind, Lane } from '../domain/job.ts';
import type { MessageId } from './message-ids.ts';
import { waitWords } from './phrases.ts';
import type { Localizer } from './catalog.ts';

const failureMessages = {
  'keys-being-set-up': 'failure.keys-being-set-up',
  'out-of-credit': 'failure.out-of-credit',
  busy: 'failure.busy',
  'taking-longer': 'failure.taking-longer',
  'provider-down': 'failure.provider-down',
  'model-unavailable': 'failure.model-unavailable',
  'result-unavailable': 'failure.result-unavailable',
  refused: 'failure.refused',
  'bad-request': 'failure.bad-request',
  'empty-prompt': 'failure.empty-prompt',
  'prompt-too-long': 'failure.prompt-too-long',
  'too-large': 'failure.too-large',
  'quota-reached': 'failure.quota-reached',
  'queue-full': 'failure.queue-full',
  'not-allowed': 'failure.not-allowed',
  'set-aside': 'failure.set-aside',
  cancelled: 'failure.cancelled',
  stopped: 'failure.stopped',
} as const satisfies Record<FailureCode, MessageId>;

/** The same where it is known when it is worth asking again. */
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

/** Only where premium truly changes something. */
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
  return localizer.say(failureMessages[code], { kind });
}

/** One quiet line on what premium changes; nothing for those who have it. */
export function premiumNote(localizer: Localizer, code: FailureCode | 'paused', lane: Lane): string {
  const note = premiumNotes[code];
  return note === undefined || lane === 'premium' ? '' : localizer.say(`note.${note}`);
}
