import type { AttemptEnding, AttemptTrail, ChoiceWhy, SkipReason } from '../domain/attempt-trail.ts';
import type { MessageId } from './message-ids.ts';
import { shortWait, tookWords, reasonWords } from './phrases.ts';
import { safe, excerpt } from './shown-text.ts';
import type { Voice } from './catalog.ts';

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
export function trailLines(voice: Voice, trail: readonly AttemptTrail[]): readonly string[] {
  const isMixed = new Set(trail.map(({ candidate }) => candidate.provider)).size > 1;
  const shown = trail.slice(-callsShown).map((call) =>
    voice.say('trail.call', {
      call: call.call,
      key: excerpt(isMixed ? call.keyName : (/#\d+$/.exec(call.keyName)?.[0] ?? call.keyName), nameLimit),
      ending: safe(endingWords(voice, call.ending)),
      choice: safe(choiceWords(voice, call)),
    }),
  );
  const earlier = trail.length - shown.length;
  return earlier === 0 ? shown : [voice.say('trail.earlier', { count: earlier }), ...shown];
}

function endingWords(voice: Voice, ending: AttemptEnding): string {
  switch (ending.kind) {
    case 'not-sent':
      return voice.say('trail.not-sent');
    case 'sent':
      return voice.say('trail.sent');
    case 'answered':
      return voice.say('trail.answered', { took: tookWords(voice, ending.ms) });
    case 'failed': {
      const facts = { reason: reasonWords(voice, ending.reason), took: tookWords(voice, ending.ms) };
      return ending.sureness === 'guess' ? voice.say('trail.failed-guess', facts) : voice.say('trail.failed', facts);
    }
    case 'broken-off':
      return voice.say('trail.broken-off', { took: tookWords(voice, ending.ms) });
  }
}

/** `soonest, of 4; 2 cooling; waited 12 s`. */
function choiceWords(voice: Voice, { choice, waitedMs }: AttemptTrail): string {
  const why = voice.say(whyMessages[choice.why]);
  const skipped = skipReasons.flatMap((reason) => {
    const count = choice.skipped[reason] ?? 0;
    return count === 0 ? [] : [voice.say(skipMessages[reason], { count })];
  });
  return [
    choice.why === 'only-one' ? why : voice.say('trail.of', { why: safe(why), of: choice.of }),
    skipped.join(', '),
    waitedMs < worthSayingMs ? '' : voice.say('trail.waited', { wait: shortWait(voice, waitedMs) }),
  ]
    .filter((words) => words !== '')
    .join('; ');
}
