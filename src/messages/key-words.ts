import type { AttemptEnding, Choice, ChoiceWhy, SkipReason } from '../domain/attempt-trail.ts';
import type { FailureReason } from '../domain/failure.ts';
import type { CoolReason, KeyState } from '../domain/key-state.ts';
import type { Localizer } from './catalog.ts';
import type { MessageId } from './message-ids.ts';
import { durationWords, shortWait } from './phrases.ts';
import { safe, type Safe } from './view.ts';

/** The state of a key, its reason, and its end where that is known. */
export function keyStateWords(localizer: Localizer, state: KeyState, nowMs: number): string {
  switch (state.kind) {
    case 'ready':
      return localizer.say('key-state.ready');
    case 'suspect':
      return localizer.say('key-state.suspect', { reason: reasonWords(localizer, state.reason) });
    case 'cooling': {
      const facts = { reason: reasonWords(localizer, state.reason), wait: shortWait(localizer, state.untilMs - nowMs) };
      const isKnown = state.stated || state.untilMs <= nowMs;
      return isKnown ? localizer.say('key-state.cooling', facts) : localizer.say('key-state.cooling-guess', facts);
    }
    case 'half-open':
      return localizer.say('key-state.half-open', { reason: reasonWords(localizer, state.after) });
    case 'benched': {
      const reason = reasonWords(localizer, state.reason);
      // A rejected key is probed at once; credit shows only at the next real call, in an hour or more.
      if (!state.confirmed && state.reason === 'rejected') return localizer.say('key-state.benched-unsure', { reason });
      return localizer.say('key-state.benched', { reason, wait: shortWait(localizer, state.probeAtMs - nowMs) });
    }
    case 'probing':
      return localizer.say('key-state.probing', { reason: reasonWords(localizer, state.reason) });
    case 'disabled':
      return localizer.say(state.ended === true ? 'key-state.ended' : 'key-state.disabled');
  }
}

/** Why a call failed or a key cools down, in a few words. */
export function reasonWords(localizer: Localizer, reason: FailureReason | CoolReason): Safe {
  return safe(localizer.say(`reason.${reason}`));
}

/** Why this key was chosen for a call. */
export function choiceWords(localizer: Localizer, why: ChoiceWhy): Safe {
  return safe(localizer.say(`choice.${why}`));
}

const skipMessages = {
  cooling: 'skip.cooling',
  benched: 'skip.benched',
  disabled: 'skip.disabled',
  busy: 'skip.busy',
  'other-model': 'skip.other-model',
  'just-failed': 'skip.just-failed',
  slow: 'skip.slow',
} as const satisfies Record<SkipReason, MessageId>;

const skipReasons = Object.keys(skipMessages) as readonly SkipReason[];

/** How many keys were skipped, and why: `2 cooling, 1 busy`; empty when none was. */
export function skippedWords(localizer: Localizer, skipped: Choice['skipped']): string {
  return skipReasons
    .flatMap((reason) => {
      const count = skipped[reason] ?? 0;
      return count === 0 ? [] : [localizer.say(skipMessages[reason], { count })];
    })
    .join(', ');
}

/** How a call ended, and after how long. */
export function endingWords(localizer: Localizer, ending: AttemptEnding): Safe {
  switch (ending.kind) {
    case 'not-sent':
      return safe(localizer.say('ending.not-sent'));
    case 'sent':
      return safe(localizer.say('ending.sent'));
    case 'submitted':
      return safe(localizer.say('ending.submitted', { took: durationWords(localizer, ending.ms) }));
    case 'answered':
      return safe(localizer.say('ending.answered', { took: durationWords(localizer, ending.ms) }));
    case 'failed': {
      const facts = { reason: reasonWords(localizer, ending.reason), took: durationWords(localizer, ending.ms) };
      const isGuess = ending.sureness === 'guess';
      return safe(isGuess ? localizer.say('ending.failed-guess', facts) : localizer.say('ending.failed', facts));
    }
    case 'broken-off':
      return safe(localizer.say('ending.broken-off', { took: durationWords(localizer, ending.ms) }));
  }
}
