import type { KeyState } from '../domain/key-state.ts';
import { shortWait } from './phrases.ts';
import { reasonWords } from './reason-words.ts';
import type { Voice } from './voice.ts';

/** What state a key is in, why, and until when as far as that is known. */
export function keyStateWords(voice: Voice, state: KeyState, nowMs: number): string {
  switch (state.kind) {
    case 'ready':
      return voice.say('keys.ready');
    case 'suspect':
      return voice.say('keys.suspect', { reason: reasonWords(voice, state.reason) });
    case 'cooling': {
      const facts = { reason: reasonWords(voice, state.reason), wait: shortWait(voice, state.untilMs - nowMs) };
      const isKnown = state.stated || state.untilMs <= nowMs;
      return isKnown ? voice.say('keys.cooling', facts) : voice.say('keys.cooling-guess', facts);
    }
    case 'half-open':
      return voice.say('keys.half-open', { reason: reasonWords(voice, state.after) });
    case 'benched': {
      const reason = reasonWords(voice, state.reason);
      // Whether a key is accepted is asked at once; credit shows when a call is dared again, in an hour or more.
      if (!state.confirmed && state.reason === 'rejected') return voice.say('keys.benched-unsure', { reason });
      return voice.say('keys.benched', { reason, wait: shortWait(voice, state.probeAtMs - nowMs) });
    }
    case 'probing':
      return voice.say('keys.probing', { reason: reasonWords(voice, state.reason) });
    case 'disabled':
      return voice.say('keys.disabled');
  }
}
