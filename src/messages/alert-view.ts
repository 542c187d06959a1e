import { type Alert, alertSeverities, type AlertFacts } from '../domain/alert.ts';
import { reasonWords } from './key-words.ts';
import type { Outage } from '../domain/shared/processes.ts';
import { clockTime, durationWords, lines, money, percent, shortWait } from './phrases.ts';
import { callbackData, type MessageView, excerpt } from './view.ts';
import type { Localizer } from './catalog.ts';

const maxShown = 20;
const nameLimit = 40;

/** An alert that was raised, or is over. */
export type AlertUpdate = { readonly alert: Alert; readonly isOver: boolean };

/** Alerts for an admin: the most severe first, resolved ones last. */
export function alertView(localizer: Localizer, updates: readonly AlertUpdate[]): MessageView {
  const sorted = updates.toSorted((a, b) => rank(a) - rank(b));
  const shown = sorted.slice(0, maxShown);
  const more = sorted.length - shown.length;
  return {
    text: lines(
      ...shown.map(({ alert, isOver }) =>
        isOver ? overWords(localizer, alert.facts) : alertWords(localizer, alert.facts),
      ),
      more === 0 ? '' : localizer.say('list.more', { count: more }),
    ),
    rows: [[{ text: localizer.plain('button.keys'), data: callbackData('keys', 'open') }]],
  };
}

/** The database of several processes cannot be used, and how to fix it. */
export function databaseAwayView(
  localizer: Localizer,
  { sinceMs, reason }: Pick<Outage, 'sinceMs' | 'reason'>,
): MessageView {
  return {
    text: localizer.say('database.away', { since: clockTime(localizer, sinceMs), reason }),
    rows: [],
  };
}

function rank({ alert, isOver }: AlertUpdate): number {
  return alertSeverities.indexOf(alert.severity) + (isOver ? alertSeverities.length : 0);
}

function alertWords(localizer: Localizer, facts: AlertFacts): string {
  switch (facts.kind) {
    case 'key-failing': {
      const { times, reason } = facts;
      const key = excerpt(facts.keyName, nameLimit);
      return localizer.say('alert.key-failing', { key, times, reason: reasonWords(localizer, reason) });
    }
    case 'no-key-ready':
      return localizer.say('alert.no-key-ready', { provider: facts.provider, keys: facts.keys });
    case 'provider-silent':
      return localizer.say('alert.provider-silent', { provider: facts.provider });
    case 'wrong-address':
      return localizer.say('alert.wrong-address', { provider: facts.provider });
    case 'unknown-model':
    case 'model-closed': {
      const model = excerpt(facts.model, nameLimit);
      return localizer.say(`alert.${facts.kind}`, { provider: facts.provider, model });
    }
    case 'provider-empty':
      return localizer.say('alert.provider-empty', { provider: facts.provider });
    case 'model-ends': {
      const { provider, endsOn, replacedBy } = facts;
      const other = replacedBy === undefined ? 'none' : excerpt(replacedBy, nameLimit);
      const model = excerpt(facts.model, nameLimit);
      return localizer.say('alert.model-ends', { provider, model, ends: new Date(`${endsOn}T00:00:00Z`), other });
    }
    case 'key-ends': {
      const { keyName, endsOn } = facts;
      const ends = new Date(`${endsOn}T00:00:00Z`);
      return localizer.say('alert.key-ends', { key: excerpt(keyName, nameLimit), ends });
    }
    case 'not-in-plan': {
      const [key, model] = [excerpt(facts.keyName, nameLimit), excerpt(facts.model, nameLimit)];
      return localizer.say('alert.not-in-plan', { key, model });
    }
    case 'budget': {
      const { of, isSpent } = facts;
      const [usd, limit] = [money(localizer, facts.usd), money(localizer, facts.limit)];
      return localizer.say('alert.budget', { level: isSpent ? 'spent' : 'near', of, usd, limit });
    }
    case 'many-errors': {
      const { provider, calls } = facts;
      return localizer.say('alert.many-errors', { provider, share: percent(localizer, facts.share), calls });
    }
    case 'job-dead-lettered':
      return localizer.say('alert.job-dead-lettered', { job: facts.jobId, processes: facts.processes });
    case 'results-not-arriving':
      return localizer.say('alert.results-not-arriving', { job: facts.jobId });
    case 'telegram-rate-limited':
      return localizer.say('alert.telegram-rate-limited', { wait: shortWait(localizer, facts.forMs) });
    case 'updates-contested':
      return localizer.say('alert.updates-contested', { by: facts.by });
    case 'storage-unavailable':
      return localizer.say('alert.storage-unavailable', {
        what: facts.what,
        where: facts.onServer === true ? 'server' : 'here',
      });
    case 'bucket-failing':
      return localizer.say('alert.bucket-failing', { why: facts.why });
    case 'unauthorized-admin-attempt':
      return localizer.say('alert.unauthorized-admin-attempt', { user: String(facts.userId) });
    case 'star-payment': {
      const { what, stars, userId } = facts;
      return localizer.say('alert.star-payment', { what, stars, user: String(userId) });
    }
    case 'slow': {
      const { provider, meanMs, usualMs } = facts;
      return localizer.say('alert.slow', {
        provider,
        mean: durationWords(localizer, meanMs),
        usual: durationWords(localizer, usualMs),
      });
    }
  }
}

function overWords(localizer: Localizer, facts: AlertFacts): string {
  switch (facts.kind) {
    case 'key-failing':
    case 'key-ends':
      return localizer.say(`alert-over.${facts.kind}`, { key: excerpt(facts.keyName, nameLimit) });
    // These are single events, so they are never resolved.
    case 'job-dead-lettered':
    case 'model-ends':
    case 'not-in-plan':
    case 'star-payment':
    case 'unauthorized-admin-attempt':
      return alertWords(localizer, facts);
    case 'results-not-arriving':
      return localizer.say('alert-over.results-not-arriving');
    case 'telegram-rate-limited':
      return localizer.say('alert-over.telegram-rate-limited');
    case 'updates-contested':
      return localizer.say('alert-over.updates-contested');
    case 'storage-unavailable':
      return localizer.say('alert-over.storage-unavailable');
    case 'bucket-failing':
      return localizer.say('alert-over.bucket-failing');
    case 'budget':
      return localizer.say('alert-over.budget', { of: facts.of });
    case 'no-key-ready':
    case 'provider-silent':
    case 'wrong-address':
    case 'unknown-model':
    case 'model-closed':
    case 'provider-empty':
    case 'many-errors':
    case 'slow':
      return localizer.say(`alert-over.${facts.kind}`, { provider: facts.provider });
  }
}
