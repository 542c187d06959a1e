import type { ProviderName } from '../domain/ids.ts';
import type { Alert, AlertFacts } from '../domain/alert.ts';
import type { AttemptEnding, Choice, ChoiceWhy, SkipReason } from '../domain/attempt-trail.ts';
import type { FailureAction, FailureScope, Sureness } from '../domain/failure.ts';
import { type Outcome, type ParkReason, type ResultPayload, filesOf, sizeOf } from '../domain/job.ts';
import type { BenchReason, CoolReason, KeyState } from '../domain/key-state.ts';
import { bucketFailureWords } from './bucket-words.ts';
import { paymentAlertAdvice, paymentAlertWords } from './payment-words.ts';
import { count, isoTime, momentWords, percent, sizeWords, spanWords, timeOfDay, waitWords } from './quantities.ts';

// The English words of the log and of the command line. Each table covers one closed union of the domain, so the
// compiler names the entry that a new member lacks. What people read in a chat comes from locales/ instead.

/** Why a job waits. */
export const parkReasonWords = {
  'keys-cooling': 'every key is cooling',
  'keys-busy': 'every key is busy',
  'backing-off': 'waiting before the next attempt',
  'next-candidate': 'going on to the next candidate',
  'provider-silent': 'the provider is down and tried with one call at a time',
} as const satisfies Record<ParkReason, string>;

/** Why a key was chosen. */
export const choiceReasonWords = {
  'only-one': 'chosen as the only one left',
  soonest: 'chosen as soonest',
  'better-of-two': 'chosen as the better of two',
  explored: 'chosen to measure it again, though it is slow',
  'half-open': 'chosen to try it after its cooldown',
  'in-turn': 'chosen in turn',
  'least-used': 'chosen as least used',
  'by-weight': 'chosen by weight',
  'first-in-order': 'chosen as first in order',
} as const satisfies Record<ChoiceWhy, string>;

/** Why a key was skipped; follows a number of keys. */
export const skipReasonWords = {
  cooling: 'cooling',
  benched: 'benched',
  disabled: 'disabled',
  busy: 'busy',
  'other-model': 'without this model',
  'just-failed': 'that just failed',
  slow: 'slow',
} as const satisfies Record<SkipReason, string>;

/** `chosen as soonest of 4, 2 cooling skipped`. */
export function choiceWords({ why, of, skipped }: Choice): string {
  const passed = Object.entries(skipReasonWords).flatMap(([reason, words]) => {
    const times = skipped[reason as SkipReason] ?? 0;
    return times === 0 ? [] : [`${times} ${words}`];
  });
  const among = why === 'only-one' ? choiceReasonWords[why] : `${choiceReasonWords[why]} of ${of}`;
  return passed.length === 0 ? among : `${among}, ${passed.join(', ')} skipped`;
}

/** What a key's state rests on, as a sentence. */
export const keyReasonWords = {
  'rate-limited': 'the provider said that it is called too often',
  concurrency: 'its account allows no further call at the same time',
  'timed-out': 'its last call was not answered in time and may still hold its seat',
  'fails-alone': 'it fails where the other keys succeed',
  window: 'it was called as often as the provider allows for now',
  rejected: 'it was refused',
  'out-of-credit': 'it was out of credit',
} as const satisfies Record<CoolReason | BenchReason, string>;

/** `cooling (rate-limited)`: changes only when the state does. */
export function keyStateName(state: KeyState): string {
  switch (state.kind) {
    case 'ready':
      return state.kind;
    case 'disabled':
      return state.ended === true ? `${state.kind} (ended)` : state.kind;
    case 'half-open':
      return `${state.kind} (${state.after})`;
    case 'suspect':
    case 'cooling':
    case 'benched':
    case 'probing':
      return `${state.kind} (${state.reason})`;
  }
}

/**
 * The state of a key and when it may change. Moments are relative to `nowMs` where it is given, as on a terminal, and
 * absolute in the log, whose lines are read later.
 */
export function keyStateWords(state: KeyState, nowMs?: number): string {
  const name = keyStateName(state);
  switch (state.kind) {
    case 'cooling': {
      const until = nowMs === undefined ? timeOfDay(state.untilMs) : momentWords(state.untilMs, nowMs);
      return `${name} until ${until}${state.stated ? '' : ' at the latest'}`;
    }
    case 'benched':
      return `${name}${state.confirmed ? '' : ', not confirmed'}, ${triedAgainWords(state.reason)} ${trialTime(state.probeAtMs, nowMs)}`;
    case 'ready':
    case 'suspect':
    case 'half-open':
    case 'probing':
    case 'disabled':
      return name;
  }
}

