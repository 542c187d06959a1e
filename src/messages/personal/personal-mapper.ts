import type { Feedback } from '../../domain/personal/feedback.ts';
import type { Page } from '../../domain/personal/past-requests.ts';
import type { Catalog, Localizer } from '../catalog.ts';
import { escapeHtml, excerpt, type MessageView, withoutLinks } from '../view.ts';
import { type HistoryFacts, type HistoryList, historyView, pastCardView, type PastCardFacts } from './history-view.ts';
import { settingMenuView, type SettingMenu, type SettingsFacts, settingsView } from './settings-view.ts';

/** As much of the words as an admin reads. */
const feedbackShown = 1_000;

/** Ten of them fit into one message. */
const feedbackListed = 250;

/** The part of the message mapper about settings, history, inline mode and feedback. */
export function personalMessagesOf(catalog: Catalog, localizer: (locale: string) => Localizer) {
  const only = (text: string): MessageView => ({ text, rows: [] });
  return {
    settings: (facts: SettingsFacts, locale: string): MessageView => settingsView(localizer(locale), facts),
    /** What one setting may be. */
    settingMenu: (menu: SettingMenu, facts: Pick<SettingsFacts, 'preferences'>, locale: string): MessageView =>
      settingMenuView(localizer(locale), menu, facts, catalog),

    /** A page of a person's history or favourites. */
    history: (list: HistoryList, page: Page, facts: HistoryFacts, locale: string): MessageView =>
      historyView(localizer(locale), list, page, facts),
    /** One request of the history: the caption of its file, or a message of its own. */
    pastCard: (facts: PastCardFacts, locale: string): MessageView => pastCardView(localizer(locale), facts),
    /** Plain text for a callback answer: the file is gone, and the seed makes it again. */
    fileGoneWithSeed: (locale: string): string => {
      const of = localizer(locale);
      return of.plain('file-gone.seed', { button: of.plain('button.same-seed') });
    },
    /** A history is shown in private only. */
    historyInPrivate: (bot: string, locale: string): MessageView =>
      only(localizer(locale).say('history.private-chat', { bot })),

    /** The button over the results of inline mode: at most 64 characters of plain text. */
    inlineButton: (hasWords: boolean, locale: string): string =>
      excerpt(localizer(locale).plain(hasWords ? 'inline.make' : 'inline.open'), 64),
    /** The words that a link stood for are not kept any more. */
    inlineWordsGone: (locale: string): MessageView => only(localizer(locale).say('inline.words-gone')),

    /** Asks what went wrong. */
    feedbackQuestion: (locale: string): MessageView => only(localizer(locale).say('feedback.question')),
    feedbackTaken: (isTaken: boolean, locale: string): MessageView =>
      only(localizer(locale).say(isTaken ? 'feedback.thanks' : 'feedback.enough')),
    /** To an admin. */
    feedbackToAdmins: ({ userId, code, jobId, words }: Feedback, locale: string): MessageView =>
      only(
        localizer(locale).say('feedback.to-admins', {
          userId: String(userId),
          code,
          job: jobId,
          words: excerpt(withoutLinks(words), feedbackShown),
        }),
      ),
    /** What people said last, for admins. */
    feedbackList: (said: readonly Feedback[], locale: string): MessageView => {
      const in_ = localizer(locale);
      if (said.length === 0) return only(in_.say('feedback.none'));
      const day = new Intl.DateTimeFormat(in_.locale, { dateStyle: 'medium', timeZone: 'UTC' });
      const each = said.map(({ userId, code, jobId, words, atMs }) => {
        const facts = [
          `<code>${userId}</code>`,
          `<code>${escapeHtml(jobId)}</code>`,
          `<code>${escapeHtml(code)}</code>`,
        ];
        const shown = escapeHtml(excerpt(withoutLinks(words), feedbackListed));
        return `${escapeHtml(day.format(atMs))} · ${facts.join(' · ')}\n<blockquote>${shown}</blockquote>`;
      });
      return only([in_.say('feedback.list', { count: said.length }), ...each].join('\n'));
    },
  };
}
