import type { HouseEvent } from '../domain/events.ts';
import { describeError } from './describe-error.ts';
import { oneLine } from './one-line.ts';
import { alertWords, choiceWords, count, duration, keyWords, parkWords, setAsideWords, size } from './story-words.ts';

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
    case 'house.tidied':
      return `deleted what is old: ${count(event.requests, 'request')}, ${count(event.results, 'result')}`;
    case 'house.stopping':
      return `stopping, ${count(event.running, 'job')} running`;
    case 'house.stopped':
      return `stopped, ${count(event.handedBack, 'job')} handed back`;
    case 'config.warning':
      return `environment: ${event.text}`;
    case 'config.reread':
      return `environment read again: ${count(event.keys, 'key')}; what was changed of keys, weights, seats and accounts counts from now`;
    case 'house.trouble':
      return `trouble with ${event.what}: ${describeError(event.error)}`;
    case 'storage.refuses':
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
    case 'job.set-aside':
      return `job ${event.jobId} is set aside: ${setAsideWords(event.processes)}`;
    case 'job.cancelled':
      return `job ${event.jobId} cancelled`;
    case 'job.delivered':
      return `job ${event.jobId} delivered after ${duration(event.ms)}${event.as === 'message' ? ', as a new message' : ''}`;
    case 'job.told':
      return `job ${event.jobId}: the person was told, ${event.code}`;
    case 'job.undeliverable':
      return `job ${event.jobId} cannot be delivered: ${event.why}`;
    case 'attempt.started':
      return `${attempt(event)}: started with ${event.model}, ${choiceWords(event.choice)}`;
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
    case 'alert.unheard':
      return `admin ${event.adminId} cannot be told of alerts (${event.detail}): whoever it is has to send the bot /start once`;
    case 'admin.refused':
      return `user ${event.userId}, who is no admin, asked for /keys; an admin's id belongs into ADMIN_IDS`;
    case 'model.resting':
      return `${event.provider} model ${event.model} rests for ${duration(event.forMs)}`;
    case 'breaker.opened':
      return `${event.provider} is down: one job at a time goes through until it answers`;
    case 'breaker.closed':
      return `${event.provider} answers again`;
    case 'telegram.trouble':
      return `Telegram ${event.method}: ${event.detail}${event.retryInMs === undefined ? '' : `, again in ${duration(event.retryInMs)}`}`;
    case 'telegram.contested':
      return `another process polls with this bot's token: ${event.waits ? 'waiting until it has gone' : 'going on'}; run one only`;
    case 'telegram.uncontested':
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