function trialTime(atMs: number, nowMs: number | undefined): string {
  if (nowMs === undefined) return `at ${timeOfDay(atMs)}`;
  return atMs <= nowMs ? 'now' : `in ${waitWords(atMs - nowMs)}`;
}

/** A free probe shows whether a refused key is accepted again; only a real call shows whether there is credit. */
export function triedAgainWords(reason: BenchReason): 'probed again' | 'tried again' {
  return reason === 'out-of-credit' ? 'tried again' : 'probed again';
}

/** What a failure concerns. */
export const failureScopeWords = {
  request: 'the request',
  key: 'this key',
  'key-and-model': 'this key with this model',
  account: 'the account of this key',
  model: 'the model',
  provider: 'the provider',
  network: 'the network',
} as const satisfies Record<FailureScope, string>;

/** What follows a failure. */
export const failureActionWords = {
  fail: 'the job ends',
  rotate: 'another key at once',
  wait: 'wait, then again',
  'next-candidate': 'the next model',
} as const satisfies Record<FailureAction, string>;

/** How sure the reading of a failure is. */
export const surenessWords = { sure: 'sure', likely: 'likely', guess: 'a guess' } as const satisfies Record<
  Sureness,
  string
>;

/** How a call ended, without the detail of a failure. */
export function callEndingWords(ending: AttemptEnding): string {
  switch (ending.kind) {
    case 'not-sent':
      return 'never sent: the job was cancelled or requeued before';
    case 'sent':
      return 'in flight, or the bot ended before the answer was stored';
    case 'submitted':
      return `submitted in ${spanWords(ending.ms)}, the provider works on it`;
    case 'answered':
      return `succeeded in ${spanWords(ending.ms)}`;
    case 'broken-off':
      return `aborted after ${spanWords(ending.ms)}: the job was cancelled or requeued`;
    case 'failed':
      return `${ending.reason} (${surenessWords[ending.sureness]}) after ${spanWords(ending.ms)}`;
  }
}

/** How a job ended. */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'result':
      return `${payloadWords(outcome.payload)}, ${outcome.model}`;
    case 'failed': {
      const again = outcome.againAtMs === undefined ? '' : `, worth asking again from ${isoTime(outcome.againAtMs)}`;
      return `failed: ${outcome.code}${again}`;
    }
    case 'cancelled':
      return 'cancelled';
  }
}

function payloadWords(payload: ResultPayload): string {
  const size = sizeWords(sizeOf(payload).bytes);
  switch (payload.kind) {
    case 'file':
      return `${payload.file.kind} of ${size}`;
    case 'files':
      return `${filesOf(payload).length} files of ${size}`;
    case 'text':
      return `text of ${size}`;
  }
}

/** `high: bytez #3 failed 3 times in a row (rejected)`. */
export function alertWords({ severity, facts }: Alert): string {
  return `${severity}: ${alertFactWords(facts)}`;
}

