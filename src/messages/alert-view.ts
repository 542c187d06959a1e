import { type Alert, alertSeverities, type AlertFacts } from '../domain/alert.ts';
import { lines, percent, shortWait, tookWords, reasonWords } from './phrases.ts';
import { callbackData, type MessageView } from './view.ts';
import { excerpt } from './shown-text.ts';
import type { Localizer } from './catalog.ts';

const shownAtMost = 20;
const nameLimit = 40;

/** An alert, and whether it has begun or is over. */
export type AlertNews = { readonly alert: Alert; readonly isOver: boolean };

/** What an admin should know, the gravest first, what is over last. */
export function alertView(localizer: Localizer, news: readonly AlertNews[]): MessageView {
  const sorted = news.toSorted((a, b) => rank(a) - rank(b));
  const shown = sorted.slice(0, shownAtMost);
  const more = sorted.length - shown.length;
  return {
    text: lines(
      ...shown.map(({ alert, isOver }) =>
        isOver ? overWords(localizer, alert.facts) : alertWords(localizer, alert.facts),
      ),
      more === 0 ? '' : localizer.say('alert.more', { count: more }),
    ),
    rows: [[{ text: localizer.plain('button.keys'), data: callbackData('keys', 'open') }]],
  };
}

function rank({ alert, isOver }: AlertNews): number {
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
    case 'many-errors': {
      const { provider, calls } = facts;
      return localizer.say('alert.many-errors', { provider, share: percent(localizer, facts.share), calls });
    }
    case 'job-dead-lettered':
      return localizer.say('alert.job-dead-lettered', { job: facts.jobId, processes: facts.processes });
    case 'telegram-rate-limited':
      return localizer.say('alert.telegram-rate-limited', { rest: shortWait(localizer, facts.forMs) });
    case 'unauthorized-admin-attempt':
      return localizer.say('alert.unauthorized-admin-attempt', { user: String(facts.userId) });
    case 'slow': {
      const { provider, meanMs, usualMs } = facts;
      return localizer.say('alert.slow', {
        provider,
        mean: tookWords(localizer, meanMs),
        usual: tookWords(localizer, usualMs),
      });
    }
  }
}

function overWords(localizer: Localizer, facts: AlertFacts): string {
  switch (facts.kind) {
    case 'key-failing':
      return localizer.say('alert-over.key-failing', { key: excerpt(facts.keyName, nameLimit) });
    // It stays set aside, and whoever asked has asked.
    case 'job-dead-lettered':
    case 'unauthorized-admin-attempt':
      return alertWords(localizer, facts);
    case 'telegram-rate-limited':
      return localizer.say('alert-over.telegram-rate-limited');
    case 'no-key-ready':
    case 'provider-silent':
    case 'many-errors':
    case 'slow':
      return localizer.say(`alert-over.${facts.kind}`, { provider: facts.provider });
  }
}
