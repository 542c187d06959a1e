import type { Job } from '../../domain/job.ts';
import type { PastJob } from '../../domain/job-engine.ts';
import type { Person } from '../../domain/admin-api.ts';
import type { BroadcastProgress, Broadcast } from '../../domain/people/broadcasts.ts';
import type { KnownPerson, PeopleCounts } from '../../domain/people/people.ts';
import type { Restrictions } from '../../domain/safety/safety.ts';
import type { HistoryCounts } from '../../domain/views.ts';
import type { Localizer } from '../catalog.ts';
import { durationWords, lines, percent, quote, waitWithTime } from '../phrases.ts';
import { outcomeWords } from '../status-view.ts';
import { callbackData, escapeHtml, excerpt, type MessageView, safe, withoutLinks } from '../view.ts';

/** What became of a span of time. */
export type SpanFigures = {
  readonly total: HistoryCounts;
  readonly people: PeopleCounts;
  /** In the currency; what has no known price is not in it. */
  readonly spent: number;
  readonly unpriced: number;
  readonly currency: string;
};

export type StatsFacts = {
  readonly day: SpanFigures;
  readonly week: SpanFigures;
  readonly waiting: number;
  readonly running: number;
};

/** The caption of the chart of /stats. */
export function statsView(localizer: Localizer, { day, week, waiting, running }: StatsFacts): MessageView {
  return {
    text: lines(
      spanWords(localizer, 'day', day),
      '',
      spanWords(localizer, 'week', week),
      '',
      localizer.say('stats.now', { waiting, running }),
      localizer.say('stats.chart'),
    ),
    rows: [],
  };
}

function spanWords(localizer: Localizer, span: 'day' | 'week', figures: SpanFigures): string {
  const { total, people, spent, currency } = figures;
  const { requests, answered, failed, cancelled, wait } = total;
  const ended = answered + failed;
  const money = new Intl.NumberFormat(localizer.locale, { style: 'currency', currency }).format(spent);
  return lines(
    localizer.say('stats.title', { span }),
    localizer.say('stats.people', { active: people.active, fresh: people.fresh }),
    localizer.say('stats.jobs', { requests, answered, failed, cancelled }),
    ended === 0 ? '' : localizer.say('stats.rate', { rate: percent(localizer, answered / ended) }),
    wait === undefined
      ? ''
      : localizer.say('stats.wait', {
          usual: durationWords(localizer, wait.p50Ms),
          most: durationWords(localizer, wait.p95Ms),
        }),
    localizer.say('stats.spent', { amount: money }),
  );
}

export type WhoisFacts = {
  readonly person: Person;
  readonly known: KnownPerson | undefined;
  readonly jobs: readonly PastJob[];
  readonly withWords: boolean;
  readonly nowMs: number;
};

const wordsLimit = 200;
const reasonLimit = 300;

/** Who somebody is: no words of theirs unless asked for. */
export function whoisView(localizer: Localizer, { person, known, jobs, withWords, nowMs }: WhoisFacts): MessageView {
  const { user, lane, openJobs } = person;
  const name = known?.username === undefined ? '' : ` @${escapeHtml(known.username)}`;
  const language = user.locale ?? known?.language ?? '–';
  const each = jobs.map(({ job }, index) => {
    const words = withWords && job.prompt !== '' ? quote(withoutLinks(job.prompt), wordsLimit) : '';
    const phase = safe(`${stateWords(localizer, job)} · <code>${escapeHtml(job.id)}</code>`);
    return lines(localizer.say('status.item', { number: index + 1, kind: job.kind, phase }), words);
  });
  return {
    text: lines(
      `👤 <a href="tg://user?id=${user.id}">${user.id}</a>${name}`,
      localizer.say('whois.facts', { language, lane }),
      known === undefined
        ? localizer.say('whois.never')
        : localizer.say('whois.seen', { first: new Date(known.firstSeenMs), last: new Date(known.lastSeenMs) }),
      known?.wantsNews === false ? localizer.say('whois.no-news') : '',
      localizer.say('whois.open', { count: openJobs }),
      ...restrictionWords(localizer, person.restrictions, nowMs),
      ...each,
      jobs.length === 0 || withWords ? '' : localizer.say('whois.words'),
    ),
    rows: [],
  };
}

