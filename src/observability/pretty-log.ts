import type { Alert, AlertFacts } from '../domain/alert.ts';
import type { Choice, ChoiceWhy, SkipReason } from '../domain/attempt-trail.ts';
import type { ParkReason } from '../domain/job.ts';
import type { KeyState } from '../domain/key-state.ts';
import type { AppEvent } from '../domain/events.ts';
import { describeError, oneLine } from './describe-error.ts';

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
    case 'job-dead-lettered':
      return `job ${facts.jobId} is set aside, ${setAsideWords(facts.processes)}`;
    case 'telegram-rate-limited':
      return `Telegram asked for ${duration(facts.forMs)} of silence`;
    case 'unauthorized-admin-attempt':
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

/** What happened, in one line that a person reads; undefined when there is nothing to tell. */
export function storyLine(event: AppEvent): string | undefined {
  const words = wordsFor(event);
  return words === undefined ? undefined : oneLine(words);
}

function wordsFor(event: AppEvent): string | undefined {
  switch (event.event) {
    case 'app.started':
      return `started as ${event.bot} with ${count(event.keys, 'key')}, ${count(event.waiting, 'job')} waiting`;
    case 'app.recovered':
      if (event.handedBack + event.setAside + event.undelivered === 0) return undefined;
      return `after the last stop: ${count(event.handedBack, 'job')} requeued, ${event.setAside} set aside, ${event.undelivered} to deliver`;
    case 'retention.deleted':
      return `deleted what is old: ${count(event.requests, 'request')}, ${count(event.results, 'result')}`;
    case 'app.stopping':
      return `stopping, ${count(event.running, 'job')} running`;
    case 'app.stopped':
      return `stopped, ${count(event.handedBack, 'job')} handed back`;
    case 'config.warning':
      return `environment: ${event.text}`;
    case 'config.reloaded':
      return `environment read again: ${count(event.keys, 'key')}; what was changed of keys, weights, seats and accounts counts from now`;
    case 'app.error':
      return `trouble with ${event.what}: ${describeError(event.error)}`;
    case 'storage.unavailable':
      return `the ${event.what} cannot be written; what was taken is kept, nothing new is taken: ${describeError(event.error)}`;
    case 'storage.recovered':
      return `the ${event.what} can be written again, after ${duration(event.lastedMs)}`;
    case 'job.accepted':
      return `job ${event.jobId} accepted: ${event.kind}, ${event.lane} lane, ${event.ahead} ahead`;
    case 'job.started':
      return `job ${event.jobId} started on the ${event.line} line after ${duration(event.waitedMs)}`;
    case 'job.parked':
      return `job ${event.jobId} parked for ${duration(event.forMs)}: ${parkWords[event.reason]}`;
    case 'job.produced':
      return `job ${event.jobId} produced: ${event.mime}, ${size(event.bytes)}, ${duration(event.ms)}`;
    case 'job.failed':
      return `job ${event.jobId} failed: ${event.code}, after ${count(event.calls, 'call')}`;
    case 'job.dead-lettered':
      return `job ${event.jobId} is set aside: ${setAsideWords(event.processes)}`;
    case 'job.cancelled':
      return `job ${event.jobId} cancelled`;
    case 'job.delivered':
      return `job ${event.jobId} delivered after ${duration(event.ms)}${event.as === 'message' ? ', as a new message' : ''}`;
    case 'job.notified':
      return `job ${event.jobId}: the person was told, ${event.code}`;
    case 'job.undeliverable':
      return `job ${event.jobId} cannot be delivered: ${event.why}`;
    case 'attempt.started':
      return `${attempt(event)}: started with ${event.model}, ${choiceWords(event.choice)}`;
    case 'attempt.submitted':
      return `${attempt(event)}: submitted, the provider works on it`;
    case 'attempt.resumed':
      return `${attempt(event)}: the provider still works on it, nothing is submitted again`;
    case 'attempt.failed':
      return `${attempt(event)}: ${event.failure.reason}`;
    case 'attempt.succeeded':
      return `${attempt(event)}: succeeded in ${duration(event.ms)}`;
    case 'result.refetch':
      return `job ${event.jobId}: fetching the result again, ${event.detail}`;
    case 'key.changed':
      return `key ${event.keyName}: ${keyWords(event.state)}`;
    case 'keys.grouped':
      return `keys ${event.keyNames.join(', ')} share one account and its seats`;
    case 'keys.tested':
      return `tested ${count(event.total, 'key')} in ${duration(event.ms)}: ${event.working} working`;
    case 'keys.reloaded':
      return `keys read again: ${nameList('added', event.added)}, ${nameList('removed', event.removed)}`;
    case 'keys.cleared':
      return `keys ${event.keyNames.join(', ')} take calls again: it was ${event.provider} that failed`;
    case 'clock.jumped':
      return `the clock of this machine was set ${event.byMs < 0 ? 'back' : 'forward'} by ${duration(Math.abs(event.byMs))}`;
    case 'failure.unrecognized':
      return `${event.provider} failed in a way that is in no table, seen ${count(event.count, 'time')}: ${event.detail}`;
    case 'alert.raised':
      return `alert, ${alertWords(event.alert)}`;
    case 'alert.resolved':
      return `alert over, ${alertWords(event.alert)}`;
    case 'alert.undeliverable':
      return `admin ${event.adminId} cannot be told of alerts (${event.detail}): whoever it is has to send the bot /start once`;
    case 'admin.refused':
      return `user ${event.userId}, who is no admin, asked for /keys; an admin's id belongs into ADMIN_IDS`;
    case 'model.cooling':
      return `${event.provider} model ${event.model} rests for ${duration(event.forMs)}`;
    case 'breaker.opened':
      return `${event.provider} is down: one job at a time goes through until it answers`;
    case 'breaker.closed':
      return `${event.provider} answers again`;
    case 'telegram.error':
      return `Telegram ${event.method}: ${event.detail}${event.retryInMs === undefined ? '' : `, again in ${duration(event.retryInMs)}`}`;
    case 'telegram.conflict':
      return `another process polls with this bot's token: ${event.waits ? 'waiting until it has gone' : 'going on'}; run one only`;
    case 'telegram.conflict-over':
      return `the other process has gone after ${duration(event.afterMs)}: this one has the bot to itself`;
    case 'update.failed':
      return `update ${event.updateId} failed${event.setAside ? ' and is set aside' : ''}: ${describeError(event.error)}`;
  }
}

function attempt(event: { readonly attempt: number; readonly of: number; readonly keyName: string }): string {
  return `attempt ${event.attempt}/${event.of} ${event.keyName}`;
}

function nameList(what: string, names: readonly string[]): string {
  return `${names.length} ${what}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
}
