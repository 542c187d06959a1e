import type { HouseEvent } from '../domain/events.ts';
import type { ParkReason } from '../domain/job.ts';
import type { KeyState } from '../domain/key-state.ts';
import { describeError } from './describe-error.ts';
import { oneLine } from './one-line.ts';

const parkWords = {
  'keys-cooling': 'every key is cooling',
  'keys-busy': 'every key is busy',
  'backing-off': 'waiting before the next attempt',
  'next-candidate': 'going on to the next candidate',
} as const satisfies Record<ParkReason, string>;

/** What happened, in one line that a person reads; undefined when there is nothing to tell. */
export function storyLine(event: HouseEvent): string | undefined {
  const words = wordsFor(event);
  return words === undefined ? undefined : oneLine(words);
}

function wordsFor(event: HouseEvent): string | undefined {
  switch (event.event) {
    case 'house.started':
      return `started as ${event.bot} with ${count(event.keys, 'key')}, ${count(event.waiting, 'job')} waiting`;
    case 'house.recovered':
      if (event.handedBack + event.setAside + event.untold === 0) return undefined;
      return `after the last stop: ${count(event.handedBack, 'job')} handed back, ${event.setAside} set aside, ${event.untold} to be told`;
    case 'house.stopping':
      return `stopping, ${count(event.running, 'job')} running`;
    case 'house.stopped':
      return `stopped, ${count(event.handedBack, 'job')} handed back`;
    case 'config.warning':
      return `environment: ${event.text}`;
    case 'house.trouble':
      return `trouble with ${event.what}: ${describeError(event.error)}`;
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
    case 'job.cancelled':
      return `job ${event.jobId} cancelled`;
    case 'job.delivered':
      return `job ${event.jobId} delivered after ${duration(event.ms)}${event.as === 'message' ? ', as a new message' : ''}`;
    case 'job.told':
      return `job ${event.jobId}: the person was told, ${event.code}`;
    case 'job.undeliverable':
      return `job ${event.jobId} cannot be delivered: ${event.why}`;
    case 'attempt.started':
      return `${attempt(event)}: started with ${event.model}`;
    case 'attempt.failed':
      return `${attempt(event)}: ${event.failure.reason}`;
    case 'attempt.succeeded':
      return `${attempt(event)}: succeeded in ${duration(event.ms)}`;
    case 'result.refetch':
      return `job ${event.jobId}: fetching the result again, ${event.detail}`;
    case 'key.changed':
      return `key ${event.keyName}: ${keyWords(event.state)}`;
    case 'model.resting':
      return `${event.provider} model ${event.model} rests for ${duration(event.forMs)}`;
    case 'breaker.opened':
      return `${event.provider} is down: one job at a time goes through until it answers`;
    case 'breaker.closed':
      return `${event.provider} answers again`;
    case 'telegram.trouble':
      return `Telegram ${event.method}: ${event.detail}${event.retryInMs === undefined ? '' : `, again in ${duration(event.retryInMs)}`}`;
    case 'update.failed':
      return `update ${event.updateId} failed${event.setAside ? ' and is set aside' : ''}: ${describeError(event.error)}`;
  }
}

function attempt(event: { readonly attempt: number; readonly of: number; readonly keyName: string }): string {
  return `attempt ${event.attempt}/${event.of} ${event.keyName}`;
}

function keyWords(state: KeyState): string {
  switch (state.kind) {
    case 'ready':
      return 'ready';
    case 'cooling':
      return `cooling until ${timeOfDay(state.untilMs)} (${state.reason})`;
    case 'benched':
      return `benched, ${state.reason}, asked again at ${timeOfDay(state.probeAtMs)}`;
    case 'probing':
      return `being asked whether it works again (${state.reason})`;
    case 'disabled':
      return 'disabled by an admin';
  }
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function duration(ms: number): string {
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

/** Dates end where 8.64e15 ms do; a state from far away must not stop the story. */
function timeOfDay(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? `${new Date(ms).toISOString().slice(11, 19)} UTC` : 'some day';
}