/** Where a request stands; of one that failed, the code too. */
function stateWords(localizer: Localizer, { kind, state }: Job): string {
  if (!('outcome' in state)) return localizer.say(state.kind === 'waiting' ? 'status.paused' : 'status.making');
  const words = outcomeWords(localizer, kind, state.outcome);
  return state.outcome.kind === 'failed' ? `${words} · <code>${state.outcome.code}</code>` : words;
}

/** Why they may ask for nothing now, and what counts against them; nothing where nothing does. */
function restrictionWords(localizer: Localizer, restrictions: Restrictions, nowMs: number): readonly string[] {
  const { block, restUntilMs, strikes } = restrictions;
  const since = block && localizer.say('whois.blocked', { since: new Date(block.sinceMs) });
  return [
    since ?? '',
    block?.reason === undefined ? '' : quote(withoutLinks(block.reason), reasonLimit),
    restUntilMs === undefined
      ? ''
      : localizer.say('whois.resting', { wait: waitWithTime(localizer, Math.max(0, restUntilMs - nowMs), nowMs) }),
    strikes === 0 ? '' : localizer.say('whois.strikes', { count: strikes }),
  ];
}

/** How far a message to everybody is, with a button to stop it. */
export function broadcastProgressView(
  localizer: Localizer,
  id: number,
  state: Broadcast['state'],
  progress: BroadcastProgress,
): MessageView {
  const { sent, closed, unsure, failed, total } = progress;
  const stop = {
    text: localizer.plain('button.news-stop'),
    data: callbackData('news', `stop-${id}`),
    style: 'danger',
  } as const;
  return {
    text: lines(
      localizer.say('broadcast.progress', { state, sent, total }),
      closed === 0 ? '' : localizer.say('broadcast.closed', { count: closed }),
      unsure + failed === 0 ? '' : localizer.say('broadcast.failed', { count: unsure + failed }),
      progress['left-out'] === 0 ? '' : localizer.say('broadcast.left-out', { count: progress['left-out'] }),
    ),
    rows: state === 'sending' ? [[stop]] : [],
  };
}

/** The part of the message mapper about figures, people and messages to everybody, for admins. */
export function adminToolsOf(localizer: (locale: string) => Localizer) {
  const only = (text: string): MessageView => ({ text, rows: [] });
  return {
    stats: (facts: StatsFacts, locale: string): MessageView => statsView(localizer(locale), facts),
    whois: (facts: WhoisFacts, locale: string): MessageView => whoisView(localizer(locale), facts),
    whoisUsage: (locale: string): MessageView => only(localizer(locale).say('whois.usage')),
    whoisUnknown: (who: string, locale: string): MessageView =>
      only(localizer(locale).say('whois.unknown', { who: excerpt(withoutLinks(who), 64) })),
    broadcastUsage: (locale: string): MessageView => only(localizer(locale).say('broadcast.usage')),
    broadcastTooLong: (limit: number, locale: string): MessageView =>
      only(localizer(locale).say('broadcast.too-long', { limit })),
    broadcastNobody: (locale: string): MessageView => only(localizer(locale).say('broadcast.nobody')),
    broadcastDropped: (locale: string): MessageView => only(localizer(locale).say('broadcast.dropped')),
    /** Under the preview. */
    broadcastQuestion: (id: number, count: number, locale: string): MessageView => {
      const in_ = localizer(locale);
      const send = {
        text: in_.plain('button.news-send'),
        data: callbackData('news', `send-${id}`),
        style: 'primary',
      } as const;
      const drop = { text: in_.plain('button.news-drop'), data: callbackData('news', `drop-${id}`) };
      return { text: in_.say('broadcast.question', { count }), rows: [[send], [drop]] };
    },
    broadcastProgress: (
      id: number,
      state: Broadcast['state'],
      progress: BroadcastProgress,
      locale: string,
    ): MessageView => broadcastProgressView(localizer(locale), id, state, progress),
    /** A message to everybody as a person gets it. */
    news: (words: string, locale: string): MessageView => ({
      text: escapeHtml(words),
      rows: [[newsButton(localizer(locale), true)]],
    }),
    newsKeyboard: (wantsNews: boolean, locale: string) => {
      const { text, data } = newsButton(localizer(locale), wantsNews);
      return { inline_keyboard: [[{ text, callback_data: data }]] };
    },
  };
}

function newsButton(localizer: Localizer, wantsNews: boolean) {
  return wantsNews
    ? { text: localizer.plain('button.news-off'), data: callbackData('news', 'off') }
    : { text: localizer.plain('button.news-on'), data: callbackData('news', 'on') };
}