/** What is wrong, in one sentence. */
export function alertFactWords(facts: AlertFacts): string {
  switch (facts.kind) {
    case 'key-failing':
      return `${facts.keyName} failed${facts.times === 1 ? '' : ` ${facts.times} times in a row`} (${facts.reason})`;
    case 'no-key-ready':
      return `no key of ${facts.provider} takes calls, ${count(facts.keys, 'key')} in all`;
    case 'provider-silent':
      return `${facts.provider} is down`;
    case 'wrong-address':
      return `what answers at the base URL of ${facts.provider} is not ${facts.provider}`;
    case 'unknown-model':
      return `${facts.provider} does not serve ${facts.model}`;
    case 'model-closed':
      return `${facts.provider} refuses every request to ${facts.model} without naming a cause, though its free probe accepts the keys: look at the account's plan, region and terms`;
    case 'provider-empty':
      return `${facts.provider} accepts its keys and serves no model of the chains`;
    case 'model-ends': {
      const instead = facts.replacedBy === undefined ? '' : `; ${facts.replacedBy} takes its place`;
      return `${facts.provider} serves ${facts.model} until ${facts.endsOn}${instead}`;
    }
    case 'key-ends':
      return `${facts.keyName} ends on ${facts.endsOn} (UTC)`;
    case 'not-in-plan':
      return `the plan of ${facts.keyName} does not seem to include ${facts.model}`;
    case 'budget':
      return facts.isSpent
        ? `${budgetWords(facts.of)}, $${facts.limit.toFixed(2)}, is spent for today`
        : `${budgetWords(facts.of)}: $${facts.usd.toFixed(2)} of $${facts.limit.toFixed(2)} spent today`;
    case 'many-errors':
      return `${percent(facts.share)} of the last ${count(facts.calls, 'call')} to ${facts.provider} failed`;
    case 'job-dead-lettered':
      return `job ${facts.jobId} is set aside: ${setAsideWords(facts.processes)}`;
    case 'results-not-arriving':
      return `Telegram does not take results, the last one of job ${facts.jobId}; it is kept, and its person can ask for it in /status`;
    case 'telegram-rate-limited':
      return `Telegram asked for a pause of ${spanWords(facts.forMs)}`;
    case 'updates-contested':
      return `another process takes this bot's updates ${facts.by === 'webhook' ? 'by a webhook that it sets again and again' : 'by polling with its token'}`;
    case 'storage-unavailable':
      return `the ${facts.what} cannot be written`;
    case 'bucket-failing':
      return `the bucket for results fails: ${bucketFailureWords[facts.why][0]}`;
    case 'unauthorized-admin-attempt':
      return `user ${facts.userId}, who is no admin, asked for /keys`;
    case 'star-payment':
      return paymentAlertWords(facts);
    case 'slow':
      return `${facts.provider} takes ${spanWords(facts.meanMs)} a call, usually ${spanWords(facts.usualMs)}`;
  }
}

/** Whose budget it is. */
export function budgetWords(of: ProviderName | 'all'): string {
  return of === 'all' ? 'the budget of all providers' : `the budget of ${of}`;
}

/** Why a job is set aside; `processes` died while they worked on it, 0 when its row cannot be read. */
export function setAsideWords(processes: number): string {
  if (processes === 0) return 'its row cannot be read';
  return `${count(processes, 'process', 'es')} died while working on it`;
}

/** What an operator can do about an alert, in one sentence. */
export function alertAdvice(facts: AlertFacts): string {
  switch (facts.kind) {
    case 'key-failing':
      return '"darkroom keys report" says what is wrong with the key and what replaces it';
    case 'no-key-ready':
      return 'add keys, or wait: "darkroom keys list" shows when the first one is ready again';
    case 'provider-silent':
      return 'nothing to do if its status page tells of an outage; a chain with another provider serves meanwhile, other requests wait';
    case 'wrong-address':
      return 'correct its _BASE_URL variable and start again';
    case 'unknown-model':
    case 'model-ends':
      return 'name another model in the chain of its kind';
    case 'model-closed':
      return 'look at plan, region and terms of the account, or name another model in the chain';
    case 'provider-empty':
      return 'name models in the chains that it serves, or another provider';
    case 'bucket-failing':
      return bucketFailureWords[facts.why][1];
    case 'key-ends':
      return 'make a new key at the provider and add it; if this one lasts longer, change its end: "darkroom keys set"';
    case 'not-in-plan':
      return 'change the plan of the account, or reserve the key for other models by TOKEN_POOL_FILE';
    case 'budget':
      return 'raise the budget, or wait for the next UTC day';
    case 'many-errors':
      return '"darkroom explain" shows how the last jobs went, call by call';
    case 'job-dead-lettered':
      return `"darkroom explain ${facts.jobId}" shows what happened to it; the log of the dead processes says why`;
    case 'results-not-arriving':
      return 'look at Telegram’s status and at the connection to it: "darkroom doctor --online"';
    case 'telegram-rate-limited':
      return 'nothing to do; if this happens often, fewer messages at once help';
    case 'updates-contested':
      return 'stop the other process, or give this bot a token of its own';
    case 'storage-unavailable':
      if (facts.onServer === true) return 'look at the server that DATABASE_URL names; "darkroom doctor" says more';
      return 'free space on the disk or give the data folder back its rights; "darkroom doctor" says more';
    case 'unauthorized-admin-attempt':
      return 'nothing to do; the person saw nothing';
    case 'star-payment':
      return paymentAlertAdvice(facts);
    case 'slow':
      return 'nothing to do if its status page tells of load; faster models or further keys help';
  }
}
