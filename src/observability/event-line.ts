import type { AppEvent } from '../domain/events.ts';
import type { HeldReason } from '../domain/job.ts';
import { bucketFailureWords } from './bucket-words.ts';
import { describeError, oneLine } from './describe-error.ts';
import {
  alertWords,
  budgetWords,
  callEndingWords,
  choiceWords,
  keyStateWords,
  parkReasonWords,
  setAsideWords,
} from './operator-words.ts';
import { safetyEventLine } from './safety-words.ts';
import { starEventLine } from './payment-words.ts';
import { count, sizeWords, spanWords } from './quantities.ts';

/** An event as one line for a person; undefined for an event without news. */
export function eventLine(event: AppEvent): string | undefined {
  const words = wordsFor(event);
  return words === undefined ? undefined : oneLine(words);
}

function wordsFor(event: AppEvent): string | undefined {
  switch (event.event) {
    case 'app.started':
      return `started as ${event.bot} with ${count(event.keys, 'key')}, ${count(event.waiting, 'job')} waiting`;
    case 'app.ready':
      return `people write to ${event.link}; ${firstModels(event.models)}; ${count(event.admins, 'admin')}; health at ${event.health}. Next: ${nextStep(event)}`;
    case 'app.recovered':
      if (event.handedBack + event.setAside + event.undelivered === 0) return undefined;
      return `after the last stop: ${count(event.handedBack, 'job')} requeued, ${event.setAside} set aside, ${event.undelivered} to deliver`;
    case 'retention.deleted':
      return `deleted expired rows: ${count(event.requests, 'request')}, ${count(event.results, 'result')}`;
    case 'app.stopping':
      return `stopping, ${count(event.running, 'job')} running`;
    case 'app.stopped':
      return `stopped, ${count(event.handedBack, 'job')} requeued`;
    case 'config.warning':
      return `environment: ${event.text}`;
    case 'config.reloaded':
      return `environment read again: ${count(event.keys, 'key')}; changes of keys, weights, seats and accounts apply from now on`;
    case 'app.error':
      return `Cannot ${event.what}: ${describeError(event.error)}`;
    case 'storage.unavailable':
      return `the ${event.what} cannot be written; accepted requests are kept, new ones are refused: ${describeError(event.error)}`;
    case 'storage.recovered':
      return `the ${event.what} can be written again, after ${spanWords(event.lastedMs)}`;
    case 'bucket.failing':
      return bucketLine(event);
    case 'bucket.recovered':
      return 'the bucket for results works again; what was missing follows';
    case 'copy.refused':
      return `job ${event.jobId}: the bucket does not take a file of ${sizeWords(event.bytes)}; the result stays without a copy there`;
    case 'link.refused':
      return `job ${event.jobId}: Telegram does not take the link for a button (${event.detail}); check S3_PUBLIC_URL`;
    case 'job.accepted':
      return `job ${event.jobId} accepted: ${event.kind}, ${event.lane} lane, ${event.ahead} ahead`;
    case 'job.started':
      return `job ${event.jobId} started on the ${event.line} line after ${spanWords(event.waitedMs)}`;
    case 'job.parked':
      return `job ${event.jobId} parked for ${spanWords(event.forMs)}: ${parkReasonWords[event.reason]}`;
    case 'job.produced':
      return `job ${event.jobId} produced: ${event.mime}, ${sizeWords(event.bytes)}, ${spanWords(event.ms)}`;
    case 'job.failed':
      return `job ${event.jobId} failed: ${event.code}, after ${count(event.calls, 'call')}`;
    case 'job.dead-lettered':
      return `job ${event.jobId} is set aside: ${setAsideWords(event.processes)}`;
    case 'job.cancelled':
      return `job ${event.jobId} cancelled`;
    case 'job.delivered':
      return `job ${event.jobId} delivered after ${spanWords(event.ms)}${event.as === 'message' ? ', as a new message' : ''}`;
    case 'job.notified':
      return `job ${event.jobId}: the failure is delivered, ${event.code}`;
    case 'job.undeliverable':
      return `job ${event.jobId} is not delivered: ${event.why}; ${heldWords[event.held]}`;
    case 'job.delivery-postponed':
      return `job ${event.jobId}: Telegram refused the outcome or lost it ${count(event.tries, 'time')}, again in ${spanWords(event.inMs)}`;
    case 'attempt.started':
      return `${attempt(event)}: started with ${event.model}, ${choiceWords(event.choice)}`;
    case 'attempt.submitted':
      return `${attempt(event)}: submitted, the provider works on it`;
    case 'attempt.resumed':
      return `${attempt(event)}: the provider still works on it, nothing is submitted again`;
    case 'attempt.lost':
      return `${attempt(event)}: nobody knows whether the provider has begun, so the request ends and is not submitted again; the run may have been paid`;
    case 'attempt.failed':
      return `${attempt(event)}: ${event.failure.reason}`;
    case 'attempt.succeeded':
      return `${attempt(event)}: ${callEndingWords({ kind: 'answered', ms: event.ms })}`;
    case 'result.refetch':
      return `job ${event.jobId}: fetching the result again, ${event.detail}`;
    case 'result.refused':
      return `job ${event.jobId}: the result of ${event.model} is refused, ${event.reason}: ${event.detail}`;
    case 'key.changed':
      return `key ${event.keyName}: ${keyStateWords(event.state)}`;
    case 'keys.grouped':
      return `keys ${event.keyNames.join(', ')} share one account and its seats`;
    case 'keys.tested':
      return `tested ${count(event.total, 'key')} in ${spanWords(event.ms)}: ${event.working} working`;
    case 'address.wrong':
      return `what answers at the base URL of ${event.provider} is not ${event.provider}; its BASE_URL setting may be wrong: ${event.detail}`;
    case 'address.right':
      return `${event.provider} answers at its base URL again`;
    case 'keys.reloaded':
      return `keys read again: ${nameList('added', event.added)}, ${nameList('removed', event.removed)}`;
    case 'lease.lent':
      return `a seat of ${event.keyName} lent for ${spanWords(event.forMs)} as ${event.leaseId}`;
    case 'lease.ended':
      return `the seat of ${event.keyName} lent as ${event.leaseId} is back: ${event.reason ?? event.how}`;
    case 'keys.cleared':
      return `keys ${event.keyNames.join(', ')} take calls again: the failures were those of ${event.provider}`;
    case 'clock.jumped':
      return `the clock of this machine was set ${event.byMs < 0 ? 'back' : 'forward'} by ${spanWords(Math.abs(event.byMs))}`;
    case 'failure.unrecognized':
      return `${event.provider} returned a failure that no rule recognizes, seen ${count(event.count, 'time')}: ${event.detail}`;
    case 'alert.raised':
      return `alert, ${alertWords(event.alert)}`;
    case 'alert.resolved':
      return `alert over, ${alertWords(event.alert)}`;
    case 'alert.undeliverable':
      return `admin ${event.adminId} cannot be sent alerts (${event.detail}): this admin has to send the bot /start once`;
    case 'admin.refused':
      return `user ${event.userId}, who is no admin, asked for /keys; an admin's id belongs into ADMIN_IDS`;
    case 'model.closed':
      return `${event.provider} model ${event.model} refuses whatever is asked, with every key`;
    case 'model.cooling':
      return `${event.provider} model ${event.model} is cooling for ${spanWords(event.forMs)}`;
    case 'model.gone':
      return `${event.provider} no longer serves ${event.model}${insteadWords(event)}`;
    case 'provider.empty':
      return `${event.provider} accepts its keys and serves no model of the chains; it is asked again every hour`;
    case 'provider.filled':
      return `${event.provider} serves models of the chains again`;
    case 'models.listed':
      return `${event.provider} lists ${count(event.models, 'model')}`;
    case 'models.reloaded':
      return `the models table was read again: ${count(event.rows, 'row')} of the operator`;
    case 'rules.reloaded':
      return `the failure rules were read again: ${count(event.rows, 'rule')} of the operator`;
    case 'webhook.failed':
      return `${event.target} was not told ${event.type} in ${count(event.tries, 'attempt')}: ${event.why}; "darkroom webhooks replay" tries again`;
    case 'clients.reloaded':
      return `${event.clients} ${event.clients === 1 ? 'client' : 'clients'} of the gateway in use`;
    case 'model.ends':
      return `${event.provider} serves ${event.model} until ${event.endsOn}${insteadWords(event)}`;
    case 'key.ends':
      return `key ${event.keyName} ends on ${event.endsOn} (UTC); it is not used from then on`;
    case 'key.stays':
      return `key ${event.keyName} no longer ends within two weeks, or is gone`;
    case 'key.not-in-plan':
      return `key ${event.keyName} gets nothing of ${event.model}: its plan does not seem to include it; the key is used for other models`;
    case 'budget.near':
      return `${budgetWords(event.of)}: $${event.usd.toFixed(2)} of $${event.limit.toFixed(2)} spent today`;
    case 'budget.spent':
      return `${budgetWords(event.of)}, $${event.limit.toFixed(2)}, is spent: not asked again before 00:00 UTC`;
    case 'budget.renewed':
      return `${budgetWords(event.of)} of a new day`;
    case 'breaker.opened':
      return `${event.provider} is down: one job at a time tries it until a call succeeds`;
    case 'breaker.closed':
      return `${event.provider} is up again`;
    case 'telegram.error':
      return `Telegram ${event.method}: ${event.detail}${event.retryInMs === undefined ? '' : `, again in ${spanWords(event.retryInMs)}`}`;
    case 'telegram.conflict':
      return `another process ${event.by === 'poll' ? 'polls with' : 'sets a webhook again and again with'} this bot's token: ${event.waits ? 'waiting until it stops' : 'polling anyway'}; run one only`;
    case 'telegram.conflict-over':
      return `the other process stopped taking updates after ${spanWords(event.afterMs)}`;
    case 'role.gained':
      return `this process has the role ${event.role} now (${event.fence})`;
    case 'role.lost':
      return `this process has the role ${event.role} no more; another one takes it over`;
    case 'update.ignored':
      return `update ${event.updateId} is not answered: ${event.why}`;
    case 'updates.all-known':
      return `all ${count(event.count, 'update')} of a batch were known before and are not answered; normal once after a crash, otherwise the ids of Telegram repeat: a sandbox that was restarted needs a new DATA_DIR`;
    case 'bot.renamed':
      return `this bot is now ${event.bot}`;
    case 'payment.credited':
    case 'payment.unclear':
    case 'payment.found':
    case 'payment.refunded':
    case 'checkout.declined':
    case 'subscription.changed':
      return starEventLine(event);
    case 'request.refused':
    case 'moderation.failing':
    case 'moderation.recovered':
    case 'person.resting':
    case 'result.reported':
      return safetyEventLine(event);
    case 'update.failed':
      return `update ${event.updateId} failed${event.setAside ? ' and is set aside' : ''}: ${describeError(event.error)}`;
  }
}

