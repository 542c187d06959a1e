import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { JobId } from '../domain/ids.ts';
import type { Outcome } from '../domain/job.ts';
import { type JobKind, jobKinds } from '../domain/kinds.ts';
import type { ProviderQueue } from '../domain/provider.ts';
import type { JobPhase, JobView } from '../domain/views.ts';
import type { Localizer } from './catalog.ts';
import { type DayUsage, limitsWords } from './guide-views.ts';
import { choiceWords, endingWords, skippedWords } from './key-words.ts';
import { shownFromMs } from './outcome-view.ts';
import { exampleRows, lines, quote, refreshButton, shortWait, waitWords } from './phrases.ts';
import { type MessageButton, type MessageView, callbackData, excerpt, safe, shownLength, textLimit } from './view.ts';

const promptLimit = 120;
/** Twelve requests with their prompts fit into one message; by default a person has at most ten waiting. */
const maxShown = 12;

/** The calls of each job, for admins. */
type Trails = ReadonlyMap<JobId, readonly AttemptTrail[]>;

export type StatusFacts = {
  readonly trails?: Trails | undefined;
  /** How much of today's limits is used. */
  readonly day?: DayUsage | undefined;
  /** Results of the person's packs that are left. */
  readonly packsLeft?: number;
  /** The kinds that can be made here now; every kind unless given. */
  readonly offered?: readonly JobKind[];
};

/** The state of all requests of a person in the given order; how to begin when there is none. */
export function statusView(
  localizer: Localizer,
  views: readonly JobView[],
  { trails = new Map(), day, packsLeft = 0, offered = jobKinds }: StatusFacts = {},
): MessageView {
  const today = lines(
    day === undefined ? '' : `\n${limitsWords(localizer, day, offered)}`,
    packsLeft === 0 ? '' : localizer.say('premium.packs-left', { count: packsLeft }),
  );
  if (views.length === 0) {
    return { text: lines(localizer.say('status.none'), today), rows: exampleRows(localizer, offered) };
  }
  const shown = views.slice(0, maxShown);
  const items = shown.map((view, index) => ({
    trail: lines(...trailLines(localizer, trails.get(view.id) ?? [])),
    words: lines(
      localizer.say('status.item', {
        number: index + 1,
        kind: view.kind,
        phase: safe(phaseWords(localizer, view)),
      }),
      quote(view.prompt, promptLimit),
    ),
  }));
  const more = views.length - shown.length;
  const header = localizer.say('status.header');
  const tail = lines(more === 0 ? '' : localizer.say('list.more', { count: more }), today);
  let left = textLimit - shownLength(lines(header, ...items.map(({ words }) => words), tail));
  const texts = items.map(({ words, trail }) => {
    left -= shownLength(trail) + 1;
    return left < 0 ? words : lines(words, trail);
  });
  return {
    text: lines(header, ...texts, tail),
    rows: [...showRows(localizer, shown), ...cancelRows(localizer, shown), [refreshButton(localizer, 'all')]],
  };
}

function phaseWords(localizer: Localizer, { kind, phase, held }: JobView): string {
  if (held !== undefined) return localizer.say(`status.held-${held}`);
  switch (phase.kind) {
    case 'queued':
      return queuedWords(localizer, phase);
    case 'paused':
      return phase.inMs === undefined
        ? localizer.say('status.paused')
        : localizer.say('status.paused-until', { wait: waitWords(localizer, phase.inMs) });
    case 'making':
      return makingWords(localizer, phase.queue);
    case 'retrying':
      return localizer.say('status.retrying');
    case 'delivering':
      return localizer.say('status.delivering', { kind });
    case 'ended':
      return outcomeWords(localizer, kind, phase.outcome);
  }
}

function makingWords(localizer: Localizer, { ahead = 0, inMs = 0 }: ProviderQueue = {}): string {
  if (inMs < shownFromMs) return localizer.say('status.making');
  const wait = waitWords(localizer, inMs);
  return ahead === 0
    ? localizer.say('status.making-until', { wait })
    : localizer.say('status.making-queued', { ahead, wait });
}

function queuedWords(localizer: Localizer, { ahead, next, inMs = 0 }: Extract<JobPhase, { kind: 'queued' }>): string {
  if (next === 'own-request') return localizer.say('status.next-own');
  if (next === 'group-request') return localizer.say('status.next-group');
  if (next === 'again') return localizer.say('status.next-again');
  return inMs < shownFromMs
    ? localizer.say('status.queued', { ahead })
    : localizer.say('status.queued-until', { ahead, wait: waitWords(localizer, inMs) });
}

/** How a request ended, in two or three words. */
export function outcomeWords(localizer: Localizer, kind: JobKind, outcome: Outcome): string {
  switch (outcome.kind) {
    case 'result':
      return localizer.say('status.done', { kind });
    case 'failed':
      return localizer.say('status.failed');
    case 'cancelled':
      return localizer.say('status.cancelled', { kind });
  }
}

/** One button for each outcome that may not have arrived, and which only its person can ask for again. */
function showRows(localizer: Localizer, views: readonly JobView[]): readonly (readonly MessageButton[])[] {
  return views.flatMap((view, index) => {
    if (view.held !== 'unsure') return [];
    const text =
      views.length === 1
        ? localizer.plain('button.show')
        : localizer.plain('button.show-number', { number: index + 1 });
    return [[{ text, data: callbackData('show', view.id) }]];
  });
}

/** One button for each request that can still be cancelled, three in a row. */
function cancelRows(localizer: Localizer, views: readonly JobView[]): readonly (readonly MessageButton[])[] {
  const buttons = views.flatMap((view, index): readonly MessageButton[] => {
    if (view.phase.kind === 'ended') return [];
    const text =
      views.length === 1
        ? localizer.plain('button.cancel')
        : localizer.plain('button.cancel-number', { number: index + 1 });
    return [{ text, data: callbackData('cancel', view.id) }];
  });
  const rows: MessageButton[][] = [];
  for (let start = 0; start < buttons.length; start += 3) rows.push(buttons.slice(start, start + 3));
  return rows;
}

const maxCalls = 6;
const nameLimit = 40;
/** A shorter wait is left out. */
const minWaitMs = 1_000;

/** The latest calls of a job, a short line for each: key, ending, and why that key was chosen. */
function trailLines(localizer: Localizer, trail: readonly AttemptTrail[]): readonly string[] {
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
