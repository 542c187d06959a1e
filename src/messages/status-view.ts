import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { JobId } from '../domain/ids.ts';
import type { JobPhase, JobView } from '../domain/views.ts';
import type { Outcome } from '../domain/job.ts';
import { exampleRows, lines, quote, refreshButton, waitWords } from './phrases.ts';
import { safe, shownLength } from './shown-text.ts';
import { callbackData, textLimit, type Screen, type ScreenButton } from './view.ts';
import { trailLines } from './trail-words.ts';
import type { Voice } from './catalog.ts';

const promptLimit = 120;
/** Twelve requests with their prompts stay well under one message; nobody has more than that waiting by default. */
const shownAtMost = 12;

/** The calls of each job, for those who look after the bot. */
export type Trails = ReadonlyMap<JobId, readonly AttemptTrail[]>;

/** Where all requests of a person stand, newest first as they come; how to begin when there is none. */
export function statusScreen(voice: Voice, views: readonly JobView[], trails: Trails = new Map()): Screen {
  if (views.length === 0) {
    return { text: voice.say('status.none'), rows: exampleRows(voice) };
  }
  const shown = views.slice(0, shownAtMost);
  const items = shown.map((view, index) => ({
    trail: lines(...trailLines(voice, trails.get(view.id) ?? [])),
    words: lines(
      voice.say('status.item', { number: index + 1, kind: view.kind, phase: safe(phaseWords(voice, view.phase)) }),
      quote(view.prompt, promptLimit),
    ),
  }));
  const more = views.length - shown.length;
  const header = voice.say('status.header');
  const tail = more === 0 ? '' : voice.say('status.more', { count: more });
  let left = textLimit - shownLength(lines(header, ...items.map(({ words }) => words), tail));
  const texts = items.map(({ words, trail }) => {
    left -= shownLength(trail) + 1;
    return left < 0 ? words : lines(words, trail);
  });
  return {
    text: lines(header, ...texts, tail),
    rows: [...cancelRows(voice, shown), [refreshButton(voice, 'all')]],
  };
}

function phaseWords(voice: Voice, phase: JobPhase): string {
  switch (phase.kind) {
    case 'queued':
      return voice.say('status.queued', { ahead: phase.ahead });
    case 'paused':
      return phase.inMs === undefined
        ? voice.say('status.paused')
        : voice.say('status.paused-until', { wait: waitWords(voice, phase.inMs) });
    case 'making':
      return voice.say('status.making');
    case 'retrying':
      return voice.say('status.retrying');
    case 'delivering':
      return voice.say('status.delivering');
    case 'ended':
      return outcomeWords(voice, phase.outcome);
  }
}

function outcomeWords(voice: Voice, outcome: Outcome): string {
  switch (outcome.kind) {
    case 'result':
      return voice.say('status.done');
    case 'failed':
      return voice.say('status.failed');
    case 'cancelled':
      return voice.say('status.cancelled');
  }
}

/** One button for each request that can still be cancelled, three in a row. */
function cancelRows(voice: Voice, views: readonly JobView[]): readonly (readonly ScreenButton[])[] {
  const buttons = views.flatMap((view, index): readonly ScreenButton[] => {
    if (view.phase.kind === 'ended') return [];
    const text =
      views.length === 1 ? voice.plain('button.cancel') : voice.plain('button.cancel-number', { number: index + 1 });
    return [{ text, data: callbackData('cancel', view.id) }];
  });
  const rows: ScreenButton[][] = [];
  for (let start = 0; start < buttons.length; start += 3) rows.push(buttons.slice(start, start + 3));
  return rows;
}