/** Why results are not copied, and what fixes it. */
function bucketLine({ why, detail, aheadMs }: Extract<AppEvent, { event: 'bucket.failing' }>): string {
  const [says, fix] = bucketFailureWords[why];
  const by = aheadMs === undefined ? '' : `, by ${spanWords(Math.abs(aheadMs))}`;
  return `the bucket for results fails: ${says}${by} (${detail}); ${fix}. People get their results all the same`;
}

/** What the operator of a bot that has just started may do now. */
function nextStep({ admins, keys, link }: { readonly admins: number; readonly keys: number; readonly link: string }) {
  if (keys === 0)
    return 'set a provider key, for example BYTEZ_API_KEY, or remove HORDE_ANONYMOUS=off for free pictures; without one every request fails';
  if (admins === 0)
    return 'put your Telegram user id into ADMIN_IDS ("darkroom init" finds it), to get alerts and /keys';
  return `open ${link} and send /start`;
}

function insteadWords({ replacedBy }: { readonly replacedBy?: string }): string {
  return replacedBy === undefined ? '' : `; ${replacedBy} takes its place`;
}

const maxModels = 2;

/** The models of the first kinds; of the others only their kind, so that the line stays short. */
function firstModels(models: readonly string[]): string {
  const others = models.slice(maxModels).map((one) => one.split(':', 1)[0] ?? '');
  return `${models.slice(0, maxModels).join(', ')}${others.length === 0 ? '' : ` and models for ${others.join(', ')}`}`;
}

/** What follows for an outcome that is held. */
const heldWords = {
  unsure: 'its credit is given back, and the person can ask for it in /status',
  closed: 'its credit is given back, and it follows when the chat opens',
} as const satisfies Record<HeldReason, string>;

function attempt(event: { readonly attempt: number; readonly of: number; readonly keyName: string }): string {
  return `attempt ${event.attempt}/${event.of} ${event.keyName}`;
}

function nameList(what: string, names: readonly string[]): string {
  return `${names.length} ${what}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
}
