import type { Page, PastRequest } from '../../domain/personal/past-requests.ts';
import type { Localizer } from '../catalog.ts';
import type { MessageId } from '../message-ids.ts';
import { lines, quote, resultRows, againButton } from '../phrases.ts';
import { callbackData, escapeHtml, excerpt, type MessageButton, type MessageView, safe, type Safe } from '../view.ts';

/** With their dates and model names, six entries of the longest words fit into one message. */
export const pageSize = 6;
const promptLimit = 160;
/** Beside the other lines of a caption, which may have 1,024 units. */
const cardPromptLimit = 700;
const modelLimit = 48;

export type HistoryList = 'all' | 'favourites';

export type HistoryFacts = {
  /** The name of a model as people know it. */
  readonly labelOf: (entry: PastRequest) => string | undefined;
};

/** One page of a history: a number for each entry, which shows it, and the ways to the other pages and to the other list. */
export function historyView(
  localizer: Localizer,
  list: HistoryList,
  { entries, hasNewer, hasOlder }: Page,
  { labelOf }: HistoryFacts,
): MessageView {
  const isAll = list === 'all';
  const other = button(localizer.plain(isAll ? 'button.favourites' : 'button.history'), isAll ? 'p.f' : 'p.a');
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) {
    return { text: localizer.say(isAll ? 'history.none' : 'history.no-favourites'), rows: [[other]] };
  }
  const items = entries.map((entry, index) =>
    lines(
      localizer.say('status.item', {
        number: index + 1,
        kind: entry.kind,
        phase: safe(localizer.say(endings[entry.ended], { kind: entry.kind })),
      }),
      [entry.isFavourite ? '★' : '', whenWords(localizer, entry.askedAtMs).html, modelWords(entry, labelOf(entry))]
        .filter((part) => part !== '')
        .join(' · '),
      quote(entry.prompt, promptLimit),
    ),
  );
  const numbers = entries.map((entry, index) =>
    button(new Intl.NumberFormat(localizer.locale).format(index + 1), `s.${entry.id}`),
  );
  const tag = isAll ? 'p.a' : 'p.f';
  const pages = [
    ...(hasNewer ? [button(localizer.plain('button.newer'), `${tag}.n${first.id}`)] : []),
    ...(hasOlder ? [button(localizer.plain('button.older'), `${tag}.o${last.id}`)] : []),
  ];
  return {
    text: lines(localizer.say(isAll ? 'history.header' : 'history.favourites'), localizer.say('history.how'), ...items),
    rows: [numbers, ...(pages.length === 0 ? [] : [pages]), [other]],
  };
}

const endings = {
  result: 'status.done',
  failed: 'status.failed',
  cancelled: 'status.cancelled',
} as const satisfies Record<PastRequest['ended'], MessageId>;

/** The day and the time as the reader's own clock shows them; clients that do not know the entity show the day in UTC. */
function whenWords(localizer: Localizer, atMs: number): Safe {
  const date = new Intl.DateTimeFormat(localizer.locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(atMs);
  return safe(`<tg-time unix="${Math.round(atMs / 1_000)}" format="r">${escapeHtml(date)}</tg-time>`);
}

function modelWords({ model }: PastRequest, label: string | undefined): string {
  if (model === undefined) return '';
  return escapeHtml(excerpt(label ?? (model.slice(model.lastIndexOf('/') + 1) || model), modelLimit));
}

export type PastCardFacts = {
  readonly entry: PastRequest;
  readonly label: string | undefined;
  /** Neither Telegram nor the disk has the file any more. */
  readonly isGone: boolean;
  /** What the card is under: a file, or nothing. */
  readonly isCaption: boolean;
};

/** One request of the history, with the buttons of a result. The first one names the job for replies. */
export function pastCardView(localizer: Localizer, { entry, label, isGone, isCaption }: PastCardFacts): MessageView {
  const { id, jobId, kind, ended, isFavourite } = entry;
  const isResult = ended === 'result';
  const facts = [whenWords(localizer, entry.askedAtMs).html, modelWords(entry, label)].filter((part) => part !== '');
  const star = starButton(localizer, id, isFavourite);
  return {
    text: lines(
      quote(entry.prompt, cardPromptLimit),
      isCaption || isResult ? '' : localizer.say(endings[ended], { kind }),
      facts.join(' · '),
      isGone ? `\n${localizer.say('history.gone')}` : '',
    ),
    rows: isResult
      ? [...resultRows(localizer, jobId, kind), [star]]
      : [[againButton(localizer, jobId, 'button.try-again')], [star]],
  };
}

export function starButton(localizer: Localizer, id: number, isFavourite: boolean): MessageButton {
  return button(
    localizer.plain(isFavourite ? 'button.unstar' : 'button.star'),
    `f.${id}.${isFavourite ? 'off' : 'on'}`,
  );
}

function button(text: string, what: string): MessageButton {
  return { text, data: callbackData('past', what) };
}

/** What a button of a history asks for. */
export type PastPress =
  | { readonly kind: 'page'; readonly list: HistoryList; readonly olderThan?: number; readonly newerThan?: number }
  | { readonly kind: 'show'; readonly id: number }
  | { readonly kind: 'star'; readonly id: number; readonly isFavourite: boolean };

/** Parses the data of a button of a history; undefined for data that none of ours has. */
export function readPastPress(data: string): PastPress | undefined {
  const [isPage, list, way, than] = /^p\.([af])(?:\.([on])([1-9][0-9]{0,15}))?$/.exec(data) ?? [];
  if (isPage !== undefined) {
    const place = way === undefined ? {} : way === 'o' ? { olderThan: Number(than) } : { newerThan: Number(than) };
    return { kind: 'page', list: list === 'f' ? 'favourites' : 'all', ...place };
  }
  const [, shown] = /^s\.([1-9][0-9]{0,15})$/.exec(data) ?? [];
  if (shown !== undefined) return { kind: 'show', id: Number(shown) };
  const [, starred, value] = /^f\.([1-9][0-9]{0,15})\.(on|off)$/.exec(data) ?? [];
  return starred === undefined ? undefined : { kind: 'star', id: Number(starred), isFavourite: value === 'on' };
}
