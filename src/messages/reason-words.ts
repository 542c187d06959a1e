import type { FailureReason } from '../domain/failure.ts';
import type { CoolReason } from '../domain/key-state.ts';
import type { MessageId } from './message-ids.ts';
import { safe, type Safe } from './safe-html.ts';
import type { Voice } from './voice.ts';

const reasonMessages = {
  rejected: 'reason.rejected',
  'not-entitled': 'reason.not-entitled',
  'out-of-credit': 'reason.out-of-credit',
  concurrency: 'reason.concurrency',
  'rate-limited': 'reason.rate-limited',
  'fails-alone': 'reason.fails-alone',
  'unknown-model': 'reason.unknown-model',
  'timed-out': 'reason.timed-out',
  overloaded: 'reason.overloaded',
  unreachable: 'reason.unreachable',
  malformed: 'reason.malformed',
  'failed-run': 'reason.failed-run',
  unrecognized: 'reason.unrecognized',
  'result-unavailable': 'reason.result-unavailable',
  'result-forbidden': 'reason.result-forbidden',
  'result-unusable': 'reason.result-unusable',
  'result-too-large': 'reason.result-too-large',
  'bad-request': 'reason.bad-request',
  refused: 'reason.refused',
} as const satisfies Record<FailureReason | CoolReason, MessageId>;

/** Why a call failed or a key rests, in a few words for an admin. */
export function reasonWords(voice: Voice, reason: FailureReason | CoolReason): Safe {
  return safe(voice.say(reasonMessages[reason]));
}
