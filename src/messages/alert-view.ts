import { type Alert, alertSeverities, type AlertFacts } from '../domain/alert.ts';
import { lines, percent, shortWait, tookWords, reasonWords } from './phrases.ts';
import { callbackData, type Screen } from './view.ts';
import { excerpt } from './shown-text.ts';
import type { Voice } from './catalog.ts';

const shownAtMost = 20;
const nameLimit = 40;

/** An alert, and whether it has begun or is over. */
export type AlertNews = { readonly alert: Alert; readonly isOver: boolean };

/** What an admin should know, the gravest first, what is over last. */
export function alertScreen(voice: Voice, news: readonly AlertNews[]): Screen {
  const sorted = news.toSorted((a, b) => rank(a) - rank(b));
  const shown = sorted.slice(0, shownAtMost);
  const more = sorted.length - shown.length;
  return {
    text: lines(
      ...shown.map(({ alert, isOver }) => (isOver ? overWords(voice, alert.facts) : alertWords(voice, alert.facts))),
      more === 0 ? '' : voice.say('alert.more', { count: more }),
    ),
    rows: [[{ text: voice.plain('button.keys'), data: callbackData('keys', 'open') }]],
  };
}

function rank({ alert, isOver }: AlertNews): number {
  return alertSeverities.indexOf(alert.severity) + (isOver ? alertSeverities.length : 0);
}

function alertWords(voice: Voice, facts: AlertFacts): string {
  switch (facts.kind) {
    case 'key-failing': {
      const { times, reason } = facts;
      const key = excerpt(facts.keyName, nameLimit);
      return voice.say('alert.key-failing', { key, times, reason: reasonWords(voice, reason) });
    }
    case 'no-key-ready':
      return voice.say('alert.no-key-ready', { provider: facts.provider, keys: facts.keys });
    case 'provider-silent':
      return voice.say('alert.provider-silent', { provider: facts.provider });
    case 'many-errors': {
      const { provider, calls } = facts;
      return voice.say('alert.many-errors', { provider, share: percent(voice, facts.share), calls });
    }
    case 'job-set-aside':
      return voice.say('alert.job-set-aside', { job: facts.jobId, processes: facts.processes });
    case 'telegram-rests':
      return voice.say('alert.telegram-rests', { rest: shortWait(voice, facts.forMs) });
    case 'stranger-asks':
      return voice.say('alert.stranger-asks', { user: String(facts.userId) });
    case 'slow': {
      const { provider, meanMs, usualMs } = facts;
      return voice.say('alert.slow', {
        provider,
        mean: tookWords(voice, meanMs),
        usual: tookWords(voice, usualMs),
      });
    }
  }
}

function overWords(voice: Voice, facts: AlertFacts): string {
  switch (facts.kind) {
    case 'key-failing':
      return voice.say('alert-over.key-failing', { key: excerpt(facts.keyName, nameLimit) });
    // It stays set aside, and whoever asked has asked.
    case 'job-set-aside':
    case 'stranger-asks':
      return alertWords(voice, facts);
    case 'telegram-rests':
      return voice.say('alert-over.telegram-rests');
    case 'no-key-ready':
    case 'provider-silent':
    case 'many-errors':
    case 'slow':
      return voice.say(`alert-over.${facts.kind}`, { provider: facts.provider });
  }
}
