import type { Alert, AlertFacts } from '../domain/alert.ts';
import type { Choice, ChoiceWhy, SkipReason } from '../domain/attempt-trail.ts';
import type { ParkReason } from '../domain/job.ts';
import type { KeyState } from '../domain/key-state.ts';

export const parkWords = {
  'keys-cooling': 'every key is cooling',
  'keys-busy': 'every key is busy',
  'backing-off': 'waiting before the next attempt',
  'next-candidate': 'going on to the next candidate',
  'provider-silent': 'the provider is silent and asked with one call at a time',
} as const satisfies Record<ParkReason, string>;

const whyWords = {
  'only-one': 'chosen as the only one left',
  soonest: 'chosen as soonest',
  'better-of-two': 'chosen as the better of two',
  explored: 'looked at again though it is slow',
  'half-open': 'tried after its rest',
  'in-turn': 'chosen in turn',
  'least-used': 'chosen as least used',
  'by-weight': 'chosen by weight',
  'first-in-order': 'chosen as first in order',
} as const satisfies Record<ChoiceWhy, string>;

const skipWords = {
  cooling: 'cooling',
  benched: 'benched',
  disabled: 'switched off',
  busy: 'busy',
  'other-model': 'without this model',
  'just-failed': 'that just failed',
  slow: 'slow',
} as const satisfies Record<SkipReason, string>;

/** `chosen as soonest of 4, 2 cooling skipped`. */
export function choiceWords({ why, of, skipped }: Choice): string {
  const passed = Object.entries(skipWords).flatMap(([reason, words]) => {
    const times = skipped[reason as SkipReason] ?? 0;
    return times === 0 ? [] : [`${times} ${words}`];
  });
  const among = why === 'only-one' ? whyWords[why] : `${whyWords[why]} of ${of}`;
  return passed.length === 0 ? among : `${among}, ${passed.join(', ')} skipped`;
}

export function keyWords(state: KeyState): string {
  switch (state.kind) {
    case 'ready':
      return 'ready';
    case 'suspect':
      return `suspect (${state.reason}), the next call decides`;
    case 'cooling':
      return `cooling until ${timeOfDay(state.untilMs)}${state.stated ? '' : ' at the latest'} (${state.reason})`;
    case 'half-open':
      return `half-open after ${state.after}, one call tries it`;
    case 'benched':
      return state.confirmed
        ? `benched, ${state.reason}, asked again at ${timeOfDay(state.probeAtMs)}`
        : `benched, ${state.reason}, not confirmed, checked at ${timeOfDay(state.probeAtMs)}`;
    case 'probing':
      return `being asked whether it works again (${state.reason})`;
    case 'disabled':
      return 'disabled by an admin';
  }
}

/** `high: bytez #3 failed 3 times in a row (rejected)`. */
export function alertWords({ severity, facts }: Alert): string {
  return `${severity}: ${factWords(facts)}`;
}

function factWords(facts: AlertFacts): string {
  switch (facts.kind) {
    case 'key-failing':
      return `${facts.keyName} failed${facts.times === 1 ? '' : ` ${facts.times} times in a row`} (${facts.reason})`;
    case 'no-key-ready':
      return `no key of ${facts.provider} takes calls, ${count(facts.keys, 'key')} in all`;
    case 'provider-silent':
      return `${facts.provider} does not answer any more`;
    case 'many-errors':
      return `${percent(facts.share)} of the last ${count(facts.calls, 'call')} to ${facts.provider} failed`;
    case 'job-set-aside':
      return `job ${facts.jobId} is set aside, ${setAsideWords(facts.processes)}`;
    case 'telegram-rests':
      return `Telegram asked for ${duration(facts.forMs)} of silence`;
    case 'stranger-asks':
      return `user ${facts.userId}, who is no admin, asked for /keys`;
    case 'slow':
      return `${facts.provider} takes ${duration(facts.meanMs)} a call, usually ${duration(facts.usualMs)}`;
  }
}

/** Why a job is not tried any more. */
export function setAsideWords(processes: number): string {
  if (processes === 0) return 'what is kept of it cannot be read';
  return `${count(processes, 'process', 'es')} died while working for it`;
}

export function count(number: number, thing: string, plural = 's'): string {
  return `${number} ${thing}${number === 1 ? '' : plural}`;
}

export function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function duration(ms: number): string {
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Dates end where 8.64e15 ms do; a state from far away must not stop the story. */
function timeOfDay(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? `${new Date(ms).toISOString().slice(11, 19)} UTC` : 'some day';
}
