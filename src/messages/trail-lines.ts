import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { Localizer } from './catalog.ts';
import { choiceWords, endingWords, skippedWords } from './key-words.ts';
import { shortWait } from './phrases.ts';
import { excerpt, safe } from './view.ts';

const maxCalls = 6;
const nameLimit = 40;
/** A shorter wait is left out. */
const minWaitMs = 1_000;

/** The latest calls of a job, a short line for each: key, ending, and why that key was chosen. */
export function trailLines(localizer: Localizer, trail: readonly AttemptTrail[]): readonly string[] {
  const isMixed = new Set(trail.map(({ candidate }) => candidate.provider)).size > 1;
  const shown = trail.slice(-maxCalls).map((call) =>
    localizer.say('trail.call', {
      call: call.call,
      key: excerpt(isMixed ? call.keyName : (/#\d+$/.exec(call.keyName)?.[0] ?? call.keyName), nameLimit),
      ending: endingWords(localizer, call.ending),
      choice: safe(whyChosen(localizer, call)),
    }),
  );
  const earlier = trail.length - shown.length;
  return earlier === 0 ? shown : [localizer.say('trail.earlier', { count: earlier }), ...shown];
}

/** `expected fastest, of 4; 2 cooling; waited 12 s`. */
function whyChosen(localizer: Localizer, { choice, waitedMs }: AttemptTrail): string {
  const why = choiceWords(localizer, choice.why);
  return [
    choice.why === 'only-one' ? why.html : localizer.say('trail.of', { why, of: choice.of }),
    skippedWords(localizer, choice.skipped),
    waitedMs < minWaitMs ? '' : localizer.say('trail.waited', { wait: shortWait(localizer, waitedMs) }),
  ]
    .filter((words) => words !== '')
    .join('; ');
}
