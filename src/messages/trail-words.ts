import type { AttemptEnding, AttemptTrail, ChoiceWhy, SkipReason } from '../domain/attempt-trail.ts';
import type { MessageId } from './message-ids.ts';
import { shortWait, tookWords, reasonWords } from './phrases.ts';
import { safe, excerpt } from './shown-text.ts';
import type { Localizer } from './catalog.ts';

const callsShown = 6;
const nameLimit = 40;
/** A shorter wait is not worth a word. */
const worthSayingMs = 1_000;

const whyMessages = {
  'only-one': 'choice.only-one',
  soonest: 'choice.soonest',
  'better-of-two': 'choice.better-of-two',
  explored: 'choice.explored',
  'half-open': 'choice.half-open',
  'in-turn': 'choice.in-turn',
  'least-used': 'choice.least-used',
  'by-weight': 'choice.by-weight',
  'first-in-order': 'choice.first-in-order',
} as const satisfies Record<ChoiceWhy, MessageId>;

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

/** The latest calls of a job, a short line for each: key, ending, and what spoke for that key. */
export function trailLines(localizer: Localizer, trail: readonly AttemptTrail[]): readonly string[] {
  const isMixed = new Set(trail.map(({ candidate }) => candidate.provider)).size > 1;
  const shown = trail.slice(-callsShown).map((call) =>
    localizer.say('trail.call', {
      call: call.call,
      key: excerpt(isMixed ? call.keyName : (/#\d+$/.exec(call.keyName)?.[0] ?? call.keyName), nameLimit),
      ending: safe(endingWords(localizer, call.ending)),
      choice: safe(choiceWords(localizer, call)),
    }),
  );
  const earlier = trail.length - shown.length;
  return earlier === 0 ? shown : [localizer.say('trail.earlier', { count: earlier }), ...shown];
}

function endingWords(localizer: Localizer, ending: AttemptEnding): string {
  switch (ending.kind) {
    case 'not-sent':
      return localizer.say('trail.not-sent');
    case 'sent':
      return localizer.say('trail.sent');
    case 'answered':
      return localizer.say('trail.answered', { took: tookWords(localizer, ending.ms) });
    case 'failed': {
      const facts = { reason: reasonWords(localizer, ending.reason), took: tookWords(localizer, ending.ms) };
      return ending.sureness === 'guess'
        ? localizer.say('trail.failed-guess', facts)
        : localizer.say('trail.failed', facts);
    }
    case 'broken-off':
      return localizer.say('trail.broken-off', { took: tookWords(localizer, ending.ms) });
  }
}

/** `soonest, of 4; 2 cooling; waited 12 s`. */
function choiceWords(localizer: Localizer, { choice, waitedMs }: AttemptTrail): string {
  const why = localizer.say(whyMessages[choice.why]);
  const skipped = skipReasons.flatMap((reason) => {
    const count = choice.skipped[reason] ?? 0;
    return count === 0 ? [] : [localizer.say(skipMessages[reason], { count })];
  });
  return [
    choice.why === 'only-one' ? why : localizer.say('trail.of', { why: safe(why), of: choice.of }),
    skipped.join(', '),
    waitedMs < worthSayingMs ? '' : localizer.say('trail.waited', { wait: shortWait(localizer, waitedMs) }),
  ]
    .filter((words) => words !== '')
    .join('; ');
}
